"""What the tests of all case studies ask of this one, see `test_contract`: a small stream and a run trained on it."""

from dataclasses import replace
from functools import cache

import numpy as np

from case_studies.fraud import data, features
from case_studies.fraud import train as training
from case_studies.fraud.data import DAY, Adapter

TEST_DAYS = 14
ID = "transaction_id"
SMALL = """
customers, terminals, live_weeks, incident_weeks = 200, 150, 1, 1
"""
CHOICES = {
    "decision-reviews": ("your_reviews_per_day, your_rank_by = 20, 'probability'", "20 by probability"),
    "decision-operations": ("your_labels, your_rollback = 'matured', 'release'", "matured"),
}


@cache
def stream():
    return data.load_payments("simulator", seed=0, days=104, customers=400, terminals=300)


@cache
def stream_features():
    return features.features_of(stream().payments, stream().truth)


def release_day():
    return stream().payments["time"].iloc[0].normalize() + (104 - TEST_DAYS) * DAY


def train(run):
    training.train(run, stream(), np.random.default_rng(0), test_days=TEST_DAYS, names=("logistic",))


def noise(run):
    """As `train`, where any payment may be the fraud."""
    time, truth = stream().payments["time"].to_numpy(), stream().truth
    dealt = np.random.default_rng(1).permutation(len(truth))
    label_time = time + (truth["label_time"].to_numpy() - time)[dealt]
    other = replace(stream(), truth=truth.iloc[dealt].set_axis(truth.index).assign(label_time=label_time))
    training.train(run, other, np.random.default_rng(0), test_days=TEST_DAYS, names=("logistic",))


def rows(number):
    """Positions of the payments of day `number` after the release."""
    return data.day_rows(stream().payments, release_day() + number * DAY)


@cache
def day(number):
    date = release_day() + number * DAY
    reports = data.report_messages(stream(), date, date + DAY)
    messages = data.messages(stream().payments.iloc[rows(number)], Adapter.of())
    return messages, reports, stream_features().iloc[rows(number)]


def spoiled(release):
    return release.with_adapter(Adapter())


def model_call(release, rows, request):
    """The model alone on the features of a request: `benchmarks/services.py` compares the request with it."""
    return release.score(rows)
