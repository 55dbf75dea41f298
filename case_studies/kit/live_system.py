"""A live system, a day at a step: releases go out, a monitor looks at each day, a policy says what its alerts lead to.

A bad release does its harm twice: by what it decides, and by what it writes into the state that later features,
thresholds and training sets are computed from. So a rollback may reach the release alone, or the state too. Late
labels show everybody in the end what went wrong, whatever was done until then: a comparison of policies in which one
alone learned it would compare the learning.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Protocol, TypeVar, get_args

import numpy as np

from mlsd_lib.simulation.errors import SimulationError

if TYPE_CHECKING:
    import pandas as pd

Rollback = Literal["release and state", "release", "wait for labels"]
"""What is done when the monitor rings: take the release back, with or without what it left behind; or nothing."""
ACT_BEYOND = 2.0
"""A rollback takes an alert this many times beyond its threshold; a smaller one is a ticket for tomorrow."""
Release = TypeVar("Release")


class Alert(Protocol):
    """One metric beyond its threshold."""

    @property
    def metric(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def threshold(self) -> float: ...


AlertT = TypeVar("AlertT", bound=Alert)


class Monitor(Protocol):
    """What looks at a day's table and says what is beyond normal."""

    def observe(self, window: "pd.DataFrame", t: float) -> Sequence[Alert]: ...


class Spoiled(NamedTuple):
    """That a release has left something wrong in the state: since which day, and what was in charge before."""

    day: int
    release: Any
    monitor: Monitor


def acting(alerts: Sequence[AlertT], beyond: float = ACT_BEYOND) -> list[AlertT]:
    """The alerts that are far enough beyond their thresholds to act on at once; with `beyond` 1 all of them."""
    return [alert for alert in alerts if alert.value > beyond * alert.threshold]


class LiveSystem(ABC, Generic[Release]):
    """A system with a release in charge and a monitor that watches it.

    `days` holds one record a day: the figures of the case, and `alerts`, `acting` (names of metrics), `spoiled`
    (whether a spoiling release decided) and `rollbacks`. `saved_eur`, which every case reports, is less the price of
    the day's rollback.
    """

    noticed_days = 10
    """After so many days labels show everybody what a bad release left behind."""
    rollback_cost_eur = 400.0
    """Eight hours of engineers: a rollback, and the search for its cause, whether the alarm was right or false."""

    def __init__(self, release: Release, monitor: Monitor):
        self.release, self.monitor = release, monitor
        self.act_beyond = ACT_BEYOND
        self.days: list[dict[str, Any]] = []
        self.earlier: list[tuple[Release, Monitor]] = []
        self.spoiled: Spoiled | None = None

    @abstractmethod
    def live_day(self, arrivals: Any) -> tuple["pd.DataFrame", Mapping[str, Any]]:
        """Decides and records one day; the table that the monitor looks at, and the day's figures."""

    @abstractmethod
    def spoils(self, release: Release) -> bool:
        """Whether a release leaves something wrong in the state."""

    @abstractmethod
    def restore_state(self, day: int) -> None:
        """Derives again, rightly, whatever was derived from what came since live day `day`, the first being 0."""

    def deploy(self, release: Release, monitor: Monitor | None = None) -> None:
        """Puts a release in charge, with a monitor of its own if one is given, keeping what was there before."""
        self.earlier.append((self.release, self.monitor))
        self.release, self.monitor = release, monitor or self.monitor
        if self.spoiled is None and self.spoils(release):
            self.spoiled = Spoiled(len(self.days), *self.earlier[-1])

    def day(self, arrivals: Any, rollback: Rollback = "release and state") -> dict[str, Any]:
        """Lives one day and does what the alerts lead to; its record. Raises `SimulationError` for another policy."""
        if rollback not in get_args(Rollback):
            raise SimulationError(f"rollback is {rollback!r}; it must be one of {', '.join(get_args(Rollback))}.")
        decided_by = self.release
        window, figures = self.live_day(arrivals)
        alerts = self.monitor.observe(window, t=float(len(self.days)))
        acted_on = acting(alerts, self.act_beyond)
        rolled_back = self._roll_back_perhaps(bool(acted_on), rollback)
        record = {
            **figures,
            "saved_eur": figures["saved_eur"] - self.rollback_cost_eur * rolled_back,
            "alerts": [alert.metric for alert in alerts],
            "acting": [alert.metric for alert in acted_on],
            "spoiled": self.spoils(decided_by),
            "rollbacks": int(rolled_back),
        }
        self.days.append(record)
        return record

    def _roll_back_perhaps(self, alarmed: bool, rollback: Rollback) -> bool:
        """Goes back to the release before if the policy and an alarm, true or false, ask for it; whether it did.

        Once labels have shown what was spoiled, every policy ends alike: the state is restored, and the last release
        that had not learned from it is in charge again.
        """
        if self.spoiled is not None and len(self.days) + 1 - self.spoiled.day >= self.noticed_days:
            self.release, self.monitor = self.spoiled.release, self.spoiled.monitor
            self._restore()
            return True
        if rollback == "wait for labels" or not alarmed or not self.earlier:
            return False
        self.release, self.monitor = self.earlier.pop()
        if rollback == "release and state":
            self._restore()
        return True

    def _restore(self) -> None:
        if self.spoiled is not None:
            self.restore_state(self.spoiled.day)
            self.spoiled = None


def write_days(system: LiveSystem[Any], path: Path) -> None:
    """Writes the case and the days that it has lived into a JSON file."""
    case = type(system).__module__.split(".")[-2]
    plain = {"case": case, "days": system.days}
    text = json.dumps(plain, default=lambda value: value.item() if isinstance(value, np.generic) else str(value))
    path.write_text(text, encoding="utf-8")


def weekly(days: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """The days' records summed by week: figures, days with alerts, with acting alerts, spoiled; rollbacks.

    Where a case reports what was `at_stake_eur`, `lost_eur` is what of it was not saved.
    """
    import pandas as pd

    table = pd.DataFrame(list(days))
    for column in ("alerts", "acting"):
        table[column] = table[column].map(len) > 0
    if "at_stake_eur" in table:
        table["lost_eur"] = table["at_stake_eur"] - table["saved_eur"]
    numbers = table.select_dtypes(["number", "bool"])
    return numbers.groupby(np.arange(len(table)) // 7).sum().rename_axis("week")
