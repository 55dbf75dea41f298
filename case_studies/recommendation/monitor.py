"""After the release: what a normal day looks like, and what is watched of the days that follow."""

from dataclasses import replace

import numpy as np
import pandas as pd

from case_studies.kit import daily_monitor
from case_studies.kit.stream_times import between
from case_studies.recommendation.data import DAY, until
from case_studies.recommendation.features import CANDIDATES, FEATURES, candidate_features
from case_studies.recommendation.models import Release, index_of
from case_studies.recommendation.shopping import ShoppingLog
from mlsd_lib.operations.monitor import Monitor

MONITORED = ("known_page", "own_count")
"""Best sellers, ages and neighbours of the page were tried and dropped: new items and more history move them. How often
the page's item was bought was dropped for whether it was: over ten bins a small shop's days differ too much by chance,
and each metric more raises the thresholds of all.
"""
REFERENCE_DAYS = 28


def window_of(features: np.ndarray, score: np.ndarray, threshold: float) -> pd.DataFrame:
    """What the monitor looks at, a row a visit: whether the household had bought the item of its page, means over the
    candidates, the best score, and whether it reaches the threshold.

    `features` (visits, candidates, features), `score` (visits, candidates).
    """
    column = {name: features[:, :, i] for i, name in enumerate(FEATURES)}
    best = score.max(axis=1)
    return pd.DataFrame(
        {
            "known_page": column["viewed_count"][:, 0] > 0,
            "own_count": column["own_count"].mean(axis=1),
            "score": best,
            "wanted": best >= threshold,
        }
    )


def seen_window(seen: pd.DataFrame, release: Release) -> pd.DataFrame:
    """The same from what a service says that it decided: CANDIDATES rows a visit."""
    features = seen[list(FEATURES)].to_numpy(dtype=float).reshape(-1, CANDIDATES, len(FEATURES))
    return window_of(features, release.score(features), release.threshold)


def monitor_of(release: Release, log: ShoppingLog, now: pd.Timestamp) -> Monitor:
    """A monitor of the release that knows the `REFERENCE_DAYS` days before `now` as normal.

    Their features are computed with an index made before them: one that has learned from these days knows their pages
    too well. Histories go on growing, so it rings on about one clean day in fifteen
    of the week after its release, twice as often as on days like those that it knows; later more often.
    On days of fewer than 60 visits the bad catalogue of `incident` may go unseen.
    """
    first = now - REFERENCE_DAYS * DAY
    visits = log.visits[between(log.visits["time"], first, now)]
    before = replace(release, index=index_of(log, first, release.catalogue))
    _, features = candidate_features(until(log, now), visits, before.index)
    window = window_of(features, before.score(features), release.threshold)
    return daily_monitor(window, visits["time"].dt.normalize().to_numpy(), MONITORED, thin=2)
