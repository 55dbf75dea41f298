"""Runs one test of a suite on the names that its cell passes, and says what it was worth. No student code runs here."""

import importlib
import random
import sys
import time
from typing import Any

from grader.grading.analysis.grading_plan import SuiteCall
from grader.grading.records import Outcome
from grader.grading.remote_answer import RemoteAnswer
from grader.suite_kit.answer import Answer, AnswerEnded, Elsewhere
from grader.suite_kit.points import Points, clamp
from grader.suite_kit.score_sheet import ENDED, NO_ANSWER

MARGIN_S = 1.0


class Named(Elsewhere):
    """What a test gets for a name of the student's."""

    def __init__(self, answer: RemoteAnswer, name: str) -> None:
        self.answer, self.__name__ = answer, name

    @classmethod
    def reach(cls, attempts: dict[str, Any]) -> Answer:
        found: RemoteAnswer = next(iter(attempts.values())).answer
        return found


def evaluate(call: SuiteCall, answer: RemoteAnswer, points: float) -> Outcome:
    """The outcome of one test, worth at most `points`. Whatever the other side does, nothing is raised."""
    outcome, started_s = Outcome(), time.monotonic()
    try:
        test = getattr(importlib.import_module(call.suite), call.test)
        if missing := answer.begin(call.names, started_s + test.limit_s + MARGIN_S):
            outcome.verdict, outcome.message = "error", f"NameError: name {missing[0]!r} is not defined"
        else:
            _judge(outcome, test(*(Named(answer, name) for name in call.names)), points)
    except AnswerEnded as ended:
        outcome.verdict, outcome.message = ended.outcome, ENDED.get(ended.outcome, NO_ANSWER)
    except MemoryError:
        outcome.verdict, outcome.message = "memory", "What the answer gave needs more memory than the test may use."
    except BaseException as error:
        outcome.verdict, outcome.message = "error", f"The test itself failed ({type(error).__name__}). Report it."
    outcome.wall_s = time.monotonic() - started_s
    return outcome


def _judge(outcome: Outcome, given: Points, maximum: float) -> None:
    assert given.report is not None
    outcome.points, outcome.verdict = clamp(given, maximum), given.report.verdict
    outcome.message, outcome.html = given.report.text(), given._repr_html_()


def seed(number: int) -> None:
    """From here on random numbers are the same for everybody."""
    import numpy as np

    random.seed(number)
    np.random.seed(number % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(number)
