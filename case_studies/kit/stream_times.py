"""Times of a stream: which of them lie between two moments, where its days end, whether they are enough."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


def between(time: "pd.Series", first: "pd.Timestamp", end: "pd.Timestamp") -> np.ndarray:
    """Which times lie from `first` until before `end`, (n,) of bool."""
    return ((time >= first) & (time < end)).to_numpy()


def microseconds_of(time: "pd.Series") -> np.ndarray:
    """Microseconds since 1970, (n,) of integers."""
    return time.to_numpy().astype("datetime64[us]").astype(np.int64)


def midnight_after(time: "pd.Series") -> "pd.Timestamp":
    """The midnight after the last of some times in order."""
    import pandas as pd

    return time.iloc[-1].normalize() + pd.Timedelta(days=1)


def require_days(what: str, days: int, needed: Mapping[str, int], error: type[CourseError]) -> None:
    """Raises `error` where `what` holds fewer `days` than a release needs: by what they are for, "to learn from"."""
    if days < sum(needed.values()):
        parts = ", ".join(f"{count} {purpose}" for purpose, count in needed.items())
        raise error(
            f"{what} holds {days} days; a release with its test needs {sum(needed.values())}: {parts}. "
            "Give a longer stream, or fewer days of test."
        )
