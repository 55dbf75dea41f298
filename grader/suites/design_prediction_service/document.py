"""The document that is handed in: the simulator's `Design`, with the plan by which a new version goes out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from grader.suite_kit.exercise import load_exercise
from mlsd_lib.simulation.design import Design, Part, Share, listed

EXERCISE = load_exercise(Path(__file__).parent)
START_UP_S = 60.0
MOST_REPLICAS = 60
MOST_ITEMS = 200_000


class Canary(Part):
    """A new version gets each share of `steps` for `step_s`, then the next; the last is 1.

    Every ten seconds the bad answers of both versions since the step began are compared, as they were a minute ago: the
    metrics come that late. The new one is taken back once it is `z_limit` standard errors worse, and both have answered
    `least_requests` or more in this step.
    """

    steps: Annotated[tuple[Share, ...], BeforeValidator(listed), Field(min_length=1, max_length=8)] = (1.0,)
    step_s: float = Field(default=60.0, ge=10, le=3_600)
    z_limit: float = Field(default=3.0, ge=0.5, le=20)
    least_requests: int = Field(default=100, ge=1, le=1_000_000)


class ServiceDesign(Design):
    """The whole document: how the service answers, and how it changes."""

    canary: Canary = Canary()

    def _contradictions(self) -> Iterator[str]:
        yield from super()._contradictions()
        if self.replicas.start_up_s != START_UP_S:
            yield (
                f"replicas.start_up_s is {self.replicas.start_up_s:g}; the platform starts a replica in "
                f"{START_UP_S:g} s, whatever the document says. Leave it out."
            )
        scaler = self.replicas.autoscaler
        asked = {"replicas.count": self.replicas.count, "replicas.autoscaler.most": scaler.most if scaler else 0}
        for entry, number in asked.items():
            if number > MOST_REPLICAS:
                yield f"{entry} is {number}; the account has {MOST_REPLICAS} replicas. Ask for no more."
        if self.cache is not None and self.cache.items > MOST_ITEMS:
            yield f"cache.items is {self.cache.items}; there are {MOST_ITEMS:,} different questions. Keep no more."
        steps = self.canary.steps
        if list(steps) != sorted(set(steps)):
            yield f"canary.steps are {list(steps)}; each must be larger than the one before. Order them."
        if steps[-1] != 1.0:
            yield f"canary.steps end at {steps[-1]:g}; a release ends at 1, for everybody. Add 1.0."
