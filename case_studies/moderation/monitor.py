"""After the release: what a normal day looks like, and what is watched of the days that follow."""

import numpy as np
import pandas as pd

from case_studies.kit import daily_monitor
from case_studies.kit.stream_times import between
from case_studies.moderation.data import DAY
from case_studies.moderation.models import Release
from mlsd_lib.operations.monitor import Monitor

MONITORED = ("words", "insult_hits", "scam_hits", "unread", "about_you")
"""What stands in the texts. Authors' histories are left out: a few busy scammers would move them for a week."""
REFERENCE_DAYS = 28


def window_of(features: pd.DataFrame, score: np.ndarray, action: np.ndarray) -> pd.DataFrame:
    """What the monitor looks at: the monitored features, the score, and what is sent to people."""
    return features[list(MONITORED)].assign(score=score, wanted=np.asarray(action) == "review")


def monitor_of(release: Release, features: pd.DataFrame, posts: pd.DataFrame, now: pd.Timestamp) -> Monitor:
    """A monitor of the release that knows the `REFERENCE_DAYS` days before `now` as normal."""
    recent = between(posts["time"], now - REFERENCE_DAYS * DAY, now)
    made = release.decide(features[recent], posts["read"].to_numpy()[recent])
    normal = window_of(features[recent], made.score, made.action)
    return daily_monitor(normal, posts["time"][recent].dt.normalize().to_numpy(), MONITORED)
