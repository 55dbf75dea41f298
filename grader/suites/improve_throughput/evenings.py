"""What happens to a batching policy in virtual time: its scenarios, what is measured and required, what is asked.

The machine is a published one: no mark of a policy depends on the machine that grades it.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from grader.suite_kit.designs import DesignTask, Draw, FailureReason, Outcome, Range, Requirement, ScenarioFamily
from grader.suite_kit.designs.task import required
from grader.suites.improve_throughput.cases import EXERCISE
from grader.suites.improve_throughput.policy import Policy
from mlsd_lib.simulation import traces
from mlsd_lib.simulation.record import Ended
from mlsd_lib.simulation.scenario import BatchCost, Scenario

CURVE = BatchCost(fixed_s=0.016, row_s=0.001, spread=0.1)
P99_MS, PUBLIC_P99_MS = EXERCISE.limit("p99_ms"), EXERCISE.limit("public_p99_ms")
RATE = 125.0  # requests a second on an ordinary evening
SECONDS = 40.0
CROWD_AT_S, LULL_S = 10.0, 0.5  # when a crowd comes; how long after its end the queue may still be longer
COUNTED_S = 5.0  # the core's work counts up to a multiple of this, at least a second after the last request
ASKED, LONGEST_BATCH = 4, 0.5  # situations to foretell; the share of the wait that a batch may take in them
SITUATIONS = {
    "rate": Range(40, 120, "a second", whole=True),
    "rows that come": Range(3, 8, "while the oldest waits"),
    "largest": Range(24, 96, "rows", whole=True),
    "fixed": Range(8, 24, "ms"),
    "row": Range(0.5, 2, "ms"),
}

FAMILIES = (
    ScenarioFamily("steady", "a steady rate", {"rate": Range(118, 135, "a second")}),
    ScenarioFamily("evening", "the rise and fall of an evening", {"mean rate": Range(185, 215, "a second")}),
    ScenarioFamily("crowd", "a flash crowd that can be carried", {"times": Range(3.4, 4.0)}),
    ScenarioFamily("bursts", "visits that draw visits", {"mean rate": Range(145, 165, "a second")}),
    ScenarioFamily("overload", "a crowd that cannot be carried", {"times": Range(10, 13), "lasts": Range(4, 6, "s")}),
)


def scenario(draw: Draw) -> Scenario:
    """The requests of a draw."""
    rng = np.random.default_rng(draw.seed)
    if draw.family == "steady":
        arrived = traces.constant(rng, draw["rate"], SECONDS)
    elif draw.family == "evening":
        arrived = traces.daily_cycle(rng, draw["mean rate"], SECONDS, 0.6, SECONDS)
    elif draw.family == "crowd":
        arrived = traces.flash_crowd(rng, RATE, 30.0, CROWD_AT_S, 6.0, draw["times"])
    elif draw.family == "bursts":
        arrived = traces.self_exciting(rng, draw["mean rate"], SECONDS, 0.7, 1.0)
    else:
        arrived = traces.flash_crowd(rng, RATE, 25.0, CROWD_AT_S, draw["lasts"], draw["times"])
    return plain_scenario(draw.family, arrived, draw.seed)


def plain_scenario(name: str, arrived: np.ndarray, seed: int, cost: BatchCost = CURVE) -> Scenario:
    """Requests at these times, on the published machine unless another `cost` of a batch is given."""
    keys = np.zeros(len(arrived), dtype=np.int64)
    seconds = float(COUNTED_S * np.ceil((arrived[-1] + 1) / COUNTED_S))
    return Scenario(name, arrived, keys, 1, seconds, cost, seed=seed)


class Run:
    """One policy in one scenario. Latencies are in ms, infinite for a request that got no answer."""

    def __init__(self, policy: Policy, story: Scenario) -> None:
        from mlsd_lib.simulation.compiled_engine import simulate  # with numba, for which no import should wait

        self.policy, self.story, self.record = policy, story, simulate(policy.serving, story)
        self.answered = self.record.ended == Ended.ANSWERED
        self.latency_ms = np.where(self.answered, 1e3 * self.record.latency_s, np.inf)
        self.in_time = self.latency_ms <= P99_MS

    def p99_ms(self, chosen: np.ndarray | slice = slice(None)) -> float:
        """The time within which 99 of 100 requests were answered, of all that came."""
        ordered = np.sort(self.latency_ms[chosen])
        return float(ordered[int(np.ceil(0.99 * len(ordered))) - 1])

    @property
    def rows_per_cpu_s(self) -> float:
        """Answers in time for each second in which the core worked."""
        return float(self.in_time.sum() / self.record.total("busy_s"))

    @property
    def rows_a_batch(self) -> float:
        """The mean number of rows in a batch."""
        return self.record.total("rows") / self.record.total("batches")

    def in_system(self) -> float:
        """The mean number of requests that wait or are worked on, counted at many moments, not by Little's law."""
        arrived, left = self.story.arrived, np.sort(self.story.arrived + self.record.latency_s)
        moments = np.linspace(2.0, arrived[-1], 2_000)
        return float((np.searchsorted(arrived, moments) - np.searchsorted(left, moments)).mean())

    def first_missed(self) -> FailureReason:
        """The first second in which more than one request in a hundred took longer than is allowed here, and why."""
        second = self.story.arrived.astype(int)
        came, late = np.bincount(second), np.bincount(second, self.latency_ms > PUBLIC_P99_MS)
        missed = np.flatnonzero(late > 0.01 * np.maximum(came, 1))
        at = int(missed[0]) if len(missed) else 0
        policy, capacity = self.policy, CURVE.rows_per_s(self.policy.largest_batch)
        detail = f"{came[at]} requests came in that second, {late[at]:.0f} were not answered in {PUBLIC_P99_MS:g} ms."
        alone_ms = policy.longest_wait_ms + 1e3 * (CURVE.fixed_s + CURVE.row_s * self.rows_a_batch)
        if came[at] > capacity:
            cause = "more requests came than batches of your largest size carry, and each waited behind all before it"
            detail += f" Full batches of {policy.largest_batch} carry {capacity:.0f} a second."
        elif alone_ms > PUBLIC_P99_MS:
            cause = "a request waits for its batch, and with the batch's own time that is more than is promised"
            detail += f" Wait and batch take {alone_ms:.0f} ms together."
        elif self.record.total("timed_out") > self.record.total("refused"):
            cause = "the deadline ended requests that could have been answered in time"
        elif self.record.total("refused") > 0.01 * len(second):
            cause = "the queue's limit turned requests away that could have been answered in time"
        else:
            cause = "a batch had to wait for the one before it, which was longer than the promise leaves room for"
        return FailureReason(f"second {at}", cause, detail)

    def why_expensive(self) -> FailureReason:
        """Why a CPU second gave few answers in time."""
        late = 1 - self.in_time.sum() / max(self.record.total("rows"), 1)
        detail = f"A batch held {self.rows_a_batch:.1f} rows on average; {late:.0%} of the rows were worked on in vain."
        if late > 0.1:
            return FailureReason(
                "all through", "the core worked for clients that had gone or were answered too late", detail
            )
        return FailureReason(
            "all through", "batches held few rows, and the fixed cost was paid for each of them", detail
        )


