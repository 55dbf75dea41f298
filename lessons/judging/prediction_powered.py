"""A mean from few labels and many judgements, with its interval: prediction-powered inference for a mean.

A. N. Angelopoulos et al., Science 382, 2023 (PPI); A. N. Angelopoulos, J. C. Duchi and T. Zrnic, 2023 (PPI++); T. Zrnic
and E. J. Candes, ICML 2024 (labels drawn with unequal chances).
"""

from dataclasses import dataclass

import numpy as np

Z = 1.959964
"""Normal quantile of a 95 % interval."""


@dataclass(frozen=True)
class Estimate:
    """A mean and the half-width of its 95 % interval, in the labels' unit; arrays where there are many repeats."""

    mean: np.ndarray
    half_width: np.ndarray

    def covers(self, truth: float) -> np.ndarray:
        """Whether the interval holds `truth`."""
        return np.abs(self.mean - truth) < self.half_width


def labels_alone(labels: np.ndarray) -> Estimate:
    """The mean of `labels`, shape (..., n), by themselves."""
    return _estimate(labels.mean(axis=-1), labels.var(axis=-1, ddof=1) / labels.shape[-1])


def prediction_powered(
    labels: np.ndarray, judged: np.ndarray, judged_more: np.ndarray, weight: float | np.ndarray | None = None
) -> Estimate:
    """The mean label of all items: the judge's mean on many, corrected by its error on the few that have a label.

    `labels` and `judged`: (..., n), the labelled items, a random sample of all. `judged_more`: (..., N), items without
    a label. `weight` of the judge: 1 is PPI, 0 the labels alone, None the weight with the smallest variance (PPI++).
    """
    n, more = labels.shape[-1], judged_more.shape[-1]
    if weight is None:
        weight = best_weight(labels, judged, judged_more)
    trusted = np.asarray(weight)
    error = labels - trusted[..., None] * judged
    mean = trusted * judged_more.mean(axis=-1) + error.mean(axis=-1)
    variance = trusted**2 * judged_more.var(axis=-1, ddof=1) / more + error.var(axis=-1, ddof=1) / n
    return _estimate(mean, variance)


def best_weight(labels: np.ndarray, judged: np.ndarray, judged_more: np.ndarray) -> np.ndarray:
    """The weight of the judge with the smallest variance of the mean, estimated; shapes as `prediction_powered`."""
    n, more = labels.shape[-1], judged_more.shape[-1]
    centred = judged - judged.mean(axis=-1, keepdims=True)
    covariance = (labels * centred).sum(axis=-1) / (n - 1)
    spread = np.concatenate([judged, judged_more], axis=-1).var(axis=-1, ddof=1)
    return covariance / ((1 + n / more) * spread)


def by_chance_of_label(labels: np.ndarray, asked: np.ndarray, judged: np.ndarray, chance: np.ndarray) -> Estimate:
    """The mean label where each item was `asked` for one with its own known `chance`, independently of the others.

    All arrays are (..., items); `labels` counts only where `asked`. An error of the judge that was found with chance
    one in ten stands for ten.
    """
    corrected = judged + np.where(asked, labels - judged, 0.0) / chance
    return _estimate(corrected.mean(axis=-1), corrected.var(axis=-1, ddof=1) / corrected.shape[-1])


def _estimate(mean: np.ndarray, variance: np.ndarray) -> Estimate:
    return Estimate(mean, Z * np.sqrt(variance))
