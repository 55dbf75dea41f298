"""What is asked about changed designs, how the simulator finds the answers, and how predictions are judged.

The changes are drawn: a number that a test has shown is the answer to none of the grader's questions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer
from grader.suite_kit.designs import Draw, Draws
from grader.suite_kit.questions import judge_foretold, off
from grader.suite_kit.score_sheet import Sheet
from grader.suites.design_recommendation_system.document import RecommendationDesign
from grader.suites.design_recommendation_system.measures import money, worst_minute
from grader.suites.design_recommendation_system.stories import EXERCISE, card_of

GOOD = {family: EXERCISE.limit(family) for family in ("day", "crowd", "growth", "replica")}
"""The share of good answers that the worst minute of each family must have."""
LEAST, MOST, PRECISE = 0.02, 8.0, 1.03
"""Multiples of the requests between which an edge is looked for, and the ratio to which it is known."""
ALIKE = 1 + EXERCISE.limit("alike")
"""Families whose edges are within this ratio break first alike: as much as the ranges of the draws move them."""


@dataclass(frozen=True)
class Change:
    """Entries that replace those of a design, and so many times the requests for which the money is asked."""

    entries: Mapping[str, Any]
    times: float

    def of(self, design: RecommendationDesign) -> RecommendationDesign:
        """The changed design."""
        return RecommendationDesign.of(design.model_dump() | dict(self.entries))


def draw_changes(seed: int) -> list[Change]:
    """Three changes in random order: one replica; three or four, more to rank; and as many as an autoscaler wants."""
    rng = np.random.default_rng([seed, *b"changes"])

    def fixed(count: int) -> dict[str, Any]:
        drawn = {"popular": rng.integers(20, 50), "similar": rng.integers(40, 90), "recent": rng.integers(5, 15)}
        return {"replicas": {"count": count}, "candidates": {name: int(value) for name, value in drawn.items()}}

    target, refresh_h = round(rng.uniform(0.4, 0.6), 2), float(rng.integers(3, 13))
    scaler = {"least": 2, "most": int(rng.integers(7, 10)), "target": target, "every_s": 15.0}
    scaled = {"replicas": {"count": 2, "autoscaler": scaler}, "refresh_h": refresh_h}
    changes = [fixed(1), fixed(int(rng.integers(3, 5))), scaled]
    return [Change(changes[place], round(rng.uniform(1.5, 2.5), 1)) for place in rng.permutation(3)]


def edge(design: RecommendationDesign, draw: Draw, most: float = MOST) -> float:
    """So many times the requests of a scenario are the first that break its service level; `most` times do."""
    if not _kept(design, draw, LEAST):
        return LEAST
    low, high = LEAST, most
    while high > PRECISE * low:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if _kept(design, draw, middle) else (low, middle)
    return high


def _kept(design: RecommendationDesign, draw: Draw, times: float) -> bool:
    return worst_minute(card_of(design, draw, times)) >= GOOD[draw.family]


def _breaks_first(design: RecommendationDesign, draws: Draws, times: float) -> frozenset[str]:
    edges = dict[str, float]()
    for family in ("replica", "crowd", "growth", "day"):  # the longest story last: it is seldom looked for
        at_most = ALIKE * min(edges.values(), default=MOST)
        if not edges or not _kept(design, draws[family][0], at_most):
            edges[family] = edge(design, draws[family][0], at_most)
    return frozenset(family for family, found in edges.items() if found <= ALIKE * min(edges.values()))


def _crowd_rate(design: RecommendationDesign, draws: Draws, times: float) -> float:
    (draw,) = draws["crowd"]
    return edge(design, draw) * draw["rate"]


def _eur(design: RecommendationDesign, draws: Draws, times: float) -> float:
    return sum(money(design, card_of(design, draws["day"][0], times)).values())


@dataclass(frozen=True)
class Question:
    """`family` is its criterion, `key` that of its answer; a number is right within the share `within` of the truth."""

    family: str
    key: str
    truth: Callable[[RecommendationDesign, Draws, float], float | frozenset[str]]
    within: float = 0.0
    scaled: bool = False
    """Whether it is asked of designs with an autoscaler too."""

    def asked(self, design: RecommendationDesign) -> bool:
        """Whether it is asked of a design: how far an autoscaler is from its edge hangs on chance."""
        return self.scaled or design.replicas.autoscaler is None

    def wrong(self, given: Any, truth: float | frozenset[str]) -> str:
        """What is wrong with an answer, in words that hold no truth; nothing where it is right."""
        if isinstance(truth, frozenset):
            return "" if isinstance(given, str) and given in truth else "another family breaks earlier"
        return off(given, truth, self.within)


QUESTIONS = (
    Question("breaks first", "breaks_first", _breaks_first),
    Question("crowd rate", "crowd_rate", _crowd_rate, within=EXERCISE.limit("rate_within")),
    Question("money ahead", "eur", _eur, within=EXERCISE.limit("money_within"), scaled=True),
)


def judge(
    sheet: Sheet, answer: Answer, name: str, design: RecommendationDesign | None, draws: Draws,
    changes: Sequence[Change], unmet: str,
) -> None:  # fmt: skip
    """A row a question: what the answer's function `name` predicts of the changed designs; all must be right.

    `unmet` says why nothing counts, if so.
    """
    changed = [(change.of(design), change.times) for change in changes] if design and not unmet else []
    given = [answer.call(name, document.model_dump(), times) for document, times in changed]
    if broken := [prediction for prediction in given if not isinstance(prediction, Mapping)]:
        keys = ", ".join(f'"{question.key}"' for question in QUESTIONS)
        sheet.end(
            "fail",
            f"{name}(document, times) must give a dict with {keys}; it gave {sheet.censored(repr(broken[0])[:60])}.",
        )
        return
    for question in QUESTIONS:
        answers = [
            (number, came := prediction.get(question.key), question.wrong(came, question.truth(document, draws, times)))
            for number, ((document, times), prediction) in enumerate(zip(changed, given, strict=True), 1)
            if question.asked(document)
        ]
        judge_foretold(sheet, question.family, question.key, answers, unmet)
