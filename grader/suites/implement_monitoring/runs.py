"""A monitor's run over a stream: what it named on which day, when that was an incident, and what it cost.

The monitor is asked a day at a time, and is given that day alone. No threshold may enter here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from grader.suite_kit.answer import kind_of
from grader.suite_kit.designs import Draw
from grader.suite_kit.policies import Refused
from grader.suites.implement_monitoring.cases import EXERCISE
from grader.suites.implement_monitoring.world import (
    BETWEEN,
    CATEGORIES,
    DAYS,
    FEATURES,
    INCIDENTS,
    REFERENCE,
    Day,
    Stream,
    feature_of,
    make_stream,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ATTENTION_EUR = 300
WITHIN_DAYS = {family: int(EXERCISE.limit(f"in time: {family}")) for family in INCIDENTS}  # after the first sign
MOST_NAMES, AFTER = EXERCISE.limit("names"), EXERCISE.limit("after_repair_days")
REASONS = {"score": ("values",), "labels": ("late", "performance")}
OF_FEATURES = ("missing", "values", "frozen")
Named = tuple[str, str]


@dataclass(frozen=True)
class Met:
    """An incident under a monitor. `named`: (feature, reason) by day, of all its stream."""

    draw: Draw
    named: dict[int, list[Named]]

    @property
    def family(self) -> str:
        return self.draw.family

    @property
    def begins(self) -> int:
        return int(self.draw["begins"])

    @property
    def ends(self) -> int:
        """The first day on which it is repaired, or the number of days."""
        return int(self.draw["ends"])

    @property
    def right(self) -> Named:
        """What an alert must name."""
        return feature_of(self.draw), INCIDENTS[self.family].reason

    @property
    def last(self) -> int:
        """The last day on which it is named in time, counted from when it shows: in labels not before a day later."""
        return self.begins + (self.right[0] == "labels") + WITHIN_DAYS[self.family]

    @cached_property
    def caught(self) -> int | None:
        """The first day of the incident on which it was named, among few enough others."""
        days = (t for t in range(self.begins, self.ends) if self.right in self.named.get(t, ()))
        return next((t for t in days if len({name for name, _ in self.named[t]}) <= MOST_NAMES), None)

    @property
    def in_time(self) -> bool:
        return self.caught is not None and self.caught <= self.last

    @property
    def in_week(self) -> bool:
        """Whether it was named before the strong days that come next, where it begins between two of them."""
        return self.caught is not None and self.caught < self.begins + BETWEEN

    @property
    def harm(self) -> float:
        """EUR: each day until it was named."""
        return INCIDENTS[self.family].harm_eur * ((self.ends if self.caught is None else self.caught) - self.begins)


@dataclass
class Run:
    """A stream under a monitor: `named` by day, (feature, reason) each. `number`: the stream's place among all."""

    stream: Stream
    number: int
    named: dict[int, list[Named]] = field(default_factory=dict)

    @property
    def harmless(self) -> str:
        """What is harmless in the stream."""
        return self.stream.harmless.family

    @cached_property
    def met(self) -> list[Met]:
        """Its incidents."""
        return [Met(draw, self.named) for draw in self.stream.incidents]

    @property
    def ordinary(self) -> list[int]:
        """The days on which nothing is wrong, nor was in the week before."""
        return [
            t
            for t in range(REFERENCE, DAYS)
            if not any(incident.begins <= t < incident.ends + AFTER for incident in self.met)
        ]

    @property
    def false_days(self) -> list[int]:
        """Ordinary days with an alert."""
        return [t for t in self.ordinary if t in self.named]

    @property
    def attention(self) -> float:
        """EUR for each day with an alert, ordinary or of an incident that is not found yet."""
        sought = [
            t
            for incident in self.met
            for t in range(incident.begins, incident.ends if incident.caught is None else incident.caught + 1)
        ]
        return ATTENTION_EUR * (len(self.false_days) + sum(t in self.named for t in sought))

    @property
    def cost(self) -> float:
        return self.attention + sum(incident.harm for incident in self.met)

    def figure(self, feature: str, reason: str) -> tuple[str, np.ndarray]:
        """What such an alert is about: its title, and its value on each day."""
        title, values = _figure(days_of(self.stream), feature, reason)
        return title, np.array(values, dtype=float)

    def table(self) -> "pd.DataFrame":
        """A row an alert: what was named, and whether that was a false alarm."""
        import pandas as pd

        rows = [(t, name, why, t in self.false_days) for t, some in self.named.items() for name, why in some]
        return pd.DataFrame(rows, columns=["day", "feature", "reason", "false alarm"])

    def plot(self, feature: str = "", reason: str = "") -> "Figure":
        """A figure of the stream by day, its incidents, the days with an alert; without a name the last incident's."""
        from mlsd_lib.lesson import plotting

        feature, reason = (feature, reason) if feature else self.met[-1].right
        title, values = self.figure(feature, reason)
        shown: dict[str, Any] = {"each day": (np.arange(DAYS), values)}
        own = [t for t, some in self.named.items() if (feature, reason) in some]
        others = [t for t in self.named if t not in own]
        shown |= {f"alert: {feature}": (np.array(own), values[own])} if own else {}
        shown |= {"another alert": (np.array(others), values[others])} if others else {}
        moments = {"watched from": REFERENCE} | {incident.family: incident.begins for incident in self.met}
        moments |= {f"{incident.family} repaired": incident.ends for incident in self.met if incident.ends < DAYS}
        found = ", ".join(
            f"{incident.family} {'not named' if incident.caught is None else f'named on day {incident.caught}'}"
            for incident in self.met
        )
        ax = plotting.lines(
            shown, f"stream {self.number}, {self.harmless}: {found}", "day", title,
            moments=moments, style={"each day": "-"} | dict.fromkeys(list(shown)[1:], "o"), x_range=(0, DAYS),
        )  # fmt: skip
        return cast("Figure", ax.figure)


