"""Token streams in virtual time: requests with prompts and outputs, a server's settings, when each token came.

Continuous batching: after each step complete streams leave and waiting requests may join (G.-I. Yu and others, Orca,
OSDI 2022). The loop itself is `token_scheduler`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from lessons.serving_language_models import token_scheduler as scheduler
from mlsd_lib.simulation.errors import SimulationError


class StepCost(NamedTuple):
    """A step over n tokens takes fixed_s + max(weights_s, n token_s) + context_s for each token that they look back at.

    All tokens of a step share one reading of the weights, under which their arithmetic hides until it takes longer.
    """

    fixed_s: float = 0.0
    weights_s: float = 0.0
    token_s: float = 0.0
    context_s: float = 0.0

    def seconds(self, tokens: float, context: float = 0.0) -> float:
        """What one step takes, in seconds."""
        return self.fixed_s + max(self.weights_s, tokens * self.token_s) + context * self.context_s


@dataclass(frozen=True)
class Requests:
    """Who asks, (n,) each: when (seconds, sorted), tokens of the prompt and of the output, the tenant (0, 1, ...)."""

    arrived_s: np.ndarray
    prompt: np.ndarray
    output: np.ndarray
    tenant: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        if not len(self.tenant):
            object.__setattr__(self, "tenant", np.zeros(len(self.arrived_s), dtype=np.int64))
        columns = (self.arrived_s, self.prompt, self.output, self.tenant)
        if (
            len({np.shape(column) for column in columns}) != 1
            or np.ndim(self.arrived_s) != 1
            or not len(self.arrived_s)
        ):
            raise SimulationError(
                f"The columns of the requests have the shapes {[np.shape(one) for one in columns]}; each request needs "
                "one entry in all. Draw them together."
            )
        if (np.diff(self.arrived_s) < 0).any() or self.arrived_s[0] < 0:
            raise SimulationError("Requests must be sorted by the time of arrival, from 0 on. Sort all columns alike.")
        if min(self.prompt.min(), self.output.min()) < 1 or self.tenant.min() < 0:
            raise SimulationError(
                f"The shortest prompt has {self.prompt.min()} tokens, the shortest output {self.output.min()}, and the "
                f"first tenant is {self.tenant.min()}; each has 1 token or more, tenants count from 0. Correct them."
            )

    def sped_up(self, factor: float) -> "Requests":
        """The same requests, `factor` times as many a second."""
        return replace(self, arrived_s=self.arrived_s / factor)

    def burst(self, count: int, at_s: float) -> "Requests":
        """The first `count` requests, all of them at `at_s`."""
        return Requests(np.full(count, at_s), *(column[:count] for column in self._columns()[1:]))

    def with_others(self, others: "Requests") -> "Requests":
        """Both together, in the order of arrival."""
        both = [np.concatenate(pair) for pair in zip(self._columns(), others._columns(), strict=True)]
        order = np.argsort(both[0], kind="stable")
        return Requests(*(column[order] for column in both))

    def _columns(self) -> tuple[np.ndarray, ...]:
        return self.arrived_s, self.prompt, self.output, self.tenant


@dataclass(frozen=True)
class Settings:
    """How the server serves.

    At most `slots` requests run at once. `chunk_tokens`: a step computes at most so many tokens, one for each stream
    and the rest for prompts; None: a prompt is computed whole, in a step of its own, while all streams stand still.
    `memory_tokens`: room for keys and values. `reserve_tokens`: an admitted request holds so many from the start; None:
    what it has, one token more a step, and where memory ends the request admitted last is preempted and computed again.
    `fair`: admitted next is the oldest request of the tenant that was charged least, `charge` being the weight of a
    prompt's and of an output's token; `lift`: a tenant that comes back starts at the level of the others (Y. Sheng and
    others, Fairness in Serving Large Language Models, OSDI 2024, algorithm 2).
    """

    slots: int = 64
    chunk_tokens: int | None = 512
    memory_tokens: int = 2**60
    reserve_tokens: int | None = None
    fair: bool = False
    lift: bool = True
    charge: tuple[float, float] = (1.0, 2.0)


@dataclass(frozen=True)
class Streams:
    """What users got. `token_s`: when each token came, request after request; `begins`: where each request begins."""

    requests: Requests
    token_s: np.ndarray
    begins: np.ndarray
    preempted: np.ndarray
    recomputed: int
    peak_tokens: int
    steps: int
    busy_s: float

    @property
    def first_s(self) -> np.ndarray:
        """Seconds from arrival to the first token, (n,)."""
        return self.token_s[self.begins] - self.requests.arrived_s

    @property
    def end_s(self) -> np.ndarray:
        """When the last token came, (n,)."""
        return self.token_s[self.begins + self.requests.output - 1]

    @property
    def per_token_s(self) -> np.ndarray:
        """Seconds between two tokens in the mean of a request, of those with two or more."""
        several = self.requests.output > 1
        span = self.end_s - self.token_s[self.begins]
        return span[several] / (self.requests.output[several] - 1)

    @property
    def gap_s(self) -> np.ndarray:
        """Seconds between two tokens that follow each other in a request, of all requests."""
        gaps = np.diff(self.token_s)
        return np.delete(gaps, self.begins[1:] - 1)


def simulate(requests: Requests, cost: StepCost, settings: Settings = Settings()) -> Streams:
    """What happens to the requests. Raises `SimulationError` for settings that cannot serve them."""
    for fault in _faults(requests, settings):
        raise SimulationError(fault)
    engine = _engine(requests, cost, settings)
    busy_s = scheduler.run(engine)
    counts = engine.counts
    return Streams(
        requests,
        engine.token_s,
        engine.begins,
        engine.preempted,
        recomputed=int(counts[scheduler.RECOMPUTED]),
        peak_tokens=int(counts[scheduler.PEAK]),
        steps=int(counts[scheduler.STEPS]),
        busy_s=float(busy_s),
    )


def capacity_per_s(requests: Requests, cost: StepCost, settings: Settings = Settings()) -> float:
    """Requests a second that are completed while all others wait: the requests, as if all had come at 0 s."""
    waiting = replace(requests, arrived_s=np.zeros(len(requests.arrived_s)))
    return len(requests.arrived_s) / float(simulate(waiting, cost, settings).end_s.max())


def _faults(requests: Requests, settings: Settings) -> Iterator[str]:
    """What cannot be served, and the rule that it breaks."""
    longest = int((requests.prompt + requests.output).max()) - 1  # the last token is never read
    held = settings.reserve_tokens
    if settings.slots < 1:
        yield f"slots is {settings.slots}; at least 1 request must run. Give 1 or more."
    if settings.chunk_tokens is not None and settings.chunk_tokens <= settings.slots:
        yield (
            f"chunk_tokens is {settings.chunk_tokens} and slots {settings.slots}; a step must hold a token for each "
            "stream and one of a prompt, or prompts never end. Give more tokens or fewer slots."
        )
    if held is not None and held < longest:
        yield f"reserve_tokens is {held}, and a request holds {longest}; what is reserved must hold it. Reserve more."
    if settings.memory_tokens < (held or longest):
        yield (
            f"memory_tokens is {settings.memory_tokens}, and a request alone holds {held or longest}; it would never "
            "be admitted. Give more memory or refuse the request before."
        )


def _engine(requests: Requests, cost: StepCost, settings: Settings) -> scheduler.Engine:
    n, tenants = len(requests.arrived_s), int(requests.tenant.max()) + 1
    integers = {name: np.zeros(n, dtype=np.int64) for name in ("cached", "held", "made", "preempted")}
    prompt, output = (np.asarray(tokens, dtype=np.int64) for tokens in (requests.prompt, requests.output))
    counts = np.zeros(scheduler.COUNTS, dtype=np.int64)
    counts[scheduler.LAST_LEFT] = -1
    return scheduler.Engine(
        arrived_s=np.asarray(requests.arrived_s, dtype=float),
        prompt=prompt,
        output=output,
        tenant=np.asarray(requests.tenant, dtype=np.int64),
        begins=np.concatenate([[0], np.cumsum(output)[:-1]]),
        chunk=settings.chunk_tokens or 0,
        memory=settings.memory_tokens,
        reserve=settings.reserve_tokens or 0,
        fair=settings.fair,
        lift=settings.lift,
        cost_s=np.array(cost, dtype=float),
        charge=np.array(settings.charge, dtype=float),
        token_s=np.full(int(output.sum()), np.nan),
        need=prompt.copy(),
        waits=np.zeros(n, dtype=np.bool_),
        charged=np.zeros(n, dtype=np.bool_),
        oldest=np.zeros(tenants, dtype=np.int64),
        counter=np.zeros(tenants),
        running=np.zeros(settings.slots, dtype=np.int64),
        work=np.zeros(settings.slots, dtype=np.int64),
        counts=counts,
        **integers,
    )
