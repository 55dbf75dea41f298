"""Late labels: what a training set made today believes, and what can be done about it.

A payment that nobody has reported yet looks honest. Three policies: take labels as seen; wait until they have
matured and learn from older payments only; or weigh each known fraud by how many of its age are still unreported.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from case_studies.fraud.data import DAY, FraudError, labels_as_of

LabelPolicy = Literal["as seen", "matured", "reweighted"]
MATURE_DAYS = 45
"""After so many days nearly every chargeback has arrived."""
WAIT_DAYS = 28
"""How old a payment must be before the policy "matured" learns from it."""
LEAST_SHARE = 0.2
"""Payments so young that fewer of their frauds are known teach only that everybody is honest: they are left out."""


@dataclass(frozen=True)
class DelayCurve:
    """The share of frauds reported within an age, from the delays, in days, of a matured cohort."""

    delays_days: np.ndarray

    def share_reported(self, age_days: np.ndarray) -> np.ndarray:
        """The share, 0 to 1, of frauds that are reported at each age."""
        return np.searchsorted(np.sort(self.delays_days), age_days) / len(self.delays_days)


def delay_curve(time: pd.Series, truth: pd.DataFrame, now: pd.Timestamp, mature_days: int = MATURE_DAYS) -> DelayCurve:
    """The curve of the frauds that are at least `mature_days` old at `now` and known by then.

    Raises `FraudError` with fewer than 50 of them.
    """
    old = (now - time >= mature_days * DAY).to_numpy() & labels_as_of(truth, now)
    if old.sum() < 50:
        raise FraudError(
            f"Only {old.sum()} known frauds are {mature_days} days old on {now:%Y-%m-%d}; a delay curve needs 50. "
            "Give a longer history, or use the policy 'as seen'."
        )
    delay = truth["label_time"].to_numpy()[old] - time.to_numpy()[old]
    return DelayCurve(delay / np.timedelta64(1, "D"))


@dataclass(frozen=True)
class TrainingLabels:
    """Which rows to learn from, and for those the labels and weights, all (n,) over the whole table."""

    use: np.ndarray
    label: np.ndarray
    weight: np.ndarray


def training_labels(time: pd.Series, truth: pd.DataFrame, now: pd.Timestamp, policy: LabelPolicy) -> TrainingLabels:
    """What may be learned at `now` under `policy`. Only reports that have arrived by then are looked at."""
    label, age_days = labels_as_of(truth, now), ((now - time) / DAY).to_numpy()
    use, weight = age_days > 0, np.ones(len(label))
    if policy == "matured":
        use &= age_days >= WAIT_DAYS
    elif policy == "reweighted":
        share = delay_curve(time, truth, now).share_reported(age_days)
        use &= share >= LEAST_SHARE
        weight[use & label] = 1 / share[use & label]
    elif policy != "as seen":
        raise FraudError(f"The label policy is {policy!r}; it must be 'as seen', 'matured' or 'reweighted'.")
    return TrainingLabels(use, label, weight)
