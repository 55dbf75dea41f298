"""The cases of `design_fraud_pipeline`: scenarios with the money of oracle and baseline, a stream for the own one."""

from dataclasses import dataclass
from pathlib import Path

from grader.suite_kit.designs import Draw
from grader.suite_kit.exercise import CaseSource, load_exercise

EXERCISE = load_exercise(Path(__file__).parent)


@dataclass(frozen=True)
class Cases:
    """`draws` by family; `stream` is the scenario of the own pipeline; nothing of `private` cases is shown."""

    draws: dict[str, list[Draw]]
    stream: Draw
    private: bool = False

    def all_draws(self) -> list[Draw]:
        """The scenarios and the stream."""
        return [*(draw for some in self.draws.values() for draw in some), self.stream]


CASES = CaseSource(EXERCISE, Cases)
