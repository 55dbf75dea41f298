"""Money against a slow count, ages against the theory, intervals against their promise, the model on the gateway."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from case_studies.maintenance import models, policy, train
from case_studies.maintenance.data import MaintenanceError
from case_studies.maintenance.features import features_of
from mlsd_lib.datasets.fleet import run_to_failure
from mlsd_lib.modeling import ModelingError


@pytest.fixture(scope="module")
def release(trained):
    return models.Release.read(trained.registry().path("v1"))


@pytest.fixture(scope="module")
def rig_features(rig):
    return features_of(rig.readings)


def test_the_first_alarm_replaces_unless_the_unit_fails_that_evening():
    readings = pd.DataFrame({"unit_id": [0, 0, 0, 1, 1, 2], "age_days": [0, 1, 2, 0, 1, 0]})
    alarm = np.array([False, True, True, False, True, False])
    found = policy.outcome(readings, alarm, pd.Series([3, 2, 1]))
    assert found.days.tolist() == [2, 2, 1]
    assert found.cost_eur.tolist() == [1_000, 6_000, 6_000]
    assert found.rate == 13_000 / 5


def test_the_parts_of_the_units_add_up_to_what_a_policy_saves(rig, rig_features):
    life = rig.units["life_days"]
    nothing, alarmed = (
        policy.outcome(rig.readings, rows, life)
        for rows in (np.zeros(len(rig_features), bool), (rig_features["age_days"] >= 60).to_numpy())
    )
    parts = policy.saved_by_unit(alarmed, nothing, 100)
    assert parts.sum() == pytest.approx(100 * (nothing.rate - alarmed.rate))
    assert len(parts) == len(life)


def test_the_best_age_is_the_one_of_the_renewal_theory():
    rng, shape, scale = np.random.default_rng(0), 2.5, 130.0
    lives = scale * rng.weibull(shape, 20_000)
    found = policy.best_age(lives, np.ones(len(lives)))

    def rate(age):
        kept = quad(lambda t: np.exp(-((t / scale) ** shape)), 0, age)[0]
        failing = 1 - np.exp(-((age / scale) ** shape))
        return (6_000 * failing + 1_000 * (1 - failing)) / kept

    best = min(range(20, 200), key=rate)
    assert rate(found) < 1.01 * rate(best)
    assert policy.best_age(rng.exponential(100, 5_000), np.ones(5_000), 1_100.0) == np.inf


def test_a_release_beats_the_calendar_on_units_that_nothing_was_set_on(release, rig, rig_features, fleet, release_day):
    life = rig.units["life_days"]
    ours = policy.outcome(rig.readings, release.value(rig_features) >= release.threshold, life).rate
    lives, weight = models.known_lives(fleet.units, release_day)
    age = policy.best_age(lives.to_numpy(), weight.to_numpy())
    calendar = policy.outcome(rig.readings, (rig_features["age_days"] + 1 >= age).to_numpy(), life).rate
    never = policy.outcome(rig.readings, np.zeros(len(rig_features), bool), life).rate
    assert ours < calendar < never


def test_conformal_intervals_cover_a_row_of_a_new_unit_as_often_as_they_promise():
    rng, covered = np.random.default_rng(0), []
    for _ in range(300):
        scale = rng.gamma(2.0, 1.0, 60)  # units differ, and rows of a unit go together
        error = np.abs(rng.normal(size=(60, 8)) * scale[:, None])
        margin = models.margin_days(error[:40].ravel(), np.repeat(np.arange(40), 8), rng)
        covered.append((error[40:, 0] <= margin).mean())
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)


def test_coverage_is_told_by_unit(release, rig, rig_features):
    table = train.coverage_by_unit(release, rig, rig_features, np.random.default_rng(0))
    assert len(table) == len(rig.units) - len(rig.units) // 2
    assert table["covered"].between(0, 1).all()
    assert table["covered"].min() < 0.9 < table["covered"].max()


def test_a_split_by_rows_promises_more_than_new_units_keep():
    fleet = run_to_failure(np.random.default_rng(5), 60)
    split = train.split_trial(fleet, features_of(fleet.readings), np.random.default_rng(0), units=30)
    assert split["random rows"] > split["new units"] + 0.15


def test_each_rule_wins_at_some_price(release, fleet, rig, fleet_features, release_day):
    prices = train.price_sweep(release, fleet, rig, release_day, fleet_features, [1.2, 6.0, 15.0])
    assert prices.loc[15.0].idxmin() == "by prediction"
    assert prices.loc[15.0, "by age"] < prices.loc[15.0, train.NOTHING]
    assert (prices["by prediction"] / prices[train.NOTHING]).is_monotonic_decreasing


def test_the_network_on_the_gateway_answers_as_the_one_in_floats(fleet, fleet_features, rig_features, tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.choice(len(fleet_features), 4_000, replace=False)
    network = models.fit("network", fleet_features.iloc[rows], rng.uniform(0, 60, 4_000))
    in_float, in_integers = (models.on_the_edge(path) for path in models.edge_models(network, tmp_path))
    table = rig_features.to_numpy()
    np.testing.assert_allclose(in_float(table), models.remaining(network, table), atol=0.01)
    assert np.abs(in_float(table) - in_integers(table)).mean() < 1.0
    assert (tmp_path / "int8.onnx").stat().st_size < (tmp_path / "float.onnx").stat().st_size


def test_a_changed_model_file_is_refused(run):
    folder = run.registry().path("v1")
    with (folder / "model.joblib").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelingError, match="checksum"):
        models.Release.read(folder)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda: policy.ReplacementPolicy(by="mood"), "by is 'mood'"),
        (lambda: policy.ReplacementPolicy(crew_per_day=0), "crew_per_day is 0"),
        (lambda: policy.ReplacementPolicy(failure_eur=900.0), "failure_eur is 900"),
        (lambda: models.fit("oracle", pd.DataFrame({"a": [1.0]}), np.ones(1)), "The model is 'oracle'"),
        (lambda: models.fit("linear", pd.DataFrame({"a": [1.0, 2.0]}), np.ones(2)), "no two different"),
        (lambda: models.margin_days(np.ones(4), np.arange(4), np.random.default_rng(0)), "4 units cannot show"),
        (lambda: models.edge_models(None, None), "Only the network"),
    ],
)
def test_what_cannot_be_is_refused(ask, told):
    with pytest.raises(MaintenanceError, match=told):
        ask()
