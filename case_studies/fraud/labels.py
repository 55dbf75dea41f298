"""Late labels: what a training set made today believes, and what can be done about it.

A payment that nobody has reported yet looks honest. Three policies: take labels as seen; wait until they have
matured and learn from older payments only; or weigh each known fraud by how many of its age are still unreported.
"""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from case_studies.fraud.data import DAY, FraudError, labels_as_of
from case_studies.kit import DelayCurve, TrainingLabels
from notebook_runner.errors import require_one_of

LabelPolicy = Literal["as seen", "matured", "reweighted"]
MATURE_DAYS = 45
"""After so many days nearly every chargeback has arrived."""
WAIT_DAYS = 28
"""How old a payment must be before the policy "matured" learns from it."""
LEAST_SHARE = 0.2
"""Payments so young that fewer of their frauds are known teach only that everybody is honest: they are left out."""


def delay_curve(time: pd.Series, truth: pd.DataFrame, now: pd.Timestamp, mature_days: int = MATURE_DAYS) -> DelayCurve:
    """The curve of the frauds that are at least `mature_days` old at `now` and known by then."""
    old = (now - time >= mature_days * DAY).to_numpy() & labels_as_of(truth, now)
    delay = truth["label_time"].to_numpy()[old] - time.to_numpy()[old]
    return DelayCurve.of(delay, f"frauds {mature_days} days old on {now:%Y-%m-%d}")


def training_labels(time: pd.Series, truth: pd.DataFrame, now: pd.Timestamp, policy: LabelPolicy) -> TrainingLabels:
    """What may be learned at `now` under `policy`. Only reports that have arrived by then are looked at."""
    require_one_of("The label policy", policy, get_args(LabelPolicy), FraudError)
    label, age_days = labels_as_of(truth, now), ((now - time) / DAY).to_numpy()
    use, weight = age_days > 0, np.ones(len(label))
    if policy == "matured":
        use &= age_days >= WAIT_DAYS
    elif policy == "reweighted":
        share = delay_curve(time, truth, now).share_reported(age_days)
        use &= share >= LEAST_SHARE
        weight[use & label] = 1 / share[use & label]
    return TrainingLabels(use, label, weight)
