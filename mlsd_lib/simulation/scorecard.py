"""One page about one run: what was promised and kept, what it cost, the first violated minute and its cause."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.record import BIN_S, SUMS, Ended, Record
from mlsd_lib.simulation.scenario import Scenario
from mlsd_lib.simulation.steady_state import Steady, after_warm_up, steady_percentile

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MINUTE_S = 60.0
STORM = 1.3
"""From so many attempts a request on, retries are named as a cause."""


def shown(figure: float) -> str:
    """A figure as it is printed: counts, which are whole, and thousands without decimals."""
    return f"{figure:,.0f}" if isinstance(figure, int) or abs(figure) >= 1_000 else f"{figure:,.2f}"


@dataclass(frozen=True)
class Scorecard:
    """What a `record` of `scenario` under `design` comes to.

    A good answer is a full one, from a replica or rightly from the cache, within the level's time. Costs are of the
    story's own time.
    """

    design: Design
    scenario: Scenario
    record: Record

    @cached_property
    def full(self) -> np.ndarray:
        """Which requests got a full answer, in time or not, (n,) of bool."""
        return self.record.ended <= Ended.CACHED

    @cached_property
    def good(self) -> np.ndarray:
        """Which requests got a good answer, (n,) of bool."""
        return self.full & (self.record.latency_s <= self.scenario.level.within_s)

    @property
    def _full_ms(self) -> np.ndarray:
        return 1e3 * self.record.latency_s[self.full]

    @cached_property
    def minutes(self) -> "pd.DataFrame":
        """A row a minute of the story: `requests` that arrived, the shares `good` and `full`, `p99_ms` of the full."""
        import pandas as pd

        minute = (self.scenario.arrived // MINUTE_S).astype(int)
        frame = pd.DataFrame({"good": self.good, "full": self.full, "ms": 1e3 * self.record.latency_s})
        by_minute = frame.groupby(minute)
        table = pd.DataFrame(
            {"requests": by_minute.size(), "good": by_minute["good"].mean(), "full": by_minute["full"].mean()}
        )
        p99_ms = frame["ms"][self.full].groupby(minute[self.full]).quantile(0.99)
        return table.assign(p99_ms=p99_ms).rename_axis("minute")

    @property
    def goodput_per_s(self) -> float:
        """Good answers a second."""
        return float(self.good.sum() / self.scenario.seconds)

    @property
    def cost_eur(self) -> float:
        """What the replicas cost, from their order to their end, and the cache's places, as long as the story lasts."""
        prices, cache = self.scenario.prices, self.design.cache
        hour = prices.spot_hour if self.design.replicas.spot else prices.replica_hour
        store = cache.items * prices.item_hour * self.scenario.seconds / 3_600 if cache else 0.0
        return self.record.total("paid_s") / 3_600 * hour + store

    @cached_property
    def good_by_minute(self) -> np.ndarray:
        """The column `good` of `minutes` at a tenth of its price, by minute, (m,); NaN where nobody came."""
        minute = (self.scenario.arrived // MINUTE_S).astype(int)
        requests, good = np.bincount(minute), np.bincount(minute, weights=self.good)
        return np.divide(good, requests, out=np.full(len(good), np.nan), where=requests > 0)

    @property
    def violated(self) -> list[int]:
        """The minutes below the service level."""
        return [int(number) for number in np.flatnonzero(self.good_by_minute < self.scenario.level.share)]

    @cached_property
    def figures(self) -> dict[str, float]:
        """The page's numbers by their names, units in them; percentiles are of full answers, NaN without any.

        Those of a steady story are of its steady state, those of another one count its start too.
        """
        record, requests, latency = self.record, len(self.record.ended), self._full_ms
        latency = after_warm_up(latency) if self.scenario.steady else latency
        percentile = np.percentile(latency, [50, 95, 99]) if len(latency) else np.full(3, np.nan)
        good = int(self.good.sum())
        counts = np.bincount(record.ended, minlength=len(Ended))
        return {
            "requests": requests,
            "good answers a second": self.goodput_per_s,
            "good, %": 100 * good / requests,
            "from the cache, %": 100 * counts[Ended.CACHED] / requests,
            "outdated, %": 100 * counts[Ended.STALE] / requests,
            "simpler answer, %": 100 * counts[Ended.FALLBACK] / requests,
            "no answer, %": 100 * counts[Ended.FAILED] / requests,
            "p50, ms": percentile[0],
            "p95, ms": percentile[1],
            "p99, ms": percentile[2],
            "attempts a request": record.total("sent") / requests,
            "work for nobody, %": 100 * record.total("wasted_rows") / max(record.total("rows"), 1),
            "replicas busy, %": 100 * record.total("busy_s") / max(record.total("up_s"), 1e-9),
            "replica hours": record.total("paid_s") / 3_600,
            "cost, EUR": self.cost_eur,
            "EUR per million good": 1e6 * self.cost_eur / good if good else math.inf,
            "minutes below the level": len(self.violated),
        }

    @cached_property
    def verdict(self) -> str:
        """The first violated minute and its cause, in words, and whether the system found its way back."""
        level = self.scenario.level
        promise = f"{level.share:.1%} of each minute's requests within {1e3 * level.within_s:g} ms"
        if not self.violated:
            return f"Kept: {promise}, in every minute."
        first = self.violated[0]
        share = self.minutes["good"].loc[first]
        missed = f"Missed first in minute {first} ({share:.1%} good; promised {promise})."
        return f"{missed} {self.cause(first)} {self._after(first)}"

    @property
    def steady_p99(self) -> Steady | None:
        """The 99th percentile of a steady story, ms, with its interval from this one run; none of another story."""
        return steady_percentile(self._full_ms, 99) if self.scenario.steady and self.full.any() else None

    @property
    def tail(self) -> str:
        """That in words, or empty."""
        p99 = self.steady_p99
        return f"p99 in the steady state, 95 % interval from this run: {p99} ms." if p99 else ""

    def _sums(self, first: int, minutes: int = 1) -> dict[str, float]:
        """The timeline's sums over some minutes."""
        bins = int(MINUTE_S / BIN_S)
        rows = self.record.timeline[first * bins : (first + minutes) * bins]
        return dict(zip(SUMS, rows.sum(axis=0), strict=True))

    def cause(self, minute: int) -> str:
        """What was wrong in a minute: the first of the causes below that is there. Its first word tells which."""
        scenario, design, cost = self.scenario, self.design, self.scenario.cost
        start, end = minute * MINUTE_S, (minute + 1) * MINUTE_S
        sums, length = self._sums(minute), min(end, scenario.seconds) - start
        up = sums["up_s"] / length
        capacity = up * cost.rows_per_s(design.batching.most_rows)
        came = float(self.minutes["requests"].loc[minute]) / length
        asked = sums["sent"] / length
        away = design.replicas.start_up_s
        dead = [
            failure
            for failure in scenario.failures
            if failure.at_s < end and failure.at_s + failure.down_s + away > start
        ]
        slow = [spell for spell in scenario.slow if spell.start_s < end and spell.end_s > start]
        if dead:
            return (
                f"Replicas lost: {dead[0].replicas} at {dead[0].at_s:.0f} s, back {dead[0].down_s + away:.0f} s later; "
                f"{up:.1f} were up, for {asked:.0f} attempts a second against a capacity of {capacity:.0f}."
            )
        if slow:
            return (
                f"Batches took {slow[0].factor:g} times as long from {slow[0].start_s:.0f} to {slow[0].end_s:.0f} s: "
                f"{asked:.0f} attempts a second against a capacity of {capacity / slow[0].factor:.0f}."
            )
        if sums["retried"] + sums["hedged"] > (STORM - 1) * came * length and asked > capacity:
            return (
                f"Retries: {came:.0f} requests a second became {asked:.0f} attempts, for a capacity of {capacity:.0f}."
            )
        if asked > capacity:
            starting = (sums["paid_s"] - sums["up_s"]) / length
            also = f"; {starting:.1f} more were paid and still starting" if starting > 0.2 else ""
            had = f"{capacity:.0f} ({up:.1f} replicas up{also})"
            return f"Overload: {asked:.0f} attempts a second against a capacity of {had}."
        alone = float(cost.seconds(design.batching.most_rows)) + design.batching.wait_s
        if alone > scenario.level.within_s:
            return f"Batches: a full one with its wait takes {1e3 * alone:.0f} ms, more than is promised."
        if sums["refused"] > (1 - scenario.level.share) * came * length:
            limit = design.queue.limit
            why = f"the queue's limit of {limit} turned away" if limit else "no replica was up for"
            return f"Refusals: {why} {sums['refused']:.0f} attempts, at {asked / max(capacity, 1e-9):.0%} of capacity."
        outdated = (self.record.ended == Ended.STALE) & (scenario.arrived >= start) & (scenario.arrived < end)
        if outdated.sum() > (1 - scenario.level.share) * came * length:
            return f"Outdated answers: {outdated.sum()} came from the cache after the right one had changed."
        text = f"Bursts: {asked:.0f} attempts a second are {asked / max(capacity, 1e-9):.0%} of capacity on average."
        if design.queue.balancing != "shared":
            text += f" Each replica has its own queue ({design.queue.balancing}): one may be idle while others queue."
        return text

    def _after(self, first: int) -> str:
        """Whether it recovered, and by what it was held where it did not."""
        missed, last = self.violated, int(self.minutes.index[-1])
        if len(missed) == 1:
            return "One minute was missed."
        if missed[-1] < last:
            return f"{len(missed)} minutes were missed, the last of them minute {missed[-1]}."
        since = next(minute for minute in range(last, first - 1, -1) if minute == first or minute - 1 not in missed)
        sums = self._sums(since, last - since + 1)
        came = max(float(self.minutes["requests"].loc[since:last].sum()), 1)
        text = f"From minute {since} it did not recover."
        if sums["sent"] > STORM * came:
            wasted = sums["wasted_rows"] / max(sums["rows"], 1)
            text += f" Each request was sent {sums['sent'] / came:.1f} times, {wasted:.0%} of the work was for nobody."
        return text

    def table(self) -> "pd.DataFrame":
        """The figures, a row each."""
        import pandas as pd

        return pd.DataFrame({"figure": list(self.figures), "value": list(self.figures.values())}).set_index("figure")

    def __str__(self) -> str:
        rows = "\n".join(f"{name:<26}{shown(value):>14}" for name, value in self.figures.items())
        return f"{self.scenario.name}\n{rows}\n{self.verdict} {self.tail}".rstrip()

    def plot(self) -> "Figure":
        """The timeline: requests and good answers, the queue, replicas, latency, over the minutes of the story."""
        from mlsd_lib.lesson.plotting import lines, panels

        time = (np.arange(len(self.record.timeline)) + 0.5) * BIN_S / 60
        columns = dict(zip(SUMS, self.record.timeline.T / BIN_S, strict=True))
        edges = np.arange(len(time) + 1) * BIN_S
        came = np.histogram(self.scenario.arrived, edges)[0] / BIN_S
        good = np.histogram(self.scenario.arrived[self.good], edges)[0] / BIN_S
        axes = panels(rows=4, size=(8, 9), share="x")
        asked = {"requests": came, "attempts": columns["sent"], "good answers": good}
        lines(
            asked, f"{self.scenario.name}: what was asked and what was answered well", "", "a second", at=time,
            ax=axes[0],
        )  # fmt: skip
        lines({"waiting": columns["queue_s"]}, "The queue", "", "requests", at=time, ax=axes[1], labels=False)
        replicas = {"paid": columns["paid_s"], "up": columns["up_s"], "busy": columns["busy_s"]}
        if np.allclose(replicas["paid"], replicas["up"]):
            replicas = {"paid and up": replicas["paid"], "busy": replicas["busy"]}
        lines(replicas, "Replicas", "", "replicas", at=time, ax=axes[2])
        p99_ms = self.minutes["p99_ms"]
        lines(
            {"99th percentile": (p99_ms.index.to_numpy() + 0.5, p99_ms.to_numpy())},
            "Latency of full answers", "minute of the story", "ms",
            ax=axes[3], labels=False, levels={"promised": 1e3 * self.scenario.level.within_s},
        )  # fmt: skip
        return cast("Figure", axes[0].figure)


def scored(design: Design, scenario: Scenario) -> Scorecard:
    """The scorecard of a design in a scenario."""
    from mlsd_lib.simulation.compiled_engine import simulate

    return Scorecard(design, scenario, simulate(design, scenario))
