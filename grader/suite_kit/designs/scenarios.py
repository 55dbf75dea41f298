"""Families of scenarios: published ranges of what happens, and magnitudes drawn within them from a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.errors import GraderError


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included; whole numbers only where `whole`. `unit` as it is told."""

    low: float
    high: float
    unit: str = ""
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise GraderError(f"A range goes from {self.low:g} to {self.high:g}; low must not exceed high. Exchange.")

    def draw(self, rng: np.random.Generator) -> float:
        """A magnitude within the range, each as likely."""
        if self.whole:
            return float(rng.integers(int(self.low), int(self.high) + 1))
        return float(rng.uniform(self.low, self.high))

    def __str__(self) -> str:
        said = f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"
        return f"{said} {self.unit}".strip()


@dataclass(frozen=True)
class Draw:
    """One scenario of a family: its magnitudes by name, and the seed of whatever else is drawn in it."""

    family: str
    seed: int
    magnitudes: tuple[tuple[str, int | float], ...]

    def __getitem__(self, magnitude: str) -> float:
        return dict(self.magnitudes)[magnitude]


Draws = Mapping[str, Sequence[Draw]]
"""The scenarios of a judgement by family."""


@dataclass(frozen=True)
class ScenarioFamily:
    """Scenarios that differ only in magnitudes within the published `ranges`; `times` of them in one judgement."""

    name: str
    title: str
    ranges: Mapping[str, Range] = field(default_factory=dict)
    times: int = 1

    def draw(self, rng: np.random.Generator) -> Draw:
        """One scenario."""
        seed = int(rng.integers(2**31))
        return Draw(self.name, seed, tuple((name, span.draw(rng)) for name, span in self.ranges.items()))

    def told(self) -> str:
        """The ranges in words, as a notebook shows them."""
        return ", ".join(f"{name} {span}" for name, span in self.ranges.items())


def draw_scenarios(families: Sequence[ScenarioFamily], seed: int) -> dict[str, list[Draw]]:
    """The scenarios that a seed gives; a family's do not depend on which other families there are."""
    drawn = {}
    for family in families:
        rng = np.random.default_rng([seed, *family.name.encode()])
        drawn[family.name] = [family.draw(rng) for _ in range(family.times)]
    return drawn
