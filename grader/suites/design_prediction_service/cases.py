"""The cases of `design_prediction_service`: drawn scenarios, and requests with the replies that are right.

The public requests are stored, the public scenarios drawn from the published seed.
"""

from dataclasses import dataclass
from typing import Any

from grader.suite_kit.designs import Draw, draw_scenarios
from grader.suite_kit.exercise import CaseSource
from grader.suites.design_prediction_service.api import Request
from grader.suites.design_prediction_service.requirements import EXERCISE
from grader.suites.design_prediction_service.world import FAMILIES


@dataclass(frozen=True)
class Cases:
    """Scenarios by family; requests by family and what is right for each. Nothing of `private` ones is shown."""

    draws: dict[str, list[Draw]]
    requests: dict[str, list[Request]]
    expected: dict[str, list[dict[str, Any]]]
    private: bool = False


def public_cases() -> Cases:
    """The scenarios of the published seed, and the stored requests."""
    return Cases(draw_scenarios(FAMILIES, EXERCISE.seeds["public"]), **EXERCISE.read_cases())


CASES = CaseSource(EXERCISE, public_cases)