def outcome(policy: Policy, draw: Draw) -> Outcome:
    """What a policy comes to in a scenario."""
    run = Run(policy, scenario(draw))
    measures = {"p99_ms": run.p99_ms(), "rows_per_cpu_s": run.rows_per_cpu_s}
    moments = {"p99_ms": run.first_missed(), "rows_per_cpu_s": run.why_expensive()}
    if draw.family == "overload":
        start, end = CROWD_AT_S, CROWD_AT_S + draw["lasts"]
        arrived = run.story.arrived
        inside = (arrived >= start) & (arrived < end)
        measures |= {
            "goodput": float(run.in_time[inside].sum() / draw["lasts"]),
            "after_ms": run.p99_ms(arrived > end + LULL_S),
        }
        moments |= {"goodput": _why_overloaded(run), "after_ms": _why_not_over(run)}
    return Outcome(measures, moments)


def _why_overloaded(run: Run) -> FailureReason:
    policy = run.policy
    detail = f"Full batches of {policy.largest_batch} carry {CURVE.rows_per_s(policy.largest_batch):.0f} a second."
    if policy.queue_limit is None:
        cause = "the queue grew as long as the crowd lasted, so whoever was answered had waited too long"
    else:
        ahead_ms = 1e3 * policy.queue_limit / CURVE.rows_per_s(policy.largest_batch)
        cause = "too few of those who came were answered in time: the queue is too long for them, or batches too small"
        detail += f" The last of {policy.queue_limit} in the queue waits {ahead_ms:.0f} ms for those before it."
    return FailureReason("while the crowd lasted", cause, detail)


