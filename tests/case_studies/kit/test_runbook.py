"""Skew, a monitor of normal days, and a rollback with what it restores."""

import numpy as np
import pandas as pd
import pytest

from case_studies.kit import SKEW_TOLERANCE, Run, daily_monitor, feature_skew, roll_back
from mlsd_lib.modeling import ModelingError
from mlsd_lib.operations import OperationsError


def test_skew_forgives_a_rounding_that_a_trees_score_does_not_and_no_cent():
    rng = np.random.default_rng(0)
    offline = pd.DataFrame({"amount": rng.lognormal(3, 1, 200).round(2), "share": rng.random(200)})
    rounded = offline.assign(amount=offline["amount"] + 5e-11)
    split = np.sort(offline["amount"])[100] + 2e-11  # a split of the tree that a rounding crosses
    assert ((rounded["amount"] > split) != (offline["amount"] > split)).any()
    assert feature_skew(rounded.assign(score=0.0), offline) < SKEW_TOLERANCE
    for column in offline:
        wrong = offline.copy()
        wrong.iloc[7, offline.columns.get_loc(column)] += 0.01
        assert feature_skew(wrong, offline) == pytest.approx(0.01)


def days(rng, count, scale=1.0):
    table = pd.DataFrame({"amount": scale * rng.lognormal(3, 1, 400 * count), "score": rng.random(400 * count)})
    return table.assign(wanted=table["score"] > 0.9), np.repeat(np.arange(count), 400)


def test_a_daily_monitor_is_quiet_on_days_like_those_before_and_rings_on_another_unit():
    rng = np.random.default_rng(0)
    monitor = daily_monitor(*days(rng, 28), ["amount"], thin=2)
    rang = [bool(monitor.observe(days(rng, 1)[0], t)) for t in range(60)]
    assert np.mean(rang) < 0.15
    alerts = monitor.observe(days(rng, 1, scale=100.0)[0], 0)
    assert [alert.metric for alert in alerts] == ["feature_drift:amount"]


def test_one_day_does_not_say_what_is_normal():
    with pytest.raises(OperationsError, match="1 normal days"):
        daily_monitor(*days(np.random.default_rng(0), 1), ["amount"])


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path)
    for version in ("v1", "v2"):
        run.release(lambda folder, version=version: (folder / "model.txt").write_text(version), version, "better")
    return run


def test_a_rollback_restores_the_state_as_the_release_before_reads_it(run):
    restored = []

    def restore(given, folder):
        restored.append((given, (folder / "model.txt").read_text()))
        return 42

    assert roll_back(run, "wrong unit", restore) == ("v1", 42)
    assert restored == [(run, "v1")]
    assert run.registry().history()[-1]["reason"] == "wrong unit"
    with pytest.raises(ModelingError, match="no previous version"):
        roll_back(run, "again", restore)
    assert len(restored) == 1


def test_a_rollback_may_leave_the_state(run):
    assert roll_back(run, "half of it", None) == ("v1", 0)
    assert run.registry().current == "v1"
