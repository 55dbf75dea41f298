"""Times of a stream: which of them lie between two moments, and as whole microseconds."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def between(time: "pd.Series", first: "pd.Timestamp", end: "pd.Timestamp") -> np.ndarray:
    """Which times lie from `first` until before `end`, (n,) of bool."""
    return ((time >= first) & (time < end)).to_numpy()


def microseconds_of(time: "pd.Series") -> np.ndarray:
    """Microseconds since 1970, (n,) of integers."""
    return time.to_numpy().astype("datetime64[us]").astype(np.int64)
