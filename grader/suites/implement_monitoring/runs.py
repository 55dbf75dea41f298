"""A monitor's run over a stream: what it named on which day, when that was the incident, and what it cost.

The monitor is asked a day at a time, and is given that day alone. No threshold may enter here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from grader.suite_kit.designs import Draw
from grader.suites.implement_monitoring.cases import Cases
from grader.suites.implement_monitoring.world import (
    CATEGORIES,
    DAYS,
    FEATURES,
    INCIDENTS,
    REFERENCE,
    Day,
    feature_of,
    make_stream,
)  # fmt: skip
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ATTENTION_EUR, MOST_NAMES = 150, 3
REASONS = {"score": ("values",), "labels": ("late", "performance")}
OF_FEATURES = ("missing", "values", "frozen")
Named = tuple[str, str]


class Refused(CourseError):
    """Alerts of another form than the task asks for; the message says what to change."""


class Watch(Protocol):
    """A monitor as a run asks it."""

    def fit(self, reference: list[Day]) -> Any: ...
    def observe(self, batch: Day, t: int) -> Any: ...


@dataclass
class Run:
    """A stream under a monitor: `named` by day, (feature, reason) each. `seen`: when the incident can be seen first."""

    draw: Draw
    number: int
    seen: int | None
    named: dict[int, list[Named]] = field(default_factory=dict)

    @property
    def family(self) -> str:
        return self.draw.family

    @property
    def begins(self) -> int:
        """The day on which the incident begins; the number of days where none does."""
        return int(self.draw["begins"]) if self.family in INCIDENTS else DAYS

    @property
    def right(self) -> Named:
        """What an alert must name. Only for an incident."""
        return feature_of(self.draw), INCIDENTS[self.family].reason

    @property
    def false_days(self) -> list[int]:
        """Days with an alert on which nothing was wrong."""
        return [t for t in self.named if t < self.begins]

    @property
    def caught(self) -> int | None:
        """The first day of the incident on which it was named, among few enough others."""
        days = (t for t, all_named in self.named.items() if t >= self.begins and self.right in all_named)
        return next((t for t in days if len({name for name, _ in self.named[t]}) <= MOST_NAMES), None)

    @property
    def in_time(self) -> bool:
        """Whether the incident was named within its days, counted from when it can be seen."""
        return self.caught is not None and self.caught <= (self.seen or 0) + INCIDENTS[self.family].within

    @property
    def cost(self) -> dict[str, float]:
        """EUR: `attention` for each day with an alert until the incident is found, `harm` for each day until then."""
        until = DAYS if self.caught is None else self.caught
        harm = INCIDENTS[self.family].harm_eur * (until - self.begins) if self.family in INCIDENTS else 0
        return {"attention": ATTENTION_EUR * sum(t <= until for t in self.named), "harm": harm}

    def figure(self, feature: str, reason: str) -> tuple[str, np.ndarray]:
        """What such an alert is about: its title, and its value on each day."""
        days = make_stream(self.draw)
        title, values = _figure(days, feature, reason)
        return title, np.array(values, dtype=float)

    def table(self) -> "pd.DataFrame":
        """A row a day with an alert: what was named, and whether that was a false alarm."""
        import pandas as pd

        rows = [(t, name, reason, t < self.begins) for t, some in self.named.items() for name, reason in some]
        return pd.DataFrame(rows, columns=["day", "feature", "reason", "false alarm"])

    def plot(self, feature: str = "", reason: str = "") -> "Figure":
        """A figure of the stream by day, its incident, and the days with an alert; at first the incident's own."""
        from mlsd_lib.lesson import plotting

        feature, reason = (feature, reason) if feature else self.right if self.seen else ("distance_km", "values")
        title, values = self.figure(feature, reason)
        shown: dict[str, Any] = {"each day": (np.arange(DAYS), values)}
        own = [t for t, some in self.named.items() if (feature, reason) in some]
        others = [t for t in self.named if t not in own]
        shown |= {f"alert: {feature}": (np.array(own), values[own])} if own else {}
        shown |= {"another alert": (np.array(others), values[others])} if others else {}
        found = "not named" if self.caught is None else f"named on day {self.caught}"
        moments = {"watched from": REFERENCE} | ({"incident": self.begins} if self.seen else {})
        ax = plotting.lines(
            shown, f"{self.family}: {found if self.seen else f'{len(self.named)} days with an alert'}", "day", title,
            moments=moments, style={"each day": "-"} | dict.fromkeys(list(shown)[1:], "o"), x_range=(0, DAYS),
        )  # fmt: skip
        return cast("Figure", ax.figure)


def _figure(days: list[Day], feature: str, reason: str) -> tuple[str, list[float]]:
    """The title and the values by day of what an alert is about."""
    if reason == "late":
        return "labels that arrived", [len(day["labels"]["late"]) for day in days]
    if reason == "performance":
        errors = [day["labels"]["score"] - day["labels"]["late"] for day in days]
        return "mean squared error on labels", [float(np.mean(one**2)) if len(one) else np.nan for one in errors]
    columns = [day["score"] if feature == "score" else day["rows"][feature] for day in days]
    if reason == "missing":
        return f"share of {feature} missing", [
            float(np.mean([one is None or one != one for one in c])) for c in columns
        ]
    if reason == "frozen":
        before = [columns[0][:0], *columns]
        return f"share of {feature} as on the day before", [
            float(np.mean([one in kept for one in c]))
            for c, kept in zip(columns, ({*one} for one in before), strict=False)
        ]
    if feature in CATEGORIES:
        known = {one for c in columns[:REFERENCE] for one in c}
        return f"share of {feature} unknown before", [float(np.mean([one not in known for one in c])) for c in columns]
    return f"mean of {feature}", [float(np.nanmean(c)) for c in columns]


def watch(make: Callable[[], Watch], draw: Draw, number: int, seen: int | None) -> Run:
    """The stream under a new monitor. Raises `Refused`, and what the monitor raises."""
    days, monitor, run = make_stream(draw), make(), Run(draw, number, seen)
    monitor.fit(days[:REFERENCE])
    for t in range(REFERENCE, DAYS):
        if named := read_alerts(monitor.observe(days[t], t)):
            run.named[t] = named
    return run


def watch_all(make: Callable[[], Watch], cases: Cases) -> list[Run]:
    """All streams, each under a new monitor."""
    return [
        watch(make, draw, number, seen)
        for family, some in cases.draws.items()
        for number, (draw, seen) in enumerate(zip(some, cases.seen[family], strict=True))
    ]


def read_alerts(given: Any) -> list[Named]:
    """The alerts of a day as (feature, reason). Raises `Refused` for what is none."""
    if type(given) not in (list, tuple):
        kind = type(given).__name__
        raise Refused(f"observe gave {kind}; it must return a list of alerts, [] for none. Is a return missing?")
    named = []
    for one in given:
        if type(one) is not dict or not all(type(one.get(key)) is str for key in ("feature", "reason")):
            raise Refused('An alert must be a dictionary with the texts "feature" and "reason". Build one for each.')
        name, reason = one["feature"], one["reason"]
        if name not in FEATURES and name not in REASONS:
            raise Refused(f"{name!r:.40} is no feature; known are {', '.join((*FEATURES, *REASONS))}. Name one.")
        if reason not in (allowed := REASONS.get(name, OF_FEATURES)):
            raise Refused(f"{reason!r:.40} is no reason for {name}; it may be {' or '.join(allowed)}. Name one.")
        named.append((name, reason))
    return list(dict.fromkeys(named))
