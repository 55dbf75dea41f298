"""The cases of `design_fraud_pipeline`: scenarios with the money of oracle and baseline, a stream for the own one."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from grader.suite_kit.designs import Draw
from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suites.design_fraud_pipeline import scenarios

EXERCISE = load_exercise(Path(__file__).parent)


@dataclass(frozen=True)
class Cases:
    """`draws` by family; `stream` is the scenario of the own pipeline; nothing of `private` cases is shown."""

    draws: dict[str, list[Draw]]
    stream: Draw
    private: bool = False

    def all_draws(self) -> list[Draw]:
        """The scenarios and the stream."""
        return [*(one for some in self.draws.values() for one in some), self.stream]


def draw_cases(seed: int, other_seed: int, private: bool = False) -> Cases:
    """The cases of two seeds, still without the oracle's money."""
    other = int(np.random.default_rng(other_seed).integers(2**31))
    return Cases(scenarios.draw(seed), Draw("ordinary", other, ()), private)


def public_cases() -> Cases:
    """The stored cases."""
    stored = EXERCISE.read_cases()
    draws = {family: [_draw(one) for one in some] for family, some in stored["draws"].items()}
    return Cases(draws, _draw(stored["stream"]))


def _draw(stored: dict) -> Draw:
    return replace(Draw(**stored), magnitudes=tuple((name, value) for name, value in stored["magnitudes"]))


CASES = CaseSource(EXERCISE, public_cases)
