"""The task's signs are what a slow count finds, and its weeks follow each other."""

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.data.fraud_task import fraud_task, terminal_risk
from mlsd_lib.datasets.fraud import load

WEEK = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def stream():
    return load("simulator", seed=3, days=40, customers=120, terminals=40)


def test_terminal_risk_and_payments_of_a_week_are_what_a_slow_count_finds(stream):
    task = fraud_task(stream, warm_up_days=20, learn_days=10)
    payments, reported = task.payments, stream.truth["label_time"].reset_index(drop=True)
    found = task.signs["terminal_risk"].to_numpy()
    asked = [*np.flatnonzero(found)[::20], *np.flatnonzero(task.test)[::300]]
    assert len(asked) > 10
    for row in asked:
        now, there = payments["time"][row], payments["terminal_id"] == payments["terminal_id"][row]
        reports = (there & (reported >= now - WEEK) & (reported < now)).sum()
        paid = (there & payments["time"].between(now - 2 * WEEK, now - WEEK, inclusive="left")).sum()
        assert found[row] == pytest.approx(reports / max(paid, 1))
        own = payments["customer_id"] == payments["customer_id"][row]
        week = (own & payments["time"].between(now - WEEK, now, inclusive="left")).sum()
        assert task.signs["payments_7d"][row] == week


def test_a_report_of_tomorrow_changes_no_risk_of_today():
    payments = pd.DataFrame({"terminal_id": [1, 1], "time": pd.to_datetime(["2026-01-20", "2026-01-22"])})
    report = np.array(["2026-01-21", "NaT"], dtype="datetime64[us]")
    assert terminal_risk(payments, report).tolist() == [0.0, 1.0]


def test_the_weeks_to_judge_on_come_after_those_to_learn_from(stream):
    task = fraud_task(stream, warm_up_days=20, learn_days=10)
    assert sorted(set(task.day[task.learn])) == list(range(20, 30))
    assert sorted(set(task.day[task.test])) == list(range(30, 40))
    assert task.fraud.sum() == (task.kind != "").sum() > 0
