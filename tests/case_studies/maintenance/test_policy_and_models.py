"""The release against the calendar, alarms against looks, coverage, the model on the gateway."""

import numpy as np
import pandas as pd
import pytest

from case_studies.maintenance import models, policy, train
from case_studies.maintenance.data import MaintenanceError
from case_studies.maintenance.features import features_of
from case_studies.maintenance.labels import CAP_DAYS, days_left, known_lives
from case_studies.maintenance.replacement import best_age, outcome


@pytest.fixture(scope="module")
def release(trained):
    return models.Release.read(trained.registry().path("v1"))


@pytest.fixture(scope="module")
def rig_features(rig):
    return features_of(rig.readings)


def test_a_release_beats_the_calendar_on_units_that_nothing_was_set_on(release, rig, rig_features, fleet, release_day):
    life, prices = rig.units["life_days"], release.policy.prices
    known = known_lives(fleet.readings, fleet.units, release_day)
    old = rig_features["age_days"].to_numpy() + 1 >= best_age(known.life_days, known.weight, prices)
    rules = (release.alarms(rig_features), old, np.zeros(len(rig_features), bool))
    ours, calendar, never = (outcome(rig.readings, alarm, life, prices).rate for alarm in rules)
    assert ours < calendar < never


def test_looks_find_what_is_worn_and_a_small_crew_misses_it_among_many_alarms():
    """Two positions: one unit wears and fails on the last of 30 days, the other runs on and rings whenever it may."""
    day = np.tile(np.arange(30), 2)
    time = pd.Timestamp("2026-01-05") + pd.to_timedelta(day, unit="D")
    readings = pd.DataFrame({"unit_id": np.repeat([0, 1], 30), "age_days": day, "time": time})
    units = pd.DataFrame({"position": [0, 1], "life_days": [30.0, 300.0], "sudden": [False, False]})
    rng, everybody = np.random.default_rng(0), np.ones(60, bool)

    def cost(alarm, looks, truth=units):
        return policy.looked_after(readings, alarm, truth, looks, rng)

    followed = cost(everybody, 2)  # ten days of two looks, then the worn unit is found, then one look a day
    assert followed["alarms"] == followed["looks"] == pytest.approx((2 * 11 + 19) / 30)
    assert followed["eur"] == pytest.approx((41 * policy.LOOK_EUR + policy.PLANNED_EUR) / 41 * 2)
    assert cost(~everybody, 2)["eur"] == pytest.approx(policy.FAILURE_EUR / 60 * 2)
    assert cost(everybody, 2, units.assign(sudden=True))["eur"] > cost(~everybody, 2)["eur"]
    assert cost(everybody, 1)["looks"] == 1


def test_more_alarms_than_looks_cost_a_small_crew_its_gain(release, fleet):
    limits, rng = (0.1, release.threshold), np.random.default_rng(0)
    flooded, release_limit = train.look_sweep(release, fleet, limits, 1, rng)["eur"]
    assert flooded > 1.3 * release_limit


def test_coverage_is_told_by_unit(release, rig, rig_features):
    table = train.coverage_by_unit(release, rig, rig_features, np.random.default_rng(0))
    assert len(table) == len(rig.units) - len(rig.units) // 2
    assert table["covered"].between(0, 1).all()
    assert table["covered"].min() < 0.9 < table["covered"].max()


def test_the_release_keeps_its_promise_on_the_rig_although_few_units_had_failed(release, rig, rig_features):
    left = np.clip(days_left(rig.readings, rig.units["life_days"]), 0, CAP_DAYS)
    held = np.abs(release.remaining(rig_features) - left) <= release.margin_days
    by_unit = pd.Series(held).groupby(rig.readings["unit_id"].to_numpy()).mean()
    assert by_unit.mean() == pytest.approx(0.9, abs=0.05)


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


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda: policy.ReplacementPolicy(by="mood"), "by is 'mood'"),
        (lambda: policy.ReplacementPolicy(crew_per_day=0), "crew_per_day is 0"),
        (lambda: policy.ReplacementPolicy(failure_eur=900.0), "failure_eur is 900"),
        (lambda: models.fit("oracle", pd.DataFrame({"a": [1.0]}), np.ones(1)), "The model is 'oracle'"),
        (lambda: models.fit("linear", pd.DataFrame({"a": [1.0, 2.0]}), np.ones(2)), "no two different"),
        (lambda: models.edge_models(None, None), "Only the network"),
    ],
)
def test_what_cannot_be_is_refused(ask, told):
    with pytest.raises(MaintenanceError, match=told):
        ask()
