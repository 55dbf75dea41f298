"""What a reader tries a design with: the public scenarios, by the code that judges. Nothing is required here."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from grader.suite_kit.designs import Draw, for_readers, skipped_while_grading
from grader.suite_kit.exercise import ExerciseError
from grader.suites.design_recommendation_system.measures import money, played_in, run, worst_minute
from grader.suites.design_recommendation_system.shop import FIRST_STEP, STEP_H
from grader.suites.design_recommendation_system.stories import card_of
from grader.suites.design_recommendation_system.suite import CASES, TASK
from notebook_runner.errors import require_one_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


scenarios, scorecard, plain = for_readers(TASK, CASES)


def measure(document: Any, family: str, times: float = 1.0) -> dict[str, float]:
    """What a design comes to in the public scenario of a family.

    With another number of `times` as many requests: good answers in the worst minute, for `day` also EUR a day.
    """
    design, draw = TASK.read(document), _public(family)
    if times == 1.0 or family == "items":
        return dict(run(design, draw).measures)
    card = card_of(design, draw, times)
    eur = {"eur": sum(money(design, card).values())} if family == "day" else {}
    return {"good": worst_minute(card), **eur}


@skipped_while_grading
def timeline(document: Any, family: str, times: float = 1.0) -> "Figure":
    """Requests, the queue, replicas and latency over the public scenario of a family; its verdict is printed."""
    draw = _public(family)
    card = card_of(TASK.read(document), draw, times)
    print(card.verdict)
    return card.plot()


@skipped_while_grading
def lists(documents: Mapping[str, Any], family: str = "items") -> "Axes":
    """The worth of designs' lists over the hours of a story, as a share of the best lists' clicks."""
    import numpy as np

    from mlsd_lib.lesson.plotting import lines

    played = {name: played_in(_public(family), TASK.read(document)) for name, document in documents.items()}
    shares = {name: (outcome.clicks / outcome.best)[FIRST_STEP:] for name, outcome in played.items()}
    hours = STEP_H * np.arange(FIRST_STEP, FIRST_STEP + len(next(iter(shares.values()))))
    title = "What lists are worth, hour by hour"
    return lines(shares, title, "hour of the story", "share of the best lists' clicks", at=hours)


def changes(document: Any) -> list[tuple[dict[str, Any], float]]:
    """The public questions: changed documents, plain data, and the times of the requests for which money is asked."""
    design = TASK.read(document)
    return [(change.of(design).model_dump(), change.times) for change in CASES.public().changes]


@cache
def _public(family: str) -> Draw:
    require_one_of("The family", family, TASK.scenarios, ExerciseError)
    return CASES.public().draws[family][0]
