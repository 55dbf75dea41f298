"""The monitor of a running service: it looks at each day that is over, and /metrics tells what it found.

A release has its monitor in its folder, fitted on the days before it; one without is watched by that of the release
before. A day is one of the requests' own times. What was found is kept in the store, so that a restart forgets nothing.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from prometheus_client.core import GaugeMetricFamily, Metric

from case_studies.kit.decision_store import DAY_US, DecisionStore
from case_studies.kit.live_system import ACT_BEYOND
from case_studies.kit.model_registry import ModelRegistry
from mlsd_lib.serving.batcher import Shed
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd

    from mlsd_lib.operations.monitor import Monitor

FILE = "monitor.npz"
DECISIONS_TO_CLOSE_A_DAY = 5
"""So many decisions of later days say that a day is over; one request from the far future does not."""
OUTCOMES, OUTCOMES_RUNBOOK = (
    "outcomes",
    "Ask the owner of the labels whether they still arrive; train on none until then.",
)
MISSING_OUTCOMES_LIMIT = float(np.log(11)) / ACT_BEYOND
"""The threshold of outcomes that fail to come: it rings where a day has less than an eleventh of the median day."""
NORMAL_DAYS = 28
DAMAGED: dict[str, Any] = {
    "day_us": 0,
    "index": {"monitor": (2.0 * ACT_BEYOND, "Put the run's releases back from a backup, or train again.")},
    "reported": {"no": 0, "yes": 0},
}
"""What is found on a day where the monitor's file or the registry cannot be read."""


def with_monitor(save: Callable[[Path], Any], monitor: "Monitor") -> Callable[[Path], None]:
    """What writes a release into a folder, and its monitor next to it."""

    def write(folder: Path) -> None:
        save(folder)
        monitor.save(folder / FILE)

    return write


class LiveMonitor:
    """A collector for Prometheus: an index a metric, in multiples of its threshold, and which ring.

    `window(version, seen)`: what a monitor looks at, of what a release decided. Days are measured when somebody asks,
    which costs a request nothing; the first day is left out, since a service seldom starts at midnight.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        store: DecisionStore,
        columns: Sequence[str],
        window: Callable[[str, "pd.DataFrame"], "pd.DataFrame"],
    ):
        self.registry, self.store, self.columns, self.window = registry, store, columns, window
        self._monitors: dict[Path, Monitor] = {}
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """The gauges of the last day that is over; none of a service without a monitor, or whose store is busy.

        A monitor that cannot be read rings itself: silence would be taken for good days.
        """
        files = self.store.path.parent.glob(f"{self.store.path.name}*")  # with the log of writes
        yield GaugeMetricFamily("store_bytes", "Size of the memory's files", sum(file.stat().st_size for file in files))
        try:
            days = [] if self.store.busy() else self.days()
        except (CourseError, OSError):
            days = [DAMAGED]
        if not days:
            return
        index = GaugeMetricFamily("monitor_index", "Multiples of the threshold", labels=["metric"])
        alarm = GaugeMetricFamily("monitor_alarm", "1: act at once", labels=["metric", "runbook"])
        for metric, (value, runbook) in days[-1]["index"].items():
            index.add_metric([metric], value)
            alarm.add_metric([metric, runbook], float(value > ACT_BEYOND))
        outcomes = GaugeMetricFamily("monitor_outcomes", "Requests that something became known of", labels=["acted"])
        for acted in ("no", "yes"):
            outcomes.add_metric([acted], days[-1]["reported"][acted])
        yield from (index, alarm, outcomes)
        yield GaugeMetricFamily("monitor_acts_beyond", "Multiples of a threshold that ring", ACT_BEYOND)
        yield GaugeMetricFamily("monitor_day_timestamp_seconds", "The day looked at", days[-1]["day_us"] / 1e6)
        yield GaugeMetricFamily("monitor_days", "Days that were looked at and are remembered", len(days))

    def days(self) -> list[dict[str, Any]]:
        """What was found on each day that is over, oldest first: see `_measured`."""
        with self._lock:  # of two that ask at once, one measures; requests go on meanwhile
            found = [json.loads(text) for (text,) in self._asked("SELECT told FROM watched ORDER BY time_us")]
            for day_us in self._over(found[-1]["day_us"] if found else None):
                measured = self._measured(day_us, found[-NORMAL_DAYS:])
                if measured is not None:
                    with suppress(Shed), self.store.transaction():  # without room it is measured again
                        self.store.insert("watched", [(day_us, json.dumps(measured))])
                    found.append(measured)
        return found

    def _asked(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        with self.store.lock:
            return self.store.connection.execute(query, values).fetchall()

    def _over(self, last_us: int | None) -> list[int]:
        """The days that are over and were not looked at, by their midnight."""
        with self.store.lock:
            now_us = self.store.time_of_newest(DECISIONS_TO_CLOSE_A_DAY)
        if now_us is None:
            return []
        if last_us is None:
            last_us = self._asked("SELECT MIN(time_us) FROM decisions")[0][0] // DAY_US * DAY_US
        query = "SELECT DISTINCT time_us / ? FROM decisions WHERE time_us >= ? AND time_us < ? ORDER BY 1"
        days = self._asked(query, DAY_US, last_us + DAY_US, now_us // DAY_US * DAY_US)
        return [day * DAY_US for (day,) in days]

    def _measured(self, day_us: int, before: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
        """`index`: by metric its multiple of the threshold and the first thing to do; `reported`: of how many requests
        something became known, by whether they were acted on. None where there is no monitor."""
        import pandas as pd

        seen = self.store.decided_between(self.columns, day_us, day_us + DAY_US)
        last = str(seen["release"].iloc[-1])
        monitor = self._monitor(last)
        if monitor is None:
            return None
        decided = [self.window(str(version), rows) for version, rows in seen.groupby("release", sort=False)]
        index = {
            metric: (value / monitor.thresholds[metric], monitor.runbook(metric))
            for metric, value in monitor.measure(pd.concat(decided)).items()
            if metric in monitor.thresholds
        }
        query = "SELECT acted, COUNT(*) FROM reported WHERE time_us >= ? AND time_us < ? GROUP BY acted"
        counted = dict(self._asked(query, day_us, day_us + DAY_US))
        reported = {"no": counted.get(0, 0), "yes": counted.get(1, 0)}
        if before:
            normal = median(sum(day["reported"].values()) for day in before)
            fell = float(np.log((normal + 1) / (sum(reported.values()) + 1)))
            index[OUTCOMES] = (max(fell, 0.0) / MISSING_OUTCOMES_LIMIT, OUTCOMES_RUNBOOK)
        return {"day_us": day_us, "release": last, "decisions": len(seen), "index": index, "reported": reported}

    def _monitor(self, version: str) -> "Monitor | None":
        """The monitor of a release, or of the latest before it that has one."""
        from mlsd_lib.operations.monitor import Monitor

        promoted = [version, *(str(entry["to"]) for entry in reversed(self.registry.history()))]
        for folder in map(self.registry.path, promoted):
            if folder in self._monitors:
                return self._monitors[folder]
            if (folder / FILE).exists():
                return self._monitors.setdefault(folder, Monitor.read(folder / FILE))
        return None
