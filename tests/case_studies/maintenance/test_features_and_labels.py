"""Features against a slow loop and against the future; labels of lives that have not ended."""

import numpy as np
import pandas as pd
import pytest

from case_studies.maintenance import labels
from case_studies.maintenance.data import DAY, MaintenanceError, contract, drifting, load_fleet, sent
from case_studies.maintenance.features import FEATURES, features_of
from mlsd_lib.data import ContractBroken, admit


def slow_features(readings, row):
    """The features of one reading, by looking at each reading of its unit."""
    reading = readings.iloc[row]
    own = readings[(readings["unit_id"] == reading["unit_id"]) & (readings["time"] <= reading["time"])]
    found = [float(reading["age_days"]), reading["load"]]
    for sensor in ("vibration", "temperature", "pressure"):
        week, month = (own[sensor][own["time"] > reading["time"] - days * DAY].mean() for days in (7, 28))
        first = own[sensor][own["age_days"] < 7]
        normal = first.mean() if len(first) else week
        found += [reading[sensor], week, week - normal, week - month]
    return found


def test_features_equal_a_slow_loop_over_the_units_readings(fleet, fleet_features):
    rows = np.random.default_rng(0).choice(len(fleet.readings), 60, replace=False)
    slow = np.array([slow_features(fleet.readings, row) for row in rows])
    np.testing.assert_allclose(fleet_features.iloc[rows].to_numpy(), slow, atol=1e-6)
    assert list(fleet_features) == list(FEATURES)


def test_no_feature_changes_when_the_future_is_cut_off(fleet, fleet_features, release_day):
    past = (fleet.readings["time"] < release_day - 60 * DAY).to_numpy()
    np.testing.assert_allclose(features_of(fleet.readings[past]), fleet_features[past], atol=1e-6)


def test_lives_know_nothing_of_ends_that_have_not_come(fleet, release_day):
    then = release_day - 50 * DAY
    lives = labels.lifetimes(fleet.units, then)
    later = fleet.units.loc[lives.index, "ended"] > then
    assert later.any()
    assert not lives["failed"][later].any()
    assert (lives["days"][later] == (then - fleet.units.loc[lives.index, "installed"][later]) / DAY).all()


def test_a_capped_label_of_a_running_unit_is_known_once_it_has_run_so_long(fleet, release_day):
    learned = labels.training_labels(fleet.readings, fleet.units, release_day)
    unit = fleet.readings["unit_id"]
    true = np.minimum(fleet.units["life_days"].reindex(unit).to_numpy() - fleet.readings["age_days"].to_numpy(), 60)
    np.testing.assert_array_equal(learned.label[learned.use], true[learned.use])
    running = fleet.units["ended"].isna().reindex(unit).to_numpy()
    assert (learned.use & running).sum() > 500
    dropped = labels.training_labels(fleet.readings, fleet.units, release_day, "drop censored")
    assert not (dropped.use & running).any()
    as_failed = labels.training_labels(fleet.readings, fleet.units, release_day, "censored as failed")
    assert (as_failed.label <= true)[as_failed.use].all()
    assert (as_failed.label[as_failed.use] < true[as_failed.use]).sum() > 500


def mean_known_and_true(fleet, now, policy):
    """The mean label that `policy` learns from at `now`, and the mean of all readings that it speaks for."""
    left = fleet.units["life_days"].reindex(fleet.readings["unit_id"]).to_numpy() - fleet.readings["age_days"]
    learned = labels.training_labels(fleet.readings, fleet.units, now, policy)
    oldest = now - (labels.CAP_DAYS - 1) * DAY if policy == "matured" else now
    every = (fleet.readings["time"] < oldest).to_numpy()
    mean = np.average(learned.label[learned.use], weights=learned.weight[learned.use])
    return mean, np.minimum(left, labels.CAP_DAYS)[every].mean()


def test_labels_known_by_now_stand_for_short_lives_and_weighted_ones_for_all(fleet, release_day):
    for policy in ("matured", "weighted"):
        known, true = mean_known_and_true(fleet, release_day, policy)
        assert known == pytest.approx(true, abs=1)
    for policy in ("known by now", "drop censored", "censored as failed"):
        known, true = mean_known_and_true(fleet, release_day, policy)
        assert known < true - 2


def test_rules_are_set_on_units_that_no_model_learned_from(fleet, release_day):
    known = labels.known_lives(fleet.readings, fleet.units, release_day)
    judged = fleet.readings[known.judged]
    assert set(judged["unit_id"]) == set(known.judged_days.index)
    assert labels.held_out(judged["unit_id"]).all()
    assert (judged["time"] < release_day).all()
    assert labels.held_out(known.life_days.index).mean() == pytest.approx(0.4, abs=0.1)
    assert (known.weight >= 1).all()


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda fleet: labels.training_labels(fleet.readings, fleet.units, fleet.now, "all"), "label policy is 'all'"),
        (lambda fleet: load_fleet("train_FD001.txt"), "report --protocol fd001"),
    ],
)
def test_what_cannot_be_done_is_said(fleet, ask, told):
    with pytest.raises(MaintenanceError, match=told):
        ask(fleet)


def test_a_drifting_firmware_moves_one_sensor_model_and_its_vibration_alone(fleet, release_day):
    wrong = drifting(release_day).parsed(sent(fleet.readings))
    days = (fleet.readings["time"] - release_day) // DAY + 1
    drifts = (days > 0) & (fleet.readings["sensor_model"] == "B")
    factor = wrong["vibration"] / fleet.readings["vibration"]
    np.testing.assert_allclose(factor, np.where(drifts, 1 + 0.08 * days, 1))
    np.testing.assert_allclose(wrong[["temperature", "pressure"]], fleet.readings[["temperature", "pressure"]])


def test_a_table_that_breaks_the_contract_is_set_aside(fleet, tmp_path):
    bad = fleet.readings.assign(sensor_model="D", temperature=pd.Series(999.0, index=fleet.readings.index))
    with pytest.raises(ContractBroken) as caught:
        admit(bad, contract(), "readings", tmp_path)
    assert {fault.column for fault in caught.value.faults} == {"sensor_model", "temperature"}
