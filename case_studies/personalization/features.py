"""What the model sees of a view: how often its visitor looked at each category in the last minutes and the last week.

A page counts once, however many slots it has, and the page that asks counts too: it is the freshest event there is.
`lag` says how old pages must be before they count, which is what a slower pipeline would offer. The service computes
the same by SQL from its own writes; a test compares the two over days of views.
"""

import sqlite3

import numpy as np
import pandas as pd

from mlsd_lib.data import WindowIndex
from mlsd_lib.datasets.personalization_simulator import CATEGORIES

WINDOWS = {"3m": np.timedelta64(3, "m"), "30m": np.timedelta64(30, "m"), "7d": np.timedelta64(7, "D")}
NOW = np.timedelta64(0, "us")
FEATURES = (*(f"viewed_{category}_{name}" for name in WINDOWS for category in range(CATEGORIES)), "position")
WARM_DAYS = 7
"""From when on the longest window is full."""


def features_of(
    views: pd.DataFrame, first: int = 0, lag: np.timedelta64 = NOW, filed: np.ndarray | None = None
) -> pd.DataFrame:
    """One row of `FEATURES` a view, from row `first` on, where a page begins; the rows before it are history.

    `filed`: (n,), the category under which each view was remembered, if not the one looked at.
    """
    category = views["category"].to_numpy() if filed is None else filed
    page, row = np.unique(views["page_id"].to_numpy(), return_index=True)
    visitor, time, category = views["visitor_id"].to_numpy()[row], views["time"].to_numpy()[row], category[row]
    index = WindowIndex(visitor * CATEGORIES + category, time, np.ones(len(row)))
    new, asked = row >= first, views.iloc[first:]
    columns = {}
    for name, window in WINDOWS.items():
        for number in range(CATEGORIES):
            count, _ = index.totals(visitor[new] * CATEGORIES + number, time[new], window, lag)
            columns[f"viewed_{number}_{name}"] = count + ((category[new] == number) & (lag == NOW)).astype(float)
    table = pd.DataFrame(columns).iloc[np.searchsorted(page[new], asked["page_id"])]
    return table.assign(position=asked["position"].to_numpy(float)).set_index(pd.Index(asked["request_id"]))


SPANS_US = [int(window / np.timedelta64(1, "us")) for window in WINDOWS.values()]
VIEWED = f"""
SELECT category, {", ".join(f"SUM(time_us >= :time_us - {span})" for span in SPANS_US)} FROM pages
WHERE visitor_id = :visitor AND time_us >= :time_us - {max(SPANS_US)} AND time_us < :time_us GROUP BY category
"""


def online_features(
    memory: sqlite3.Connection, time_us: int, visitor_id: int, category: int, position: int
) -> np.ndarray:
    """The features of one view, (13,), in the order of `FEATURES`, from the pages before it in the table `pages`."""
    counts = np.zeros((len(WINDOWS), CATEGORIES))
    for number, *sums in memory.execute(VIEWED, {"visitor": visitor_id, "time_us": time_us}):
        counts[:, number] = sums
    counts[:, category] += 1
    return np.append(counts.ravel(), float(position))
