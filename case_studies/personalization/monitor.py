"""After the release: what a normal day looks like, and what is watched of the days that follow.

Beside features, score and volume the monitor asks the log whether it can be true. The release is asked again with which
probability it shows what was shown, and that is divided by the logged propensity: an importance weight of the release
against itself, whose mean is 1. Where something behind the model changes the choice, it is not. A policy far from the
logged one would do in theory; over a day its weights are so noisy that the incident hides in them (it was tried).
"""

import numpy as np
import pandas as pd

from case_studies.kit.stream_times import between
from case_studies.personalization.data import DAY
from case_studies.personalization.models import Release, Shown
from mlsd_lib.datasets.personalization_simulator import CATEGORIES, ITEMS
from mlsd_lib.operations.monitor import Monitor

MONITORED = tuple(f"viewed_{category}_30m" for category in range(CATEGORIES))
REFERENCE_DAYS = 28


def window_of(features: pd.DataFrame, shown: Shown) -> pd.DataFrame:
    """What the monitor looks at: features, score, whether the slot went to the best item, the weight of the log.

    Weights are cut at 1, so that slots with too large ones cannot make up for those with too small ones.
    """
    weight = np.minimum(shown.again / shown.propensity, 1.0)
    exploited = shown.propensity > 1.001 / ITEMS
    return features[list(MONITORED)].assign(score=shown.score, wanted=exploited, weight=weight)


def monitor_of(release: Release, features: pd.DataFrame, views: pd.DataFrame, now: pd.Timestamp) -> Monitor:
    """A monitor of the release that knows the `REFERENCE_DAYS` days before `now` as normal."""
    time = views["time"]
    recent = between(time, now - REFERENCE_DAYS * DAY, now)
    known = features[recent]
    normal = window_of(known, release.decide(known, views["page_id"].to_numpy()[recent]))
    clean = [rows for _, rows in normal.groupby(time[recent].dt.normalize().to_numpy())]
    rate = 1 / (len(clean) + 1)
    monitor = Monitor(MONITORED, score="score", flagged="wanted", weights=["weight"], false_alarm_rate=rate)
    return monitor.fit(normal.iloc[::8], clean)
