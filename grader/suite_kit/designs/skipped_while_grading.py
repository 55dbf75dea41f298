"""What a notebook shows of a design while its author works on it, and no grader looks at."""

import functools
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from grader.suite_kit.designs.task import RefusedDesign

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
