"""What the tests of all case studies ask of the tiny case."""

from functools import cache

import numpy as np

from case_studies.kit import acting
from case_studies.tiny import data, features, incident, monitor
from case_studies.tiny import train as training

ID = "reading_id"
SMALL = ""
CHOICES = {
    "decision-capacity": ("your_capacity = 3", "3 checks"),
    "decision-operations": ("your_rollback = 'release'", "release"),
}


@cache
def readings():
    return data.load()


@cache
def offline():
    return features.features_of(readings())


def train(run):
    training.train(run, "simulator", np.random.default_rng(0))


def rows(number):
    first = (data.HISTORY_DAYS + number) * 480
    return slice(first, first + 480)


def day(number):
    today = readings()[rows(number)]
    failed = readings()[readings()["failed_at"].dt.normalize() == today["time"].iloc[0].normalize()]
    reports = failed[["reading_id", "machine_id"]].assign(time=failed["failed_at"])
    requests = data.bodies(today[["reading_id", "time", "machine_id", "degrees"]])
    return requests, data.bodies(reports), offline()[rows(number)]


def spoiled(release):
    return incident.spoiled(release)


def watch(release):
    past = slice(960, data.HISTORY_DAYS * 480)  # the first two days have hardly a mean
    fitted = monitor.monitor_of(release, offline()[past], readings()["time"][past])

    def alerts(number, seen):
        window = monitor.window_of(seen[list(features.FEATURES)], seen["score"], release.threshold)
        return acting(fitted.observe(window, t=number))

    return alerts
