"""After the release: what a normal day looks like, and what is watched of the days that follow."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from case_studies.assistant.data import DAY
from case_studies.assistant.models import Release
from case_studies.kit import daily_monitor
from case_studies.kit.stream_times import between
from mlsd_lib.operations.monitor import Monitor

MONITORED = ("likeness", "lead", "overlap", "young")
"""How questions and passages fit, and whether a passage is young. The index of all ages was tried and dropped: popular
documents move it by themselves, and an index of last month by twice its threshold at most."""
YOUNG_DAYS = 21
REFERENCE_DAYS = 28


def window_of(found: pd.DataFrame, score: np.ndarray, threshold: float) -> pd.DataFrame:
    """What the monitor looks at: the monitored features, the judge's score, and what goes to an agent."""
    young = np.where(found["age_days"] < YOUNG_DAYS, "young", "old")
    asked = found[["likeness", "lead", "overlap"]]
    return asked.assign(young=young, score=score, wanted=np.asarray(score) < threshold)


def monitor_of(release: Release, found: Mapping[str, pd.DataFrame], time: pd.Series, now: pd.Timestamp) -> Monitor:
    """A monitor of the release that knows the `REFERENCE_DAYS` days before `now` as normal.

    `found`: what both searches found, see `searched`; `time`: when the questions were asked, (n,).
    """
    recent = between(time, now - REFERENCE_DAYS * DAY, now)
    picked = release.pick({name: table[recent] for name, table in found.items()})
    normal = window_of(picked, release.score(picked), release.policy.threshold)
    return daily_monitor(normal, time[recent].dt.normalize().to_numpy(), MONITORED)