def _figure(days: list[Day], feature: str, reason: str) -> tuple[str, list[float]]:
    """The title and the values by day of what an alert is about."""
    if reason == "late":
        return "labels that arrived", [len(day["labels"]["late"]) for day in days]
    if reason == "performance":
        errors = [day["labels"]["score"] - day["labels"]["late"] for day in days]
        return "mean squared error on labels", [float(np.mean(error**2)) if len(error) else np.nan for error in errors]
    columns = [day["score"] if feature == "score" else day["rows"][feature] for day in days]
    if reason == "missing":
        return f"share of {feature} missing", [
            float(np.mean([value is None or value != value for value in c])) for c in columns
        ]
    if reason == "frozen":
        before = [columns[0][:0], *columns]
        return f"share of {feature} as on the day before", [
            float(np.mean([value in kept for value in c]))
            for c, kept in zip(columns, ({*column} for column in before), strict=False)
        ]
    if feature in CATEGORIES:
        known = {value for c in columns[:REFERENCE] for value in c}
        return f"share of {feature} unknown before", [
            float(np.mean([value not in known for value in c])) for c in columns
        ]
    return f"mean of {feature}", [float(np.nanmean(c)) for c in columns]


@lru_cache(maxsize=64)
def days_of(stream: Stream) -> list[Day]:
    """The days of a stream, made once a process and only read: a student's code never gets these, but copies."""
    return make_stream(stream)


def watch(make: Callable[[], Any], stream: Stream, number: int, days: list[Day]) -> Run:
    """The stream, which has these `days`, under a new monitor. Raises `Refused`, and what the monitor raises."""
    monitor, run = make(), Run(stream, number)
    monitor.fit(days[:REFERENCE])
    for t in range(REFERENCE, DAYS):
        if named := read_alerts(monitor.observe(days[t], t)):
            run.named[t] = named
    return run


def read_alerts(given: Any) -> list[Named]:
    """The alerts of a day as (feature, reason). Raises `Refused` for what is none."""
    if type(given) not in (list, tuple):
        hint = "Is a return missing?" if given is None else "Give list(...) of it."
        raise Refused(f"observe gave {kind_of(given)}; it must return a list of alerts, [] for none. {hint}")
    named = []
    for alert in given:
        if type(alert) is not dict or not all(type(alert.get(key)) is str for key in ("feature", "reason")):
            raise Refused('An alert must be a dictionary with the texts "feature" and "reason". Build one for each.')
        name, reason = alert["feature"], alert["reason"]
        if name not in FEATURES and name not in REASONS:
            raise Refused(f"{name!r:.40} is no feature; known are {', '.join((*FEATURES, *REASONS))}. Name one.")
        if reason not in (allowed := REASONS.get(name, OF_FEATURES)):
            raise Refused(f"{reason!r:.40} is no reason for {name}; it may be {' or '.join(allowed)}. Name one.")
        named.append((name, reason))
    return list(dict.fromkeys(named))


def false_share(runs: list[Run]) -> float:
    return sum(len(run.false_days) for run in runs) / sum(len(run.ordinary) for run in runs)