def _why_not_over(run: Run) -> FailureReason:
    longest = float(np.max(run.record.latency_s[run.answered], initial=0.0))
    return FailureReason(
        "after the crowd", "those who came after it waited behind the queue that it had left",
        f"The longest wait for an answer was {longest:.1f} s.",
    )  # fmt: skip


CARRIED = ("steady", "evening", "crowd", "bursts")


def _requirements() -> list[Requirement]:
    found = []
    for name in CARRIED:
        found.append(Requirement(f"{name}_p99", "p99_ms", (name,), "at most", ((PUBLIC_P99_MS, 0.0),), "ms"))
        needs = (f"{name}_p99",)
        found.append(required(EXERCISE, name, "rows_per_cpu_s", (name,), "at least", unit="a CPU s", needs=needs))
    run = ("steady",)  # overload is asked of what anybody would run till then
    found.append(required(EXERCISE, "shed", "goodput", ("overload",), "at least", unit="a second", needs=run))
    found.append(Requirement("over", "after_ms", ("overload",), "at most", ((P99_MS, 1.0),), "ms", needs=run))
    return found


TASK = DesignTask(EXERCISE, partial(Policy.of, name="the policy"), FAMILIES, outcome, _requirements()).wider(
    dict.fromkeys(CARRIED, EXERCISE.limit("hidden_room"))
    | dict.fromkeys((f"{name}_p99" for name in CARRIED), P99_MS / PUBLIC_P99_MS - 1)
)


@dataclass(frozen=True)
class Situation:
    """A policy, a machine and a rate, requests a second, of which something is foretold."""

    policy: Policy
    cost: BatchCost
    rate: int
    seed: int

    def told(self) -> tuple[dict[str, Any], dict[str, float], int]:
        """What the student's function is called with."""
        machine = {"fixed_ms": round(1e3 * self.cost.fixed_s, 2), "row_ms": round(1e3 * self.cost.row_s, 2)}
        return self.policy.model_dump(), machine, self.rate

    @cached_property
    def run(self) -> Run:
        """A minute of it."""
        arrived = traces.constant(np.random.default_rng([self.seed, 1]), self.rate, 60.0)
        return Run(self.policy, plain_scenario("ordinary", arrived, self.seed, self.cost))

    def truth(self, family: str) -> float:
        """What is right for a question."""
        if family == "largest_rate":
            return self.cost.rows_per_s(self.policy.largest_batch)
        return self.run.in_system() if family == "in_system" else self.run.rows_a_batch


@lru_cache(maxsize=4)
def draw_situations(seed: int) -> tuple[Situation, ...]:
    """`ASKED` situations in which the oldest row's wait decides when a batch begins, drawn and run once."""
    rng, found = np.random.default_rng([seed, 3]), list[Situation]()
    while len(found) < ASKED:
        drawn = {name: span.draw(rng) for name, span in SITUATIONS.items()}
        rate, wait_ms = int(drawn["rate"]), round(1e3 * drawn["rows that come"] / drawn["rate"])
        cost = BatchCost(round(drawn["fixed"]) / 1e3, round(drawn["row"], 2) / 1e3, CURVE.spread)
        batch_s = cost.fixed_s + cost.row_s * (1 + drawn["rows that come"])
        if batch_s <= LONGEST_BATCH * wait_ms / 1e3:
            policy = Policy(largest_batch=int(drawn["largest"]), longest_wait_ms=wait_ms)
            found.append(Situation(policy, cost, rate, seed + len(found)))
    return tuple(found)


QUESTIONS = {  # by family: the key of its answer, and within what share of the truth it is right
    family: (key, EXERCISE.limit(family))
    for family, key in {"largest_rate": "largest_rate", "in_system": "in_system", "rows": "rows_in_a_batch"}.items()
}
