"""What a notebook shows of a design while its author works on it, and no grader looks at."""

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from grader.suite_kit.designs.task import Card, DesignTask, RefusedDesign
from grader.suite_kit.exercise import CaseSource

if TYPE_CHECKING:
    import pandas as pd

Given = ParamSpec("Given")
Gave = TypeVar("Gave")


def skipped_while_grading(function: Callable[Given, Gave]) -> Callable[Given, Gave | None]:
    """Does nothing while nbgrader or the grader runs the notebook: nobody looks, and a simulation takes its time.

    What is not written yet, or a design that is refused, is said in words: an untouched notebook runs to its end.
    """

    @functools.wraps(function)
    def shown(*given: Given.args, **named: Given.kwargs) -> Gave | None:
        if os.environ.get("NBGRADER_EXECUTION"):
            return None
        try:
            return function(*given, **named)
        except NotImplementedError:
            print("This part of your answer is still to be written. Write it, run its cell, then run this one.")
        except RefusedDesign as refused:
            print(f"The design is refused.\n{refused}")
        return None

    return shown


def for_readers(
    task: DesignTask[Any], cases: CaseSource[Any]
) -> tuple[Callable[[], Any], Callable[[Any], Card | None], Callable[[Any], dict[str, Any]]]:
    """`scenarios`, `scorecard` and `plain`, with which a reader tries a design. Nothing is required here."""

    @skipped_while_grading
    def scenarios() -> "pd.DataFrame":
        """The families of scenarios, the ranges of the grader's, and the figures of the public one."""
        import pandas as pd

        rows = []
        for name, (draw, *_) in cases.public().draws.items():
            public = ", ".join(f"{magnitude} {value:.3g}" for magnitude, value in draw.magnitudes)
            rows.append([name, task.scenarios[name].title, task.scenarios[name].told(), public])
        columns = ["scenario", "what happens", "the grader draws", "public"]
        return pd.DataFrame(rows, columns=columns).set_index("scenario")

    @skipped_while_grading
    def scorecard(design: Any) -> Card:
        """The tables of the tests that judge the design, on the public scenarios, by the grader's own code."""
        return task.scorecard(task.given(design), cases.public().draws)

    def plain(document: Any) -> dict[str, Any]:
        """The whole document as plain data, with what was left out."""
        return dict(task.read(document).model_dump())

    return scenarios, scorecard, plain
