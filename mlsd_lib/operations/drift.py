"""How far the values of a window are from those of a reference: one number for each question.

A distance is not an alarm. When it is large enough to wake somebody is decided in `monitor.py`, from clean windows.
"""

import numpy as np
import pandas as pd

from mlsd_lib.operations.errors import OperationsError

PSEUDO_COUNT = 0.5


class Bins:
    """`bins` intervals with equal shares of `reference`, (n,), for the index of many samples against it; see `psi`."""

    def __init__(self, reference: np.ndarray, bins: int = 10):
        reference = _present(reference, "reference")
        self.edges = np.unique(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]))
        self.counts = self._counted(reference)

    def psi(self, current: np.ndarray) -> float:
        """The index of `current`, (m,), against the reference."""
        return _divergence(self.counts, self._counted(_present(current, "current")))

    def _counted(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(np.searchsorted(self.edges, values), minlength=len(self.edges) + 1)


def psi(reference: np.ndarray, current: np.ndarray, bins: int = 10) -> float:
    """The population stability index of two samples of numbers: 0 for equal shares, without upper limit.

    `bins` intervals hold equal shares of `reference`, fewer where it has ties. Missing values are left out; see
    `null_share`. Without drift the index is about (bins - 1) (1 / n + 1 / m) for n and m values, so a fixed limit
    such as .1 means nothing without the sizes. Raises `OperationsError` where a sample has no values.

    Source: N. Siddiqi, Credit Risk Scorecards (2006); the symmetric divergence of S. Kullback and R. Leibler (1951);
    its expectation: B. Yurdakul, Statistical Properties of Population Stability Index (2018).
    """
    return Bins(reference, bins).psi(current)


class Categories:
    """How often each category came in `reference`, for the index of many samples against it; see `category_psi`."""

    def __init__(self, reference: pd.Series):
        self.counts = _occurrences(reference, "reference")

    def psi(self, current: pd.Series) -> float:
        """The index of `current` against the reference."""
        reference, found = self.counts.align(_occurrences(current, "current"), fill_value=0)
        return _divergence(reference.to_numpy(), found.to_numpy())


def category_psi(reference: pd.Series, current: pd.Series) -> float:
    """The stability index over categories; one that is new, or gone, counts like any other. See `psi`."""
    return Categories(reference).psi(current)


def null_share(values: pd.Series) -> float:
    """The share of missing values, 0 to 1; 0 for an empty sample."""
    return float(pd.isna(values.array).mean()) if len(values) else 0.0


def _divergence(reference: np.ndarray, current: np.ndarray) -> float:
    """Sum of (p - q) log(p / q) over shares from counts.

    Half a count is added to each cell (the Jeffreys prior of a multinomial): a cell that is empty on one side would
    otherwise give infinity, and a fixed small share instead would weigh the more, the larger the sample is.
    """
    p, q = ((counts + PSEUDO_COUNT) / (counts + PSEUDO_COUNT).sum() for counts in (reference, current))
    return float(((p - q) * np.log(p / q)).sum())


def _occurrences(values: pd.Series, name: str) -> pd.Series:
    counts = pd.Series(values).dropna().value_counts()
    if counts.empty:
        raise OperationsError(f"The {name} has no values. Look at its null share first.")
    return counts


def _present(values: np.ndarray, name: str) -> np.ndarray:
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if len(numbers) == 0:
        raise OperationsError(f"The {name} has no values. Look at its null share first.")
    return numbers
