"""Clients that ask again: what they count, and a server that goes on to work for who has gone."""

import sys

import numpy as np
import pytest

from lessons.reliability_and_cost.retrying import ask_with_retries
from mlsd_lib.serving import ServerProcess, ServingError

WORKER = [sys.executable, "-m", "lessons.reliability_and_cost.steady_worker", "{port}"]


def asked(due, timeout_s, retries, *options):
    with ServerProcess([*WORKER, *map(str, options)]) as server:
        return ask_with_retries(server.url + "/predict", np.array(due), timeout_s, retries, most_s=30.0)


def test_who_is_answered_in_time_asks_once():
    answers = asked(np.linspace(0, 0.5, 20), 10.0, 3, "--work-ms", 1)
    assert answers.sent.tolist() == [1] * 20
    assert (answers.latency_s > 0.001).all()
    assert answers.for_nobody.tolist() == [False] * 20
    assert (np.diff(answers.answered_s) >= 0).all()


def test_who_waits_in_vain_asks_again_and_the_server_works_for_nobody():
    answers = asked([0.0, 0.01], 0.1, 2, "--work-ms", 2_000)
    assert np.isnan(answers.latency_s).all()
    assert answers.sent.tolist() == [3, 3]


def test_a_refusal_counts_as_an_attempt():
    answers = asked(np.zeros(12), 5.0, 0, "--work-ms", 300, "--queue-limit", 2)
    assert answers.sent.tolist() == [1] * 12
    assert 0 < np.isnan(answers.latency_s).sum() < 12


def test_an_answer_after_its_client_gave_up_counts_as_work_for_nobody():
    answers = asked([0.0, 6.0], 0.3, 0, "--work-ms", 1_500)  # the second one only keeps the clients up
    assert answers.for_nobody.tolist() == [True]
    assert np.isnan(answers.latency_s).all()


def test_other_machines_are_not_loaded():
    with pytest.raises(ServingError, match="only this machine"):
        ask_with_retries("http://192.0.2.1/predict", np.zeros(1), 1.0, 0)
