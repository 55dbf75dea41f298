"""Percentiles of a queue that has forgotten its start, and whether one run was long enough to tell them.

The interval is by sectioning: pieces of the run vary about the percentile of the whole (S. Asmussen and P. Glynn,
Stochastic Simulation, 2007, III.5). MSER-5 is not used to find the warm-up: of a busy queue's run it keeps the quiet
end, and loses a tenth of the 95th percentile at 95 % load where a fixed cut loses nothing.
"""

import math
from typing import NamedTuple

import numpy as np

WARM_UP = 0.1
"""This share of a run, its beginning, is not counted."""
PIECES = 20
LEAST = 0.95
"""In a run that is long enough the mean of the pieces' percentiles is at least this share of that of the whole."""


class Steady(NamedTuple):
    """A percentile in the steady state, its 95 % interval from one run, and whether the run is `long` enough for both.

    A piece that is short against the queue's memory is all busy or all quiet: pieces then have lower percentiles than
    the whole, which itself is too low as often as not, and the interval is too narrow.
    """

    value: float
    low: float
    high: float
    long: bool

    def __str__(self) -> str:
        short = "" if self.long else "; the run is too short for it, or the queue grows"
        return f"{self.value:,.4g} ({self.low:,.4g} to {self.high:,.4g}{short})"


def after_warm_up(values: np.ndarray) -> np.ndarray:
    """The `values` of one run in order of arrival, (n,), without its beginning."""
    return values[int(WARM_UP * len(values)) :]


def steady_percentile(values: np.ndarray, percent: float) -> Steady:
    """A percentile of `values`, which stand in order of arrival, (n,), after the warm-up and in their unit.

    NaN without values; an interval of NaN for fewer than there are pieces.
    """
    from scipy.special import stdtrit

    counted = after_warm_up(np.asarray(values, dtype=float))
    size = len(counted) // PIECES
    value = float(np.percentile(counted, percent)) if len(counted) else math.nan
    if not size:
        return Steady(value, math.nan, math.nan, long=False)
    pieces = np.percentile(counted[-PIECES * size :].reshape(PIECES, size), percent, axis=1)
    error = math.sqrt(((pieces - value) ** 2).sum() / (PIECES - 1) / PIECES)
    half = float(stdtrit(PIECES - 1, 0.975)) * error
    return Steady(value, value - half, value + half, long=bool(pieces.mean() >= LEAST * value))
