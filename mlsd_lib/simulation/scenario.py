"""What happens to a system: who asks for what, what a batch takes, what breaks, what is promised, the prices."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mlsd_lib.simulation import traces
from mlsd_lib.simulation.errors import SimulationError


class Slow(NamedTuple):
    """From `start_s` until before `end_s` every batch takes `factor` times as long: something it depends on is slow."""

    start_s: float
    end_s: float
    factor: float


class Failure(NamedTuple):
    """At `at_s` the first `replicas` that are up die with their work, and begin to start again `down_s` later."""

    at_s: float
    replicas: int
    down_s: float


@dataclass(frozen=True)
class BatchCost:
    """A batch of n rows takes `fixed_s` + n `row_s`; of that the share `spread` is exponential, the rest constant."""

    fixed_s: float = 0.004
    row_s: float = 0.001
    spread: float = 0.2

    def seconds(self, rows: ArrayLike) -> np.ndarray:
        """What batches of `rows` take in the mean, in seconds; in the shape of `rows`."""
        return self.fixed_s + self.row_s * np.asarray(rows, dtype=float)

    def rows_per_s(self, rows: int) -> float:
        """What one replica does in full batches of `rows`."""
        return rows / float(self.seconds(rows))


@dataclass(frozen=True)
class Prices:
    """EUR for an hour of one replica, on demand and as spot capacity, and of one item's place in the cache."""

    replica_hour: float = 0.40
    spot_hour: float = 0.13
    item_hour: float = 0.0


@dataclass(frozen=True)
class Level:
    """The service level: `share` of a minute's requests get a full answer within `within_s`."""

    within_s: float = 0.25
    share: float = 0.99


@dataclass(frozen=True)
class Scenario:
    """One story. `arrived`: times in seconds, sorted, (n,); `keys`: which of `items` each request asks for, (n,).

    An item's right answer changes after `change_s` in the mean; a hit of the cache takes `hit_s`. `seed` draws the
    chances of the story, so that every design meets the same. `steady`: nothing changes while it lasts, so that its
    percentiles are those of the steady state.
    """

    name: str
    arrived: np.ndarray
    keys: np.ndarray
    items: int
    seconds: float
    cost: BatchCost = BatchCost()
    slow: tuple[Slow, ...] = ()
    failures: tuple[Failure, ...] = ()
    level: Level = Level()
    prices: Prices = Prices()
    change_s: float = 3_600.0
    hit_s: float = 0.001
    seed: int = 0
    steady: bool = False

    def __post_init__(self) -> None:
        if len(self.arrived) != len(self.keys) or not len(self.arrived):
            raise SimulationError(
                f"{self.name} has {len(self.arrived)} arrivals and {len(self.keys)} keys; each request needs one of "
                "both, and there must be one. Draw them together."
            )
        for what, rule in self._faults():
            raise SimulationError(f"{self.name}: {what}; {rule}.")

    def _faults(self) -> Iterator[tuple[str, str]]:
        """What no simulator can run, and the rule that it breaks."""
        arrived, keys = np.asarray(self.arrived), np.asarray(self.keys)
        if not np.isfinite(arrived).all() or arrived.min() < 0:
            yield f"a request arrives at {arrived.min()} s", "times are seconds from 0 on. Count from the story's start"
        if (np.diff(arrived) < 0).any():
            first = int(np.argmax(np.diff(arrived) < 0)) + 1
            yield f"request {first} arrives before the one above it", "times must rise. Sort them with their keys"
        if not np.issubdtype(keys.dtype, np.integer) or keys.min() < 0 or keys.max() >= self.items:
            between = f"keys are {keys.dtype} from {keys.min()} to {keys.max()}"
            yield between, f"each names one of {self.items} items: whole numbers from 0 to {self.items - 1}"
        if not 0 < self.seconds < np.inf:
            yield f"the story lasts {self.seconds} s", "it must last some time. Give seconds above 0"
        for spell in self.slow:
            if not (0 < spell.factor < np.inf and spell.start_s <= spell.end_s):
                yield f"{spell}", "it must end after it starts, and its factor must be above 0"
        for death in self.failures:
            if not (0 <= death.at_s < np.inf and 0 <= death.down_s < np.inf and death.replicas >= 1):
                yield f"{death}", "its times must be 0 s or later, and at least one replica dies"
        fixed_s, row_s, spread = self.cost.fixed_s, self.cost.row_s, self.cost.spread
        if not (min(fixed_s, row_s) >= 0 and 0 <= spread <= 1 and fixed_s + row_s < np.inf):
            yield f"{self.cost}", "seconds must not be negative, and spread is a share from 0 to 1"

    @cached_property
    def luck(self) -> "Luck":
        """The chances of this story."""
        rng, n = np.random.default_rng([self.seed, 0]), len(self.arrived)
        return Luck(rng.exponential(size=4 * n + 64), rng.uniform(size=4 * n + 64), rng.exponential(size=n))

    @cached_property
    def choices(self) -> np.ndarray:
        """The chances of a balancer: two shares a choice of a replica, (4 n + 64, 2)."""
        return np.random.default_rng([self.seed, 3]).uniform(size=(4 * len(self.arrived) + 64, 2))


