"""The world of the exercise: who asks, what a batch takes, what goes wrong, and what a design comes to in it."""

from functools import cached_property, lru_cache

import numpy as np

from grader.suite_kit.designs import Draw, FailureReason, Outcome, Range, ScenarioFamily
from grader.suites.design_prediction_service import releases
from grader.suites.design_prediction_service.document import EXERCISE, MOST_ITEMS, MOST_REPLICAS, Canary, ServiceDesign
from mlsd_lib.simulation import traces
from mlsd_lib.simulation.record import Record
from mlsd_lib.simulation.scenario import BatchCost, Failure, Level, Prices, Scenario, Slow

RATE = 80.0
"""Requests a second on average, on an ordinary day."""
SECONDS = 300.0
COST = BatchCost(fixed_s=0.03, row_s=0.02, spread=0.3)
LEVEL = Level(within_s=EXERCISE.limit("good_within_ms") / 1e3, share=EXERCISE.limit("ordinary"))
PRICES = Prices(replica_hour=0.40, spot_hour=0.13)
ITEM_HOUR = 2e-5
"""EUR for an hour of one answer's place in the cache."""
LOST = 2
"""Replicas on the host that goes down; spot capacity is taken back whole."""
BIN_S = 5.0
RECOVERED, LONGEST_S = EXERCISE.limit("recovered"), EXERCISE.limit("waits")
AFTER_S = 60.0

FAMILIES = (
    ScenarioFamily("ordinary", "an ordinary day", {"swing": Range(0.2, 0.3)}),
    ScenarioFamily("growth", "growth", {"times": Range(1.55, 1.7, "as many")}),
    ScenarioFamily(
        "pulse", "a threefold pulse",
        {"times": Range(2.85, 3.15, "as many"), "from": Range(90, 140, "s"), "for": Range(50, 70, "s")},
    ),
    ScenarioFamily(
        "slow", "a slow dependency",
        {"times": Range(7, 9, "as long a batch"), "from": Range(90, 140, "s"), "for": Range(25, 35, "s")},
    ),
    ScenarioFamily("crash", "a host lost", {"at": Range(90, 140, "s"), "down": Range(25, 40, "s")}),
    ScenarioFamily(
        "overload", "overload",
        {"times": Range(11, 13, "as many"), "from": Range(80, 110, "s"), "for": Range(80, 100, "s")},
    ),
    ScenarioFamily("bad version", "a bad version", {"extra": Range(0.15, 0.2, "more of the answers bad, as a share")}),
    ScenarioFamily("good version", "a good version"),
)  # fmt: skip


def story(design: ServiceDesign, draw: Draw, traffic: float = 1.0) -> Scenario:
    """What happens to a design's service in a drawn scenario; `traffic` times as many ask as is usual."""
    return _story(draw, traffic, MOST_REPLICAS if design.replicas.spot else LOST)


@lru_cache(maxsize=8)  # those of a scorecard; all of a search for an edge would take a hundred MB
def _story(draw: Draw, traffic: float, lost: int) -> Scenario:
    """The same where a host that goes down takes `lost` replicas with it. Its keys number the questions that come."""
    rng, rate = np.random.default_rng(draw.seed), RATE * traffic
    slow: tuple[Slow, ...] = ()
    failures: tuple[Failure, ...] = ()
    if draw.family == "ordinary":
        edges = [rate * (1 - draw["swing"]), rate * (1 + draw["swing"])]
        arrived = traces.varying(rng, [0, SECONDS / 2, SECONDS], [edges[0], edges[1], edges[0]])
    elif draw.family == "growth":
        arrived = traces.varying(rng, [0, SECONDS / 2, SECONDS], [rate, rate * draw["times"], rate * draw["times"]])
    elif draw.family in ("pulse", "overload"):
        arrived = traces.flash_crowd(rng, rate, SECONDS, draw["from"], draw["for"], draw["times"])
    else:
        arrived = traces.constant(rng, rate, SECONDS)
    if draw.family == "slow":
        slow = (Slow(draw["from"], draw["from"] + draw["for"], draw["times"]),)
    if draw.family == "crash":
        failures = (Failure(draw["at"], lost, draw["down"]),)
    asked, keys = np.unique(traces.zipf_keys(rng, len(arrived), MOST_ITEMS, 0.8), return_inverse=True)
    return Scenario(
        draw.family, arrived, keys, len(asked), SECONDS, COST, slow, failures, LEVEL, PRICES, change_s=600.0,
        seed=draw.seed,
    )  # fmt: skip


