"""Decisions under a capacity: a day has so many places, for reviews, offers or alarms, and they go first come, first
served, since nobody can wait for the evening to hear whether worse ones came."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def filling_value(value: np.ndarray, places: int) -> float:
    """The value that the `places` largest of `value`, (n,), reach: what the last place is worth."""
    return float(np.sort(value)[-min(places, len(value))])


def first_come(time: "pd.Series", wanted: np.ndarray, per_day: int) -> np.ndarray:
    """Which of the `wanted` rows, (n,) of bool, get one of the `per_day` places of their day, in their order."""
    import pandas as pd

    asked = pd.Series(wanted, index=time.index)
    return (asked & (asked.groupby(time.dt.normalize()).cumsum() <= per_day)).to_numpy()
