"""The tests of `design_prediction_service`, and what its notebook shows."""

import importlib
from typing import TYPE_CHECKING, Any

from grader.suite_kit.answer import Answer
from grader.suite_kit.designs import for_readers, skipped_while_grading
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.score_sheet import Sheet
from grader.suites.design_prediction_service import changed, world
from grader.suites.design_prediction_service.api import DOWN, Request
from grader.suites.design_prediction_service.cases import CASES, EXERCISE
from grader.suites.design_prediction_service.replies import explanation, missed
from grader.suites.design_prediction_service.requirements import AT_ALL, TASK
from notebook_runner.errors import require_one_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

begin, hint = EXERCISE.begin, EXERCISE.hint
APP = ("answers", "wrong values", "missing and unknown", "broken bodies", "sent twice", "elsewhere")


def warm() -> None:
    """What every submission needs alike, done once in a process of the grader's before it forks."""
    CASES.keep()
    importlib.import_module(f"{__package__}.warmed")


service, resilience, cost, release = TASK.graded(CASES, "service", "resilience", "cost", "release")


@EXERCISE.graded("predictions")
def predictions(sheet: Sheet, answer: Answer, name: str, design: str) -> None:
    """What breaks first in changed designs, and at what rate."""
    cases = CASES.open(sheet)
    if found := TASK.foreseen(sheet, answer, design, AT_ALL, cases.draws):
        document, unmet = found
        changed.judge(sheet, answer, name, document, cases.draws, cases.changes, unmet)


@EXERCISE.graded("app")
def app(sheet: Sheet, answer: Answer, name: str, exchange: str) -> None:
    """The student's app, a process a family. `exchange` starts it and sends it requests, on their side."""
    cases = CASES.open(sheet)
    for family in APP:
        requests, right = cases.requests[family], cases.expected[family]
        replies = answer.call(exchange, requests, DOWN.get(family, 0))
        wrong = missed(requests, replies, right)
        why = explanation(family, wrong, sheet.private)
        sheet.judge(family, f"{len(wrong)} of {len(right)} wrong", "0 wrong", not wrong, why)


# What the notebook shows


scenarios, scorecard, plain = for_readers(TASK, CASES)
criteria = skipped_while_grading(TASK.criteria)


@skipped_while_grading
def show(design: Any) -> None:
    """Prints the document as YAML, or what is wrong with it."""
    print(TASK.given(design).to_yaml())


@skipped_while_grading
def measures(design: Any) -> "pd.DataFrame":
    """Everything that was measured of the service, a row a scenario."""
    draws = {family: some for family, some in CASES.public().draws.items() if "version" not in family}
    drawn = {name for scenario in TASK.scenarios.values() for name in scenario.ranges}
    return TASK.table(TASK.given(design), draws).drop(columns=list(drawn), errors="ignore").round(2)


@skipped_while_grading
def timeline(design: Any, family: str, traffic: float = 1.0) -> "Figure":
    """The public scenario of that family by its time; `traffic` times as many ask as is usual."""
    from mlsd_lib.simulation.scorecard import scored

    require_one_of("The scenario", family, TASK.scenarios, ExerciseError)
    document, (draw, *_) = TASK.given(design), CASES.public().draws[family]
    return scored(document, world.story(document, draw, traffic)).plot()


def changes(design: Any) -> list[dict[str, Any]]:
    """The documents of which the public test of the predictions asks. Raises `RefusedDesign`."""
    document = TASK.given(design)
    return [changed.changed(document, change).model_dump() for change in CASES.public().changes]


def good(document: Any, family: str, traffic: float = 1.0) -> float:
    """The share of good answers in the public scenario, as its criterion measures it; `traffic`: as for `timeline`."""
    known = [name for name in TASK.scenarios if name in TASK.requirements]
    require_one_of("The scenario", family, known, ExerciseError)
    (draw,) = CASES.public().draws[family]
    return world.run(TASK.read(document), draw, traffic).measures[TASK.requirements[family].measure]


@skipped_while_grading
def show_requests(family: str) -> None:
    """Prints the public requests of a family, and what is right for each."""
    for one, right in zip(requests_of(family), CASES.public().expected[family], strict=True):
        print(f"{one['method']} {one['path']} {one['body'][:90]}  # {one['about']}\n    -> {right}")


def requests_of(family: str) -> list[Request]:
    """The public requests of a family."""
    requests = CASES.public().requests
    require_one_of("The family", family, requests, ExerciseError)
    return requests[family]
