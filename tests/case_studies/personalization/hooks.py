"""What the tests of all case studies ask of this one, see `test_contract`: a small stream and a run trained on it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from case_studies.personalization import data, features, models
from case_studies.personalization import train as training
from case_studies.personalization.data import DAY
from case_studies.personalization.policy import CampaignRule

DAYS, TEST_DAYS = 42, 7
ID = "request_id"
SMALL = """
visitors, history_days, test_days = 45, 28, 7
logs, slots, live_weeks, incident_weeks = 25, 4_000, 1, 1
"""
CHOICES = {
    "decision-explore": ("your_explore = 0.03", "3% explored"),
    "decision-operations": ("your_rollback = 'release'", "release only"),
}


@cache
def stream():
    return data.load("simulator", seed=0, days=DAYS, visitors=60)


@cache
def stream_features():
    return features.features_of(stream().views)


def release_day():
    return data.end_of(stream()) - TEST_DAYS * DAY


def train(run):
    training.train(run, stream(), np.random.default_rng(0), test_days=TEST_DAYS, names=("logistic",))


def noise(run):
    """As `train`, where every visitor clicks on every item alike."""
    truth = replace(stream().truth, chance=np.full_like(stream().truth.chance, 0.05))
    clicked, time = truth.clicked(stream().log["item"].to_numpy()), stream().views["time"]
    late = (time + pd.to_timedelta(truth.delay_s, unit="s")).where(clicked)
    other = replace(stream(), truth=truth, log=stream().log.assign(clicked=clicked, label_time=late))
    training.train(run, other, np.random.default_rng(0), test_days=TEST_DAYS, names=("logistic",))


def rows(number):
    """Positions of the views of day `number` after the release."""
    date = release_day() + number * DAY
    return np.flatnonzero(data.between(stream().views["time"], date, date + DAY))


@cache
def day(number):
    date, here = release_day() + number * DAY, rows(number)
    views, log = stream().views.iloc[here], stream().log.iloc[here]
    return data.messages(views), data.report_messages(views, log, date, date + DAY), stream_features().iloc[here]


def spoiled(release):
    return release.with_rule(CampaignRule(item=5, share=0.9))


def model_call(release, rows, request):
    """The model alone on the features of a request: `benchmarks/services.py` compares the request with it."""
    return models.chances(release.model, rows.to_numpy(float))
