"""The cases of `implement_deployment_pipeline`: a scenario of each name, and how each of its versions must end.

The public ones are stored; the hidden ones are drawn by the same function from the secret.
"""

from dataclasses import dataclass

from grader.suite_kit.exercise import CaseSource
from grader.suites.implement_deployment_pipeline.scenarios import EXERCISE, SCENARIOS
from grader.suites.implement_deployment_pipeline.world import Scenario


@dataclass(frozen=True)
class Cases:
    """By the name of scenarios their magnitudes, and how each version must end. Nothing of `private` ones is shown."""

    drawn: dict[str, list[dict[str, int | float]]]
    ends: dict[str, dict[str, str]]
    private: bool = False

    def of(self, criterion: str) -> list[Scenario]:
        """The scenarios of a criterion."""
        names = [name for name, kind in SCENARIOS.items() if kind.criterion == criterion]
        return [self.scenario(name, number) for name in names for number in range(len(self.drawn[name]))]

    def scenario(self, name: str, number: int) -> Scenario:
        """A scenario of that name. Raises ValueError where there is none."""
        if name not in SCENARIOS:
            raise ValueError(f"{name!r} is no scenario; known are {', '.join(SCENARIOS)}. Name one.")
        if number not in range(len(self.drawn[name])):
            raise ValueError(f"{name!r} has no scenario {number!r}; it has {len(self.drawn[name])}. Count from 0.")
        return Scenario(name, number, self.drawn[name][number], self.ends[name])


CASES = CaseSource(EXERCISE, Cases)
