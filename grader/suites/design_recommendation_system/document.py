"""The hand-in: a recommendation service as a typed document, from the first stage to the replicas."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mlsd_lib.simulation.design import (
    Autoscaler,
    Batching,
    Breaker,
    Cache,
    Design,
    Document,
    Part,
    Queue,
    Retries,
)
from mlsd_lib.simulation.design import Replicas as ServingReplicas
from mlsd_lib.simulation.scenario import BatchCost

SLOTS = 10
QUOTA = 12
ITEM_S = {"popularity": 10e-6, "factors": 50e-6, "trees": 150e-6, "network": 500e-6}
"""Seconds of a replica for one candidate, features included, by ranker."""
START_UP_S = {"popularity": 10.0, "factors": 20.0, "trees": 30.0, "network": 60.0}
REFRESH_EUR = {"popularity": 0.1, "factors": 0.5, "trees": 1.0, "network": 4.0}
"""EUR for one refresh: counting, training, checking, copying to the replicas."""
REQUEST_S, SEARCH_S = 0.012, 0.006
"""Seconds a batch for the request itself, and for the approximate search of similar items."""


class Candidates(Part):
    """How many items the first stages hand to the ranker: the `popular` ones of the last refresh, those `similar` to
    what a visitor likes as of the last refresh, and the most `recent` ones, without any refresh.
    """

    popular: int = Field(default=0, ge=0, le=300)
    similar: int = Field(default=0, ge=0, le=300)
    recent: int = Field(default=0, ge=0, le=100)


class Exploration(Part):
    """The `share` of slots that chance fills: with `new` items, those shown least first, or among `all`."""

    share: float = Field(default=0.0, ge=0, le=0.5)
    among: Literal["new", "all"] = "new"


class Replicas(Part):
    """How many at the start, and what changes that; they start up as long as their ranker takes to load."""

    count: int = Field(default=1, ge=1, le=QUOTA)
    autoscaler: Autoscaler | None = None


class RecommendationDesign(Document):
    """The whole document; what is left out is off.

    Every `refresh_h` hours estimates and models are made anew from the clicks so far. `fallback`: what is shown to
    whom no replica answers.
    """

    candidates: Candidates
    ranker: Literal["popularity", "factors", "trees", "network"]
    refresh_h: float = Field(ge=1, le=168)
    exploration: Exploration = Exploration()
    fallback: Literal["none", "popular"] = "none"
    replicas: Replicas = Replicas()
    batching: Batching = Batching()
    queue: Queue = Queue()
    timeout_s: float = Field(default=1.0, gt=0, le=60)
    retries: Retries = Retries()
    breaker: Breaker | None = None
    cache: Cache | None = None

    @property
    def ranked(self) -> int:
        """Candidates that the ranker scores for a request, at most."""
        return self.candidates.popular + self.candidates.similar + self.candidates.recent

    @property
    def serving(self) -> Design:
        """The part that the simulator of serving runs."""
        start_up_s, replicas = START_UP_S[self.ranker], self.replicas
        return Design(
            replicas=ServingReplicas(count=replicas.count, start_up_s=start_up_s, autoscaler=replicas.autoscaler),
            batching=self.batching, queue=self.queue, timeout_s=self.timeout_s, retries=self.retries,
            breaker=self.breaker, cache=self.cache, fallback=self.fallback != "none",
        )  # fmt: skip

    @property
    def cost(self) -> BatchCost:
        """What a batch takes."""
        fixed_s = REQUEST_S + (SEARCH_S if self.candidates.similar else 0.0)
        return BatchCost(fixed_s, 0.0005 + self.ranked * ITEM_S[self.ranker], 0.2)

    def _contradictions(self) -> Iterator[str]:
        if self.candidates.popular + self.candidates.similar < SLOTS:
            yield (
                f"candidates.popular and candidates.similar are {self.candidates.popular + self.candidates.similar} "
                f"together; a list has {SLOTS} slots, and recent items alone may be missing. Hand more to the ranker."
            )
        scaler = self.replicas.autoscaler
        if scaler is not None and scaler.most > QUOTA:
            yield f"replicas.autoscaler.most is {scaler.most}, above the account's quota, {QUOTA}. Lower it."
        yield from self.serving.contradictions()
