"""What the tests of all case studies ask of this one, see `test_contract`: a small stream and a run trained on it."""

from dataclasses import replace
from functools import cache

import numpy as np

from case_studies.assistant import data, incident
from case_studies.assistant import train as training
from case_studies.assistant.data import DAY
from case_studies.assistant.features import FEATURES
from case_studies.assistant.models import fit_release
from case_studies.kit.stream_times import between

DAYS, TEST_DAYS = 49, 7
ID = "question_id"
SMALL = """
live_questions, incident_weeks = 40, 1
"""
CHOICES = {
    "decision-answers": ("your_refuse_below, your_cache_hours = 0.5, 0", "from 0.50, kept 0 h"),
    "decision-operations": ("your_refresh_days, your_rollback, your_anchors = 7, 'release', True", "every 7 days"),
}


@cache
def stream():
    return data.load_desk(np.random.default_rng(0), DAYS, questions_a_day=110)


def release_day():
    return stream().questions["time"].iloc[0].normalize() + (DAYS - TEST_DAYS) * DAY


@cache
def prepared():
    """The release of the tests, and what both searches found before it."""
    rng, now = np.random.default_rng(0), release_day()
    fitted, found = training.prepared(stream(), now, rng)
    return fit_release(stream(), found, fitted.vectors, now), found


def train(run):
    training.train(run, stream(), np.random.default_rng(0), test_days=TEST_DAYS)


def noise(run):
    """As `train`, where each question may mean any other."""
    truth = stream().truth
    dealt = truth.sample(frac=1, random_state=1).set_axis(truth.index)
    training.train(run, replace(stream(), truth=dealt), np.random.default_rng(0), test_days=TEST_DAYS)


def asked(number):
    """The questions of day `number` after the release."""
    date = release_day() + number * DAY
    return stream().questions[between(stream().questions["time"], date, date + DAY)]


@cache
def features():
    """What is found on the first four days after the release, by its index and one cache."""
    rows = stream().questions
    release = prepared()[0]
    return release.search(rows[between(rows["time"], release_day(), release_day() + 4 * DAY)])


@cache
def day(number):
    date, questions = release_day() + number * DAY, asked(number)
    reports = data.report_messages(stream(), date, date + DAY)
    return data.messages(questions), reports, features().loc[questions["question_id"], list(FEATURES)]


def spoiled(release):
    return release.with_index(stream().documents, release.built, lag_days=incident.MONTH)


def model_call(release, rows, request):
    """The judge alone on the passage of a request: `benchmarks/services.py` compares the request with it."""
    return release.score(rows.assign(asked=1))
