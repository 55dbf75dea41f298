"""The streams of `implement_monitoring`: a parcel service's days, thirteen families, each with its published ranges.

A day is plain data: `rows` by feature, the `score` given to each, and the `labels` that arrived on that day. Numbers
are arrays with nan where a value is missing, categories are lists of text with None. Days count from 0; the first
`REFERENCE` of a stream are ordinary ones. Nothing that marks may enter here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.suite_kit.designs import Draw, Range, ScenarioFamily, draw_scenarios

REFERENCE, LIVE, ROWS = 28, 42, 120
DAYS, LEAD = REFERENCE + LIVE, 4  # days before the first, of which only labels are delivered
LABEL_DELAY = {1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1}  # days: share of the labels
NUMBERS = ("distance_km", "weight_kg", "value_eur", "items", "promised_h", "depot_load", "traffic")
CATEGORIES: Mapping[str, Mapping[str, float]] = {
    "carrier": {"north": 0.45, "post": 0.3, "swift": 0.15, "bike": 0.1},
    "payment": {"card": 0.6, "invoice": 0.3, "cash": 0.1},
}
FEATURES, DEPOT = (*NUMBERS, *CATEGORIES), "depot"  # a depot is not delivered
MISSING = {"weight_kg": 0.02, "value_eur": 0.01, "promised_h": 0.04, "payment": 0.02}
TYPICAL = {"distance_km": (1.5, 0.7), "weight_kg": (0.5, 0.8), "promised_h": (30.0, 8.0)}
"""Centre and spread of normal features, the first two of the logarithm."""
LOAD, TRAFFIC = (0.6, 0.15), (0.0, 0.4)  # of a depot and day; of the logarithm
PULL = {"distance_km": 1.1, "promised_h": -0.8, "depot_load": 0.9, "traffic": 0.8}
HEAVY = 2.5
Day = dict[str, Any]


@dataclass(frozen=True)
class Incident:
    """Where an incident is seen and as what, how many days after its first sign it must be named, and what an
    undetected day costs, in EUR. `features`: those that it may hit, see `draw_streams`."""

    features: tuple[str, ...]
    reason: str
    within: int
    harm_eur: int
    ranges: Mapping[str, Range]
    title: str


BEGINS = Range(REFERENCE + 10, REFERENCE + 18, "", whole=True)
INCIDENTS = {
    "null spike": Incident(
        ("weight_kg", "promised_h", "payment"), "missing", 2, 600, {"share": Range(0.2, 0.35)}, "a feature is missing"),
    "unit change": Incident(
        ("distance_km", "weight_kg", "value_eur"), "values", 3, 900, {"share": Range(0.1, 0.15)},
        "some rows in another unit"),
    "mean shift": Incident(
        ("distance_km", "weight_kg", "promised_h"), "values", 3, 500, {"by": Range(1.0, 1.3, "standard deviations")},
        "a feature moves"),
    "slow drift": Incident(
        ("distance_km", "weight_kg", "promised_h"), "values", 16, 250, {"by": Range(0.05, 0.07, "a day")},
        "a feature moves a little each day"),
    "frozen": Incident(("depot_load", "traffic"), "frozen", 4, 700, {}, "a feature is no longer refreshed"),
    "renamed": Incident(
        ("carrier", "payment"), "values", 3, 600, {"share": Range(0.6, 1.0)}, "a category has another name"),
    "late labels": Incident(("labels",), "late", 4, 300, {"later": Range(6, 9, "days", whole=True)},
        "labels stay away"),
    "concept drift": Incident(
        ("labels",), "performance", 7, 2_000, {"turned": Range(1.6, 2.2)}, "features mean something else"),
}  # fmt: skip
HARMLESS: Mapping[str, tuple[str, Mapping[str, Range]]] = {
    "season": ("a strong week", {"week": Range(0.8, 1.2, "standard deviations")}),
    "fewer orders": ("fewer rows", {"times": Range(0.35, 0.5), "begins": BEGINS}),
    "more orders": ("more rows", {"times": Range(2.0, 2.8), "begins": BEGINS}),
    "new category": ("a rare new category", {"share": Range(0.01, 0.02), "begins": BEGINS}),
    "heavy tail": ("a tail that was always heavy", {"tail": Range(1.1, 1.3)}),
}
WEEK = 0.15
A_FAMILY = 2
FAMILIES = [
    *(ScenarioFamily(name, one.title, {**one.ranges, "begins": BEGINS}, A_FAMILY) for name, one in INCIDENTS.items()),
    *(ScenarioFamily(name, title, ranges, A_FAMILY) for name, (title, ranges) in HARMLESS.items()),
]


def draw_streams(seed: int) -> dict[str, list[Draw]]:
    """The streams that a seed gives, by family. The second of two incidents hits the last of the features, the first
    another one where there are others."""
    drawn = draw_scenarios(FAMILIES, seed)
    for name, incident in INCIDENTS.items():
        last = len(incident.features) - 1
        hits = [drawn[name][0].seed % max(last, 1), last]
        drawn[name] = [
            replace(one, magnitudes=(*one.magnitudes, ("hits", float(hit))))
            for one, hit in zip(drawn[name], hits, strict=True)
        ]
    return drawn


def feature_of(draw: Draw) -> str:
    """The feature that an incident hits."""
    return INCIDENTS[draw.family].features[int(draw["hits"])]


def make_stream(draw: Draw, with_incident: bool = True) -> list[Day]:
    """The days of a stream; without its incident they are otherwise the same."""
    rng, size = np.random.default_rng(draw.seed), dict(draw.magnitudes)
    day = np.repeat(np.arange(-LEAD, DAYS), rng.poisson(_rows_a_day(size)))
    rows = _draw_rows(rng, day, size)
    uniform, delay = rng.random(len(day)), rng.choice(list(LABEL_DELAY), len(day), p=list(LABEL_DELAY.values()))
    hit = np.zeros(len(day), dtype=bool)
    delivered, turned = dict(rows), 1.0
    if with_incident and draw.family in INCIDENTS:
        hit = day >= size["begins"]
        if draw.family == "late labels":
            delay = delay + np.where(hit, int(size["later"]), 0)
        elif draw.family == "concept drift":
            turned = 1 - size["turned"]
        else:
            name, rng = feature_of(draw), np.random.default_rng([draw.seed, 1])
            delivered[name] = _spoiled(draw.family, name, rows, day, hit, size, rng)
    late = uniform < np.where(hit, _chance(rows, turned), _chance(rows))
    if draw.family == "new category":
        fresh = (day >= size["begins"]) & (np.random.default_rng([draw.seed, 1]).random(len(day)) < size["share"])
        delivered["carrier"] = np.where(fresh, "drone", rows["carrier"])
    return _by_day(day, delivered, late, day + delay)


def _rows_a_day(size: Mapping[str, float]) -> np.ndarray:
    days = np.arange(-LEAD, DAYS)
    times = np.where(days >= size["begins"], size["times"], 1.0) if "times" in size else 1.0
    return ROWS * (1 - 0.1 * (days % 7 >= 5)) * times


def _draw_rows(rng: np.random.Generator, day: np.ndarray, size: Mapping[str, float]) -> dict[str, np.ndarray]:
    """What happened, by feature; every day is a little different, and so is the weekend."""
    count, place = len(day), day + LEAD
    region = rng.integers(0, 6, count)
    rows: dict[str, np.ndarray] = {}
    for name, (centre, spread) in TYPICAL.items():
        z = rng.normal(0, 1, count) + rng.normal(0, 0.08, DAYS + LEAD)[place]
        if name != "weight_kg":
            z += size.get("week", WEEK) * (day % 7 >= 5)
        rows[name] = np.round(centre + spread * z if name == "promised_h" else np.exp(centre + spread * z), 2)
    rows["value_eur"] = np.round(20 * (1 + rng.pareto(size.get("tail", HEAVY), count)), 2)
    rows["items"] = 1.0 + rng.poisson(2, count)
    rows["depot_load"] = np.round(LOAD[0] + LOAD[1] * rng.normal(0, 1, (DAYS + LEAD, 6))[place, region], 4)
    rows["traffic"] = np.round(np.exp(TRAFFIC[1] * rng.normal(0, 1, (DAYS + LEAD, 6))[place, region]), 4)
    for name, shares in CATEGORIES.items():
        rows[name] = np.array(list(shares), dtype=object)[rng.choice(len(shares), count, p=list(shares.values()))]
    for name, share in MISSING.items():
        rows[name] = _emptied(name, rows[name], rng.random(count) < share)
    return {name: rows[name] for name in FEATURES} | {DEPOT: region}


def _spoiled(
    family: str, name: str, rows: Mapping[str, np.ndarray], day: np.ndarray, hit: np.ndarray,
    size: Mapping[str, float], rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """The column of a feature as an incident delivers it."""
    column, chosen = rows[name], hit & (rng.random(len(day)) < size.get("share", 1.0))
    if family == "null spike":
        return _emptied(name, column, chosen)
    if family == "unit change":
        return np.where(chosen, column * (100 if name == "value_eur" else 1_000), column)
    if family == "renamed":
        old = list(CATEGORIES[name])[1]
        return np.where(chosen & (column == old), old.upper(), column)
    if family == "frozen":
        last = day == size["begins"] - 1
        kept = dict(zip(rows[DEPOT][last], column[last], strict=True))
        return np.array([kept.get(where, value) if one else value
                         for one, where, value in zip(hit, rows[DEPOT], column, strict=True)])  # fmt: skip
    days = day - size["begins"] + 1 if family == "slow drift" else 1.0
    moved = hit * size["by"] * days * TYPICAL[name][1]
    return np.round(column + moved if name == "promised_h" else column * np.exp(moved), 2)


def _emptied(name: str, column: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The column with missing values."""
    missing: Any = None if name in CATEGORIES else np.nan
    return np.where(where, missing, column)


