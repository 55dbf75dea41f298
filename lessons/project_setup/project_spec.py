"""A project on one typed page: what it is for, what must not suffer, what it may cost, who answers for what.

Units stand in the names. A value of another type is refused by pydantic's `ValidationError`, also by
`dataclasses.replace`; an int may stand for a float. What the entries contradict is for the reader's rules to find.
"""

import math

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(strict=True)
ERRORS_FOR_POWER = 1.96 + 0.84
"""How many standard errors a true gain must be to be found four times in five by a 95 % interval."""


@dataclass(frozen=True, config=STRICT)
class Objective:
    """A metric a day, today's `baseline` and the `target`; `stands_for` is what is wanted, where it is a proxy.

    `sd_a_day` is the standard deviation of the paired daily difference from the baseline.
    """

    metric: str
    baseline: float
    target: float
    sd_a_day: float
    stands_for: str = ""

    @property
    def days_needed(self) -> int:
        """Days with labels after which the gain is found four times in five; 1 where no gain is wanted."""
        gain = self.target - self.baseline
        return max(1, math.ceil((ERRORS_FOR_POWER * self.sd_a_day / gain) ** 2)) if gain > 0 else 1


@dataclass(frozen=True, config=STRICT)
class Guardrail:
    """A metric that must stay at or above `at_least`, and its value `today`."""

    metric: str
    at_least: float
    today: float


@dataclass(frozen=True, config=STRICT)
class Service:
    """Payments a second in the busiest hour, one core's time an answer, cores, and the promised 99th percentile."""

    peak_per_s: float
    answer_ms: float
    cores: int
    p99_ms: float

    @property
    def utilisation(self) -> float:
        """Seconds of work that each core gets a second at the peak."""
        return self.peak_per_s * self.answer_ms / 1_000 / self.cores


@dataclass(frozen=True, config=STRICT)
class ProjectSpec:
    """The whole page. `stakeholders` maps a person or team to the metric that they answer for.

    `reviews_a_day` is what the objective needs, `reviewers_can` what the team does a day; `label_delay_days` pass until
    nearly all frauds are known.
    """

    objective: Objective
    guardrails: tuple[Guardrail, ...]
    service: Service
    stakeholders: dict[str, str]
    reviews_a_day: float
    reviewers_can: float
    budget_eur_a_month: float
    label_delay_days: float
    decide_after_days: float
