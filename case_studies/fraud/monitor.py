"""After the release: a monitor that knows a normal day, and a rollback that also fixes what a bad release left."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from case_studies.fraud.fitting import DAY, between
from case_studies.fraud.release import Release, registry_of
from case_studies.fraud.state import State
from mlsd_lib.operations import Alert, Monitor

MONITORED = ("amount", "customer_count_7d", "customer_mean_amount_30d", "terminal_count_7d")
"""Terminal risk was tried and dropped: a handful of campaigns moves it for weeks, and every such week rang."""
REFERENCE_DAYS = 28
ACT_BEYOND = 2.0
"""A rollback takes an alert this many times beyond its threshold; a smaller one is a ticket for tomorrow."""

SKEW_TOLERANCE = 1e-6
"""Sums of floats in another order differ by about 1e-10; the smallest real difference, of a cent, is far above."""


def feature_skew(seen: pd.DataFrame, offline: pd.DataFrame) -> float:
    """The largest difference between a feature as the service saw it and as in the offline table, same rows in order.

    Scores would not do: a tree's split may lie between two roundings of one number.
    """
    return float(np.abs(seen[list(offline)].to_numpy() - offline.to_numpy()).max())


def window_of(features: pd.DataFrame, score: np.ndarray, value: np.ndarray, threshold: float) -> pd.DataFrame:
    """What the monitor looks at: the monitored features, the score, and what would be reviewed had the day room."""
    return features[list(MONITORED)].assign(score=score, wanted=value >= threshold)


def monitor_of(release: Release, features: pd.DataFrame, time: pd.Series, now: pd.Timestamp) -> Monitor:
    """A monitor of the release that knows the `REFERENCE_DAYS` days before `now` as normal."""
    recent = between(time, now - REFERENCE_DAYS * DAY, now)
    probability, value, _ = release.decide(features[recent], time[recent])
    normal = window_of(features[recent], probability, value, release.threshold)
    clean = [day for _, day in normal.groupby(time[recent].dt.normalize().to_numpy())]
    monitor = Monitor(MONITORED, score="score", flagged="wanted", false_alarm_rate=1 / (len(clean) + 1))
    return monitor.fit(normal.iloc[::8], clean)  # an eighth of four weeks is reference enough


def acting(alerts: Sequence[Alert], beyond: float = ACT_BEYOND) -> list[Alert]:
    """The alerts that are far enough beyond their thresholds to act on at once; with `beyond` 1 all of them."""
    return [alert for alert in alerts if alert.value > beyond * alert.threshold]


def roll_back(run: Path, reason: str, restore_state: bool = True) -> tuple[str, int]:
    """Takes a run's current release back; its new current one, and how many remembered amounts were read anew.

    A service that runs follows with its next request.
    """
    registry = registry_of(run)
    registry.rollback(reason)
    current = registry.current or ""
    if not restore_state:
        return current, 0
    state = State(run / "state.db")
    try:
        return current, state.parse_again(Release.read(registry.path(current)).adapter)
    finally:
        state.close()