def run(design: ServiceDesign, draw: Draw, traffic: float = 1.0) -> Outcome:
    """What a design comes to in a scenario."""
    if draw.family == "bad version":
        return releases.bad_version(design.canary, RATE, draw["extra"], draw.seed)
    if draw.family == "good version":
        return releases.good_version(design.canary, RATE, draw.seed)
    return _served(design.model_copy(update={"canary": Canary()}), draw, traffic)


@lru_cache(maxsize=1024)
def _served(design: ServiceDesign, draw: Draw, traffic: float) -> Outcome:
    """The same where no version is released: the grader's search for an edge and an answer's ask alike."""
    from mlsd_lib.simulation.compiled_engine import simulate

    scenario = story(design, draw, traffic)
    record = simulate(design, scenario)
    served = Served(design, draw, scenario, record)
    return Outcome(served.measures(), served.moments())


class Served:
    """The measures of one run of the service, and the moments at which they went wrong."""

    def __init__(self, design: ServiceDesign, draw: Draw, scenario: Scenario, record: Record) -> None:
        self.design, self.draw, self.scenario, self.record = design, draw, scenario, record
        self.good = (record.ended <= 1) & (record.latency_s <= LEVEL.within_s)
        start = dict(draw.magnitudes).get("from", dict(draw.magnitudes).get("at", 0.0))
        self.start_s = float(start)
        self.end_s = self.start_s + float(dict(draw.magnitudes).get("for", SECONDS))

    def measures(self) -> dict[str, float]:
        """Shares of good answers, the longest wait, the time to recover, the price: see the statement."""
        arrived = self.scenario.arrived
        during = (arrived >= self.start_s) & (arrived < self.end_s)
        around = (arrived >= self.start_s) & (arrived < self.end_s + AFTER_S)
        shares = self._shares(self._bin // round(60 / BIN_S))
        return {
            "worst minute": float(shares.min()),
            "good": float(self.good[around].mean()),
            "good a second": float(self.good[during].sum() / (min(self.end_s, SECONDS) - self.start_s)),
            "longest wait": float(np.percentile(self.record.latency_s, 99.9)),
            "recovery": self._recovery_s(),
            "further attempts": self._further_attempts(),
            "price": self._price(),
        }

    @cached_property
    def _bin(self) -> np.ndarray:
        """In which five seconds of the story each request came."""
        return (self.scenario.arrived // BIN_S).astype(int)

    @cached_property
    def _bins(self) -> np.ndarray:
        """The share of good answers in each five seconds of the story."""
        return self._shares(self._bin)

    def _shares(self, part: np.ndarray) -> np.ndarray:
        """The share of good answers in each part of the story, where `part` says in which each request came."""
        return np.bincount(part, self.good) / np.maximum(np.bincount(part), 1)

    def _recovery_s(self) -> float:
        """Seconds from the end of the disturbance until the share is good, and stays so."""
        late = np.flatnonzero(self._bins < RECOVERED)
        late = late[(late + 1) * BIN_S > self.end_s]
        return float(max(0.0, (late[-1] + 1) * BIN_S - self.end_s)) if len(late) else 0.0

    def _further_attempts(self) -> float:
        """Retries and second requests that were sent, for each request."""
        sent = self.record.total("retried") + self.record.total("hedged") - self.record.total("not_sent")
        return max(sent, 0.0) / len(self.scenario.arrived)

    def _price(self) -> float:
        hour = PRICES.spot_hour if self.design.replicas.spot else PRICES.replica_hour
        cache = self.design.cache
        return self.record.total("paid_s") / SECONDS * hour + (cache.items * ITEM_HOUR if cache else 0.0)

    def moments(self) -> dict[str, FailureReason]:
        """When and why the service fell short, by measure."""
        late = np.flatnonzero(self._bins < RECOVERED)
        when = f"at {late[0] * BIN_S:.0f} s" if len(late) else "in its worst minute"
        cause, detail = self._cause(int(late[0]) if len(late) else 0)
        fell = FailureReason(when, cause, detail)
        longest = int(np.argmax(self.record.latency_s))
        waits = FailureReason(
            f"at {self.scenario.arrived[longest]:.0f} s", self._why_so_long(),
            f"The longest waited {self.record.latency_s[longest]:.1f} s.",
        )  # fmt: skip
        again = FailureReason(f"{self._recovery_s():.0f} s after its end", self._why_so_late())
        figure = f"Callers sent {self._further_attempts():.2f} further attempts for each request."
        further = FailureReason("over the whole scenario", self._why_so_many(), figure)
        paid = self.record.total("paid_s") / SECONDS
        price = FailureReason("over the whole day", f"{paid:.1f} replicas are paid on average, and the cache")
        of = dict.fromkeys(("worst minute", "good", "good a second"), fell)
        return of | {"longest wait": waits, "recovery": again, "further attempts": further, "price": price}

    def _cause(self, place: int) -> tuple[str, str]:
        """Why good answers were lacking in the five seconds of that number: in words, and in figures."""
        sums = dict(zip(_names(), self.record.timeline[place] / BIN_S, strict=True))
        here = self._bin == place
        came = float(here.sum()) / BIN_S
        capacity = sums["up_s"] * COST.rows_per_s(self.design.batching.most_rows)
        figures = f"{came:.0f} requests and {sums['sent']:.0f} attempts a second, {sums['up_s']:.1f} replicas up for "
        figures += f"{capacity:.0f}, {sums['queue_s']:.0f} waiting."
        alone = COST.fixed_s + COST.row_s * self.design.batching.most_rows + self.design.batching.wait_s
        outdated = np.mean(self.record.ended[here] == 2)
        if alone > 0.8 * LEVEL.within_s:
            level_ms = 1e3 * LEVEL.within_s
            return f"a full batch with its wait takes {1e3 * alone:.0f} ms, and the level is {level_ms:.0f} ms", figures
        if outdated > 1 - LEVEL.share and outdated >= np.mean(~self.good[here]) / 2:
            return "the cache gave answers that were no longer right: its ttl_s is too long", figures
        if sums["retried"] + sums["hedged"] > 0.5 * came:
            return "retries and second requests filled the service with attempts that came too late", figures
        if self.design.queue.limit is None and sums["queue_s"] > 30:
            return "the queue has no limit, so all waited until nobody needed the answer", figures
        if self.draw.family == "crash" and (place + 1) * BIN_S > self.start_s:
            if self.design.replicas.spot:
                return "all spot capacity was taken back at once, and nothing else was up", figures
            return "the host that was lost left too few replicas for those who came", figures
        few = "more came than the replicas that were up can answer"
        if sums["queue_s"] > 0.2 * capacity:
            return f"{few}, and the queue was so long that those who were served had waited too long", figures
        return few, figures

    def _why_so_long(self) -> str:
        design = self.design
        if design.timeout_s > LONGEST_S:
            return f"a caller gives an attempt up only after {design.timeout_s:g} s, and holds a connection until then"
        if design.retries.most > 1:
            return f"each of up to {1 + design.retries.most} attempts waits for its timeout and its backoff"
        return f"an attempt of {design.timeout_s:g} s, a backoff and another attempt are longer than a caller may wait"

    def _why_so_many(self) -> str:
        retries = self.design.retries
        if self.record.total("hedged") > self.record.total("retried"):
            return (
                f"a caller without an answer sends a second request after {self.design.hedge_after_s:g} s, at any load"
            )
        if retries.budget is None:
            return (
                f"each caller that is refused or waits too long tries up to {retries.most} times more, and nothing "
                "bounds the retries of all callers together"
            )
        return f"the budget lets callers send {retries.budget:g} retries for each first attempt"

    def _why_so_late(self) -> str:
        if self.design.queue.limit is None:
            return "the queue that had grown meanwhile was still being served, for nobody"
        if self.design.retries.most > 1:
            return "retries of old requests still came on top of new ones"
        return "the service still had too few replicas up, or worked for callers who had given up"


def _names() -> tuple[str, ...]:
    from mlsd_lib.simulation.record import SUMS

    return SUMS
