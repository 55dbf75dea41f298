"""The cases of `implement_deployment_pipeline`: scenarios of each name.

The public ones are stored; the hidden ones are drawn by the same function from the secret.
"""

from dataclasses import dataclass

from grader.suite_kit.exercise import CaseSource, ExerciseError
from grader.suites.implement_deployment_pipeline.scenarios import EXERCISE, SCENARIOS
from grader.suites.implement_deployment_pipeline.world import Scenario
from notebook_runner.errors import require_one_of


@dataclass(frozen=True)
class Cases:
    """By the name of scenarios their magnitudes. Nothing of `private` ones is shown."""

    drawn: dict[str, list[dict[str, int | float]]]
    private: bool = False

    def of(self, criterion: str) -> list[Scenario]:
        """The scenarios of a criterion."""
        names = [name for name, kind in SCENARIOS.items() if kind.criterion == criterion]
        return [self.scenario(name, number) for name in names for number in range(len(self.drawn[name]))]

    def scenario(self, name: str, number: int) -> Scenario:
        """A scenario of that name. Raises `ExerciseError` where there is none."""
        require_one_of("The scenario", name, SCENARIOS, ExerciseError)
        require_one_of(f"The number of the scenario {name!r}", number, range(len(self.drawn[name])), ExerciseError)
        return Scenario(name, number, self.drawn[name][number])


CASES = CaseSource(EXERCISE, Cases)