class Luck(NamedTuple):
    """Drawn once a story: `batch`, the exponential share of the k-th batch; `backoff` of the k-th retry; `change`, per
    request, how long in means of `change_s` the answer that it may get from the cache stays right.
    """

    batch: np.ndarray
    backoff: np.ndarray
    change: np.ndarray


def _scenario(name: str, arrived: np.ndarray, rng: np.random.Generator, seconds: float, **rest: object) -> Scenario:
    items = 20_000
    seed = int(rng.integers(2**31))
    return Scenario(name, arrived, traces.zipf_keys(rng, len(arrived), items), items, seconds, seed=seed, **rest)  # type: ignore[arg-type]


def steady(rng: np.random.Generator, rate: float = 100.0, seconds: float = 600.0) -> Scenario:
    """A constant rate."""
    return _scenario("steady", traces.constant(rng, rate, seconds), rng, seconds, steady=True)


def daily_cycle(rng: np.random.Generator, rate: float = 100.0, seconds: float = 1_440.0) -> Scenario:
    """A whole day in 24 minutes: a minute is an hour of it."""
    arrived = traces.daily_cycle(rng, rate, seconds, day_s=seconds)
    return _scenario("daily-cycle", arrived, rng, seconds)


def flash_crowd(
    rng: np.random.Generator, rate: float = 100.0, seconds: float = 600.0, times: float = 3.0, lasts: float = 60.0
) -> Scenario:
    """A third into the story three times as many come, for a minute."""
    at = seconds / 3
    arrived = traces.flash_crowd(rng, rate, seconds, at, lasts, times)
    return _scenario("flash-crowd", arrived, rng, seconds)


def slow_dependency(
    rng: np.random.Generator, rate: float = 100.0, seconds: float = 600.0, factor: float = 4.0, lasts: float = 30.0
) -> Scenario:
    """A third into the story every batch takes four times as long, for half a minute."""
    at = seconds / 3
    arrived, slow = traces.constant(rng, rate, seconds), (Slow(at, at + lasts, factor),)
    return _scenario("slow-dependency", arrived, rng, seconds, slow=slow)


def replica_lost(
    rng: np.random.Generator, rate: float = 100.0, seconds: float = 600.0, replicas: int = 1, down_s: float = 60.0
) -> Scenario:
    """A third into the story a replica dies."""
    at = seconds / 3
    arrived, failures = traces.constant(rng, rate, seconds), (Failure(at, replicas, down_s),)
    return _scenario("replica-lost", arrived, rng, seconds, failures=failures)


SCENARIOS: Mapping[str, Callable[..., Scenario]] = {
    "steady": steady,
    "daily-cycle": daily_cycle,
    "flash-crowd": flash_crowd,
    "slow-dependency": slow_dependency,
    "replica-lost": replica_lost,
}


def scenario(name: str, seed: int = 0, **options: float) -> Scenario:
    """The scenario of that name, drawn from `seed`; raises `SimulationError` for another name."""
    if name not in SCENARIOS:
        raise SimulationError(f"The scenario is {name!r}; it must be one of {', '.join(SCENARIOS)}.")
    return SCENARIOS[name](np.random.default_rng(seed), **options)
