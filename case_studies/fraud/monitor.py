"""After the release: what a normal day looks like, and what is watched of the days that follow."""

import numpy as np
import pandas as pd

from case_studies.fraud.data import DAY
from case_studies.fraud.models import Release
from case_studies.kit import daily_monitor
from case_studies.kit.stream_times import between
from mlsd_lib.operations.monitor import Monitor

MONITORED = ("amount", "customer_count_7d", "customer_mean_amount_30d", "terminal_count_7d")
"""Terminal risk was tried and dropped: a handful of campaigns moves it for weeks, and every such week rang."""
REFERENCE_DAYS = 28


def window_of(features: pd.DataFrame, score: np.ndarray, value: np.ndarray, threshold: float) -> pd.DataFrame:
    """What the monitor looks at: the monitored features, the score, and what would be reviewed had the day room."""
    return features[list(MONITORED)].assign(score=score, wanted=value >= threshold)


def monitor_of(release: Release, features: pd.DataFrame, time: pd.Series, now: pd.Timestamp) -> Monitor:
    """A monitor of the release that knows the `REFERENCE_DAYS` days before `now` as normal."""
    recent = between(time, now - REFERENCE_DAYS * DAY, now)
    probability, value, _ = release.decide(features[recent], time[recent])
    normal = window_of(features[recent], probability, value, release.threshold)
    return daily_monitor(normal, time[recent].dt.normalize().to_numpy(), MONITORED)
