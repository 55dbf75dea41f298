"""The cases of `design_prediction_service`: drawn scenarios, and requests with the replies that are right."""

from dataclasses import dataclass
from typing import Any

from grader.suite_kit.designs import Draw
from grader.suite_kit.exercise import CaseSource
from grader.suites.design_prediction_service.api import Request
from grader.suites.design_prediction_service.changed import Change
from grader.suites.design_prediction_service.document import EXERCISE


@dataclass(frozen=True)
class Cases:
    """Scenarios by family; changes of which is asked; requests by family, and what is right for each.

    Nothing of `private` ones is shown.
    """

    draws: dict[str, list[Draw]]
    requests: dict[str, list[Request]]
    expected: dict[str, list[dict[str, Any]]]
    changes: list[Change]
    private: bool = False


CASES = CaseSource(EXERCISE, Cases)
