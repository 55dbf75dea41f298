"""What the tests of all case studies ask of this one, see `test_contract`: a small fleet and a run trained on it."""

from dataclasses import replace
from functools import cache

import numpy as np

from case_studies.maintenance import data, features
from case_studies.maintenance import train as training
from case_studies.maintenance.data import DAY
from mlsd_lib.datasets.fleet import run_to_failure

HISTORY_DAYS, LIVE_DAYS = 170, 6
ID = "reading_id"
SMALL = """
positions, history_days, live_weeks, incident_weeks = 45, 160, 1, 1
"""
CHOICES = {
    "decision-crew": ("your_crew_per_day, your_rule = 3, 'age'", "3 a day by age"),
    "decision-operations": ("your_labels, your_rollback = 'drop censored', 'release'", "drop censored"),
}


@cache
def fleet():
    return data.load_fleet(seed=0, days=HISTORY_DAYS + LIVE_DAYS, positions=150)


@cache
def fleet_features():
    return features.features_of(fleet().readings)


@cache
def rig():
    return run_to_failure(np.random.default_rng(1), 60)


def release_day():
    return fleet().now - LIVE_DAYS * DAY


def train(run):
    training.train(run, fleet(), rig(), np.random.default_rng(0), now=release_day(), names=("linear",))


def noise(run):
    """As `train`, where the units on the rig end by accident, at any age."""
    units, readings = rig().units, rig().readings
    accident = np.ceil(np.random.default_rng(1).exponential(15, len(units)))
    units = units.assign(life_days=np.minimum(units["life_days"], accident))
    before = readings["age_days"] < readings["unit_id"].map(units["life_days"])
    accidents = replace(rig(), units=units, readings=readings[before].reset_index(drop=True))
    training.train(run, fleet(), accidents, np.random.default_rng(0), now=release_day(), names=("linear",))


def rows(number):
    """Which readings are of day `number` after the release."""
    date = release_day() + number * DAY
    return data.between(fleet().readings["time"], date, date + DAY)


@cache
def day(number):
    date = release_day() + number * DAY
    reports = data.report_messages(fleet(), date, date + DAY)
    return data.messages(fleet().readings[rows(number)]), reports, fleet_features()[rows(number)]


def spoiled(release):
    return release.with_calibration(data.drifting(release_day()))


def model_call(release, rows, request):
    """The model alone on the features of a request: `benchmarks/services.py` compares the request with it."""
    return release.remaining(rows.to_numpy())
