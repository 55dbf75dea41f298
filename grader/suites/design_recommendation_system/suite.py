"""The tests of `design_recommendation_system`: what is required of a design, and of what its author predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from grader.suite_kit.answer import Answer
from grader.suite_kit.designs import DesignTask, Draw, required
from grader.suite_kit.exercise import CaseSource
from grader.suite_kit.score_sheet import Sheet
from grader.suites.design_recommendation_system.document import RecommendationDesign
from grader.suites.design_recommendation_system.measures import run
from grader.suites.design_recommendation_system.predictions import Change, judge
from grader.suites.design_recommendation_system.stories import EXERCISE, FAMILIES

SURE = ("day", "crowd", "growth", "replica", "lists")
RUN = ("budget",)
"""What a service keeps that anybody would run; before that its worst day does not matter. The budget needs `SURE`."""


_required = partial(required, EXERCISE, unit="%")
REQUIREMENTS = (
    *(_required(family, "good", (family,), "at least", 1) for family in ("day", "crowd", "growth", "replica")),
    _required("lists", "quality", ("items",), "at least", 1, 1),
    _required("best lists", "quality", ("items",), "at least", 1),
    _required("new items", "new", ("items",), "at least", 2),
    _required("budget", "eur", ("day",), "at most", 1, unit="EUR", needs=SURE),
    _required("money", "eur", ("day",), "at most", 1, 1, unit="EUR", needs=SURE),
    _required("store", "answered", ("store",), "at least", 1, needs=RUN),
    _required("overload", "answered", ("overload",), "at least", 1, needs=RUN),
    _required("goodput", "goodput", ("overload",), "at least", 2, needs=RUN),
    _required("recovery", "recovery", ("store", "overload"), "at most", 1, unit="s", needs=RUN),
)
WIDER, *_wider_by = EXERCISE.steps("hidden_wider")
SLACK = dict(zip(("best lists", "goodput", "new items", "recovery"), _wider_by, strict=True))
"""By so much the draws move what is measured of one design; hidden limits are wider by so much, others by `WIDER`."""

TASK = DesignTask(EXERCISE, RecommendationDesign.of, FAMILIES, run, REQUIREMENTS).wider(SLACK, others=WIDER)


@dataclass(frozen=True)
class Cases:
    """The scenarios by family, and the changes of which is asked; nothing of `private` ones is shown."""

    draws: Mapping[str, Sequence[Draw]]
    changes: Sequence[Change]
    private: bool = False


CASES = CaseSource(EXERCISE, Cases)
begin, hint = EXERCISE.begin, EXERCISE.hint


def warm() -> None:
    """Finds the cases, and runs a design in each: a process of the grader's, and its forks, then have all at hand."""
    CASES.keep()
    design = RecommendationDesign.of({"candidates": {"popular": 20}, "ranker": "popularity", "refresh_h": 24})
    for draws in CASES.find().draws.values():
        for draw in draws:
            run(design, draw)


service_level, quality, cost, resilience = TASK.graded(CASES, "service level", "quality", "cost", "resilience")


@EXERCISE.graded("predictions")
def predictions(sheet: Sheet, answer: Answer, foresee: str, design: str) -> None:
    """What the author knows of changed designs."""
    cases = CASES.open(sheet)
    if found := TASK.foreseen(sheet, answer, design, SURE, cases.draws):
        document, unmet = found
        judge(sheet, answer, foresee, document, cases.draws, cases.changes, unmet)
