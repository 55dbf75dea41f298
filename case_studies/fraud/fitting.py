"""A release, fitted as it could have been at a moment: nothing later than that is looked at."""

import numpy as np
import pandas as pd

from case_studies.fraud import models
from case_studies.fraud.data import Adapter, FraudError
from case_studies.fraud.features import HISTORY
from case_studies.fraud.labels import LabelPolicy, training_labels
from case_studies.fraud.policy import ReviewPolicy
from case_studies.fraud.release import Release
from mlsd_lib.datasets.fraud import PaymentStream

TRAIN_DAYS = 48
"""Rows a model learns from: the latest seven weeks, because fraud changes."""
THRESHOLD_DAYS = 7
"""The last week before a release is kept from the model and sets the threshold: scores of its own rows are too sure."""
DAY = pd.Timedelta(days=1)


def fit_release(
    stream: PaymentStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    name: str = "boosted",
    policy: ReviewPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    seed: int = 0,
    adapter: Adapter | None = None,
) -> Release:
    """The release that could be made at `now`: nothing later than that is looked at."""
    policy, time = policy or ReviewPolicy(), stream.payments["time"]
    learned = training_labels(time, stream.truth, now, label_policy)
    rows = learned.use & between(time, max(now - TRAIN_DAYS * DAY, warm(stream)), now - THRESHOLD_DAYS * DAY)
    if not rows.any():
        raise FraudError(
            f"No payment before {now:%Y-%m-%d} has {HISTORY / np.timedelta64(1, 'D'):.0f} days of history and labels "
            "that the policy accepts. Give a longer stream, or the label policy 'as seen'."
        )
    model = models.fit(name, features[rows], learned.label[rows], learned.weight[rows], seed)
    recent = features[between(time, now - THRESHOLD_DAYS * DAY, now)]
    threshold = policy.threshold(models.score(model, recent), recent["amount"].to_numpy(), THRESHOLD_DAYS)
    return Release(name, model, tuple(features), policy, threshold, adapter or Adapter.of())


def warm(stream: PaymentStream) -> pd.Timestamp:
    """From when on the features of a stream have their full history."""
    start = stream.payments["time"].iloc[0].normalize()
    return start + pd.Timedelta(HISTORY) if "customer_id" in stream.payments else start


def between(time: pd.Series, first: pd.Timestamp, end: pd.Timestamp) -> np.ndarray:
    """Which times lie from `first` until before `end`, (n,) of bool."""
    return ((time >= first) & (time < end)).to_numpy()
