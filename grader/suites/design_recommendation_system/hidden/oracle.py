"""What a design's lists are worth, by means of its own: one group and one slot after the other, in plain Python.

Written from the description of the stages, not from `shop`, so that a test can compare the two. The shop's items,
visitors and chances of a click are taken from there; so are the chances that decide, in the same order.
"""

import math
from typing import Any

import numpy as np

from grader.suites.design_recommendation_system.document import SLOTS, RecommendationDesign
from grader.suites.design_recommendation_system.shop import Shop

NEVER_SHOWN = -9.0
NOISE = {"factors": 1.5, "trees": 0.6, "network": 0.4}


def expected(place: Shop, design: RecommendationDesign) -> dict[str, list[float]]:
    """Expected clicks of a design's lists, and of the new items in them, at each step."""
    rng, groups = np.random.default_rng([place.seed, 1]), range(len(place.taste[0]))
    log: dict[int, list[tuple[float, float, float]]] = {item: [] for item in range(place.items)}
    shown = rng.binomial(1, 0.15, place.taste[0].shape) * (place.born_h < 0)
    clicked = rng.binomial(shown, place.chance[0])
    for group in groups:
        for item in np.flatnonzero(shown[group]).tolist():
            _note(log, item, -2.0, 1, clicked[group, item], place.taste[0][group, item])
    clicks, new, made, hours = [], [], None, -math.inf
    for step in range(place.steps):
        hour = 2.0 * step
        if hour - hours >= design.refresh_h:
            made, hours = _refreshed(place, design, log, step), hour
        lists = [_list(place, design, made, group, hour) for group in groups]
        _explore(place, design, log, lists, hour, rng.random((2, len(lists), SLOTS)))
        came = rng.binomial(20, np.array([[place.chance[step][g, item] for item in lists[g]] for g in groups]))
        for g in groups:
            for slot, item in enumerate(lists[g]):
                _note(log, item, hour, 20, came[g, slot], place.taste[step][g, item])
        worth = [(place.chance[step][g, item], place.born_h[item]) for g in groups for item in lists[g]]
        clicks.append(sum(float(chance) for chance, _ in worth))
        new.append(sum(float(chance) for chance, born in worth if born >= 0 and hour - born < 24))
    return {"clicks": clicks, "new": new}


def _note(log: dict[int, list[Any]], item: int, hour: float, shown: int, clicks: int, taste: float) -> None:
    usual = 1 / (1 + math.exp(3.0 - float(taste)))
    log[int(item)].append((hour, shown, float(clicks) - shown * usual, shown * usual * (1 - usual)))


def _refreshed(place: Shop, design: RecommendationDesign, log: dict[int, list[Any]], step: int) -> Any:
    """(appeal by item, candidates by group, tastes as the ranker sees them)"""
    hour, appeal = 2.0 * step, {}
    for item in range(place.items):
        if place.born_h[item] <= hour:
            # what was counted h hours before the last step has halved h / 24 times
            weights = [0.5 ** ((hour - 2.0 - at) / 24.0) for at, *_ in log[item]]
            surplus = sum(w * entry[2] for w, entry in zip(weights, log[item], strict=True))
            information = sum(w * entry[3] for w, entry in zip(weights, log[item], strict=True))
            appeal[item] = surplus / (information + 4.0) if log[item] else NEVER_SHOWN
    popular = sorted(appeal, key=lambda item: (-appeal[item], item))[: design.candidates.popular]
    candidates = []
    for taste, blur in zip(place.taste[step], place.blur[0], strict=True):
        near = sorted(appeal, key=lambda item: -(taste[item] + blur[item]))[: design.candidates.similar]
        candidates.append({*popular, *near})
    seen = 0 if design.ranker == "popularity" else place.taste[step] + NOISE[design.ranker] * place.blur[1]
    return appeal, candidates, seen * np.ones(place.taste[step].shape)


def _list(place: Shop, design: RecommendationDesign, made: Any, group: int, hour: float) -> list[int]:
    appeal, candidates, seen = made
    there = [item for item in range(place.items) if place.born_h[item] <= hour]
    recent = sorted(there, key=lambda item: (-place.born_h[item], item))[: design.candidates.recent]
    of = sorted(candidates[group] | set(recent), key=lambda item: -(appeal.get(item, NEVER_SHOWN) + seen[group, item]))
    return of[:SLOTS]


def _explore(
    place: Shop, design: RecommendationDesign, log: dict[int, list[Any]], lists: Any, hour: float, chances: Any
) -> None:
    there = [item for item in range(place.items) if place.born_h[item] <= hour]
    if design.exploration.among == "new":
        young = [item for item in there if hour - place.born_h[item] < 48]
        there = sorted(young, key=lambda item: (sum(entry[1] for entry in log[item]), item))[:40]
    for group, items in enumerate(lists):
        for slot in range(SLOTS):
            if there and chances[0][group][slot] < design.exploration.share:
                items[slot] = there[int(chances[1][group][slot] * len(there))]
