"""What the tests of all case studies ask of this one, see `test_contract`: a small log and a run trained on it."""

from dataclasses import replace
from functools import cache

import numpy as np

from case_studies.recommendation import data, features, incident
from case_studies.recommendation import train as training
from case_studies.recommendation.data import DAY
from case_studies.recommendation.models import fit_release

TEST_DAYS = 14
ID = "visit_id"
SMALL = """
households, history_days = 150, 75
compared_days, incident_weeks = 7, 1
"""
CHOICES = {
    "decision-slate": ("your_rank_by, your_explore_slots = 'probability', 3", "3 explored, by probability"),
    "decision-operations": ("your_labels, your_rollback = 'unaided', 'release'", "unaided"),
}


@cache
def log():
    return data.load_log("simulator", seed=0, days=90, households=500)


def release_day():
    return data.midnight_after(log()) - TEST_DAYS * DAY


@cache
def release():
    return fit_release(log(), release_day())


def train(run):
    training.train(run, log(), np.random.default_rng(0), test_days=TEST_DAYS, names=("logistic",))


def noise(run):
    """As `train`, where a household buys any item that somebody bought."""
    bought = log().purchases
    other = replace(log(), purchases=bought.assign(item=bought["item"].sample(frac=1, random_state=1).to_numpy()))
    training.train(run, other, np.random.default_rng(0), test_days=TEST_DAYS, names=("logistic",))


@cache
def day(number):
    first = release_day() + number * DAY
    visits = log().visits[data.between(log().visits["time"], first, first + DAY)]
    offline = features.features_of(log().purchases, visits, release().index)
    return data.messages(visits), data.report_messages(log(), first, first + DAY), offline


def spoiled(release):
    return incident.spoiled(release)


def model_call(release, rows, request):
    """The model alone on the features of a request: `benchmarks/services.py` compares the request with it."""
    return release.score(rows.to_numpy())