def _chance(rows: Mapping[str, np.ndarray], turned: float = 1.0) -> np.ndarray:
    """The chance of being late; `turned` is what distance and promised time pull, as a multiple of what they do."""
    logit = np.full(len(rows["items"]), -0.9)
    for name, (centre, spread) in {**TYPICAL, "depot_load": LOAD, "traffic": TRAFFIC}.items():
        if name in PULL:
            value = rows[name] if name in ("promised_h", "depot_load") else np.log(rows[name])
            z = np.clip(np.nan_to_num((value - centre) / spread), -3, 3)
            logit += PULL[name] * z * (turned if name in TYPICAL else 1.0)
    return 1 / (1 + np.exp(-logit))


def _by_day(day: np.ndarray, rows: Mapping[str, np.ndarray], late: np.ndarray, known: np.ndarray) -> list[Day]:
    """What is delivered on each day: its rows with the score that the model gives them, and the labels known then."""
    score = np.round(_chance(rows), 4)
    days = []
    for t in range(DAYS):
        now, told = slice(*np.searchsorted(day, [t, t + 1])), known == t
        columns = {name: rows[name][now] for name in FEATURES}
        plain = {name: c.tolist() if name in CATEGORIES else c.astype(float) for name, c in columns.items()}
        labels = {"day": day[told], "score": score[told], "late": late[told].astype(int)}
        days.append({"rows": plain, "score": score[now], "labels": labels})
    return days
