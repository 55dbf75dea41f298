"""What each household had bought of which item until a midnight, and what sold lately: from a table, and from SQL.

Two implementations of one definition, for a model that is trained on tables and served from a memory. An item goes by
its place in a catalogue, 0 to `items` - 1; what has another place was not known then, and is left out.
"""

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from case_studies.kit.stream_times import microseconds_of

if TYPE_CHECKING:
    import pandas as pd

HISTORY_DAYS = 90
POPULAR_DAYS = 7
"""How many days before the midnight count: of a household's own purchases, and of what sold lately."""
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class History:
    """What is known of a household at a midnight: the places of the items it bought, ascending, how often, and when
    last (microseconds), (owned,) each; and how often each item was sold lately, (items,)."""

    item: np.ndarray
    count: np.ndarray
    last_us: np.ndarray
    sold: np.ndarray


class Histories:
    """The histories of all households at `midnight`, from a table of purchases with the column `place`."""

    def __init__(self, purchases: "pd.DataFrame", midnight: "pd.Timestamp", items: int):
        time, place = purchases["time"], purchases["place"].to_numpy()
        first, recent, end = (
            int(time.searchsorted(midnight - np.timedelta64(days, "D"))) for days in (HISTORY_DAYS, POPULAR_DAYS, 0)
        )
        sold = place[recent:end]
        self.sold = np.bincount(sold[(sold >= 0) & (sold < items)], minlength=items)
        known = np.flatnonzero((place[first:end] >= 0) & (place[first:end] < items)) + first
        household = purchases["household_id"].to_numpy()[known]
        order = np.argsort(household * items + place[known])  # within an item any order will do
        household, place = household[order], place[known][order]
        time_us = microseconds_of(time)[known][order]
        start = np.flatnonzero(np.r_[True, (np.diff(household) != 0) | (np.diff(place) != 0)][: len(place)])
        self.household, self.item = household[start], place[start]
        self.count = np.diff(np.r_[start, len(place)])
        self.last_us = np.maximum.reduceat(time_us, start) if len(start) else np.empty(0, dtype=np.int64)

    def of(self, household: int) -> History:
        """The history of one household; empty for a stranger."""
        own = slice(*np.searchsorted(self.household, [household, household + 1]))
        return History(self.item[own], self.count[own], self.last_us[own], self.sold)


OWNED = """SELECT item, COUNT(*), MAX(time_us) FROM purchases
WHERE household_id = ? AND time_us >= ? AND time_us < ? AND item >= 0 GROUP BY item ORDER BY item"""
SOLD = "SELECT item, COUNT(*) FROM purchases WHERE time_us >= ? AND time_us < ? AND item >= 0 GROUP BY item"


def remembered_history(memory: sqlite3.Connection, household: int, midnight_us: int, items: int) -> History:
    """The history of a household at a midnight, from the table `purchases` (household_id, time_us, item)."""
    owned = memory.execute(OWNED, (household, midnight_us - HISTORY_DAYS * DAY_US, midnight_us)).fetchall()
    item, count, last_us = np.array(owned, dtype=np.int64).reshape(-1, 3).T
    sold = np.zeros(items, dtype=np.int64)
    for place, times in memory.execute(SOLD, (midnight_us - POPULAR_DAYS * DAY_US, midnight_us)):
        if place < items:
            sold[place] = times
    known = item < items
    return History(item[known], count[known], last_us[known], sold)
