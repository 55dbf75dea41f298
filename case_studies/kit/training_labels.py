"""What a training set may believe: which rows, with which labels and weights, where labels come late or not at all."""

from dataclasses import dataclass

import numpy as np

from mlsd_lib.modeling.errors import ModelingError

LEAST_DELAYS = 50


@dataclass(frozen=True)
class TrainingLabels:
    """Which rows to learn from, and for those the labels and weights, all (n,) over the whole table."""

    use: np.ndarray
    label: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class DelayCurve:
    """The share of positives whose label has come within an age, from the delays, in days, of a matured cohort."""

    delays_days: np.ndarray

    def share_reported(self, age_days: np.ndarray) -> np.ndarray:
        """The share, 0 to 1, of positives whose label is known at each age."""
        return np.searchsorted(np.sort(self.delays_days), age_days) / len(self.delays_days)

    @classmethod
    def of(cls, delay: np.ndarray, cohort: str) -> "DelayCurve":
        """The curve of `delay`, (n,) of timedelta64; raises `ModelingError` for a `cohort` of fewer than 50."""
        if len(delay) < LEAST_DELAYS:
            raise ModelingError(
                f"Only {len(delay)} labels of {cohort} are known; a delay curve needs {LEAST_DELAYS}. "
                "Give a longer history, or use labels as they are seen."
            )
        return cls(delay / np.timedelta64(1, "D"))
