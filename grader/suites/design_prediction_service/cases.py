"""The cases of `design_prediction_service`: drawn scenarios, and requests with the replies that are right."""

from dataclasses import dataclass
from typing import Any

from grader.suite_kit.designs import DesignTask, Draw
from grader.suite_kit.exercise import CaseSource
from grader.suites.design_prediction_service.api import Request
from grader.suites.design_prediction_service.changed import Change
from grader.suites.design_prediction_service.document import ServiceDesign
from grader.suites.design_prediction_service.requirements import EXERCISE, HIDDEN_TASK, TASK


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

    @property
    def task(self) -> DesignTask[ServiceDesign]:
        """What judges in them."""
        return HIDDEN_TASK if self.private else TASK


CASES = CaseSource(EXERCISE, Cases)
