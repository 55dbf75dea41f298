"""What a run of a design in a scenario comes to, and what is required of it: data without a judgement."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from grader.errors import GraderError


@dataclass(frozen=True)
class FailureReason:
    """When a measure went wrong and why. `cause` holds no figure of the scenario, `detail` may."""

    when: str
    cause: str
    detail: str = ""

    def told(self, title: str, private: bool) -> str:
        """A sentence about the scenario of that title; where scenarios are private, without its figures."""
        if private:
            return f"{title}: {self.cause}. Look at the public scenario of this family."
        return f"{title}, {self.when}: {self.cause}." + (f" {self.detail}" if self.detail else "")


@dataclass(frozen=True)
class Outcome:
    """`measures` by name; for those that can go wrong, the first moment at which they did."""

    measures: Mapping[str, float]
    moments: Mapping[str, FailureReason] = field(default_factory=dict)


@dataclass(frozen=True)
class Requirement:
    """A criterion of `exercise.toml` (`family`) as data: a measure in some scenarios, and points in whole steps.

    `steps` holds (limit, points), the loosest first; each that is met gives its points, and their sum is what the
    family has. The worst of the scenarios counts. `needs` names families that must be met as well, and
    what those need, for without them it means nothing (a cheap design that answers nobody). `display_scale`: what the
    measure is multiplied by where it is told (100 for a share in %).
    """

    family: str
    measure: str
    scenarios: tuple[str, ...]
    rule: Literal["at most", "at least"]
    steps: tuple[tuple[float, float], ...]
    unit: str = ""
    display_scale: float = 1.0
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        limits = [limit for limit, _ in self.steps]
        if not limits or limits != sorted(limits, reverse=self.rule == "at most"):
            raise GraderError(
                f"{self.family} has the steps {limits} ({self.rule}); there must be one or more, the loosest first. "
                "Order them."
            )

    def wider(self, by: float) -> "Requirement":
        """The same with limits that are wider by this share: by so much draws move what is measured of one design."""
        by = by if self.rule == "at most" else -by
        return replace(self, steps=tuple((limit * (1 + by), points) for limit, points in self.steps))

    def met(self, value: float, limit: float) -> bool:
        """Whether a value keeps a limit; what is no number keeps none."""
        return not math.isnan(value) and (value <= limit if self.rule == "at most" else value >= limit)

    def worse(self, value: float, other: float) -> bool:
        """Whether `one` is worse than `other`; nothing is worse than what is no number."""
        if math.isnan(value) or math.isnan(other):
            return math.isnan(value) and not math.isnan(other)
        return value > other if self.rule == "at most" else value < other

    def told(self, value: float) -> str:
        """A value with its unit, or what stands for one that is no number."""
        if math.isfinite(value):
            return f"{self.display_scale * value:.4g} {self.unit}".strip()
        return "undefined (nothing was there to measure)" if math.isnan(value) else "without bound"
