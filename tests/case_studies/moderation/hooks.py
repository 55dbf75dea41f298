"""What the tests of all case studies ask of this one, see `test_contract`: a small stream and a run trained on it."""

from dataclasses import replace
from functools import cache

import numpy as np

from case_studies.moderation import data, incident
from case_studies.moderation import train as training
from case_studies.moderation.data import DAY

DAYS, TEST_DAYS, AUTHORS = 58, 14, 300
ID = "post_id"
SMALL = """
live_authors, incident_weeks = 80, 1
"""
CHOICES = {
    "decision-queue": ("your_reviews_per_hour, your_order = 0.5, 'arrival'", "0.5 by arrival"),
    "decision-operations": ("your_labels, your_rollback = 'appeals', 'release'", "appeals"),
}


@cache
def prepared():
    return training.prepared(data.load_posts(np.random.default_rng(0), DAYS, authors=AUTHORS))


def release_day():
    return prepared()[0].posts["time"].iloc[0].normalize() + (DAYS - TEST_DAYS) * DAY


def train(run):
    stream = prepared()[0]
    raw = replace(stream, posts=stream.posts[data.MESSAGE])
    training.train(run, raw, np.random.default_rng(0), test_days=TEST_DAYS)


def noise(run):
    """As `train`, where each text may be anybody's."""
    stream = prepared()[0]
    dealt = stream.posts[data.MESSAGE].assign(text=stream.posts["text"].sample(frac=1, random_state=1).to_numpy())
    training.train(run, replace(stream, posts=dealt), np.random.default_rng(0), test_days=TEST_DAYS)


@cache
def day(number):
    date, (stream, features) = release_day() + number * DAY, prepared()
    rows = data.between(stream.posts["time"], date, date + DAY)
    reports = data.report_messages(stream, date, date + DAY)
    return data.messages(stream.posts[rows]), reports, features[rows]


def spoiled(release):
    return release.with_normaliser(incident.HURRIED)


def model_call(release, rows, request):
    """The model alone on the features of a request: `benchmarks/services.py` compares the request with it."""
    return release.probability(rows.to_numpy(float), [release.normaliser.read(request["text"])])
