"""The simulated fleet against its own truth: lives, signs before a failure, faults, and what is told to whom."""

import numpy as np
import pytest
from scipy.special import gamma

from mlsd_lib.datasets import DataError
from mlsd_lib.datasets.fleet import run_to_failure, simulate
from mlsd_lib.datasets.fleet_simulator import DAY, LOAD_EFFECT, MEAN_LIFE_DAYS, SHAPE, SUDDEN_SHARE, FleetSimulator


@pytest.fixture(scope="module", params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


@pytest.fixture(scope="module")
def rig(rng):
    return run_to_failure(rng, 600)


def test_lives_are_weibull_with_a_load_that_shortens_them(rig):
    units = rig.units
    at_load_1 = units["life_days"] * np.exp(LOAD_EFFECT * (units["load"] - 1))
    mean, spread = at_load_1.mean(), at_load_1.std() / at_load_1.mean()
    expected = np.sqrt(gamma(1 + 2 / SHAPE) / gamma(1 + 1 / SHAPE) ** 2 - 1)
    assert mean == pytest.approx(MEAN_LIFE_DAYS, rel=0.07)
    assert spread == pytest.approx(expected, rel=0.12)
    assert units["sudden"].mean() == pytest.approx(SUDDEN_SHARE, abs=0.045)


def test_each_unit_is_read_once_a_day_until_it_fails(rig):
    per_unit = rig.readings.groupby("unit_id")["age_days"].agg(["size", "max"])
    assert (per_unit["size"] == rig.units["life_days"]).all()
    assert (per_unit["max"] == rig.units["life_days"] - 1).all()
    assert (rig.units["end"] == "failed").all()


def test_units_give_signs_before_they_fail_except_those_that_fail_suddenly(rig):
    readings = rig.readings.join(rig.units[["life_days", "sudden"]], on="unit_id")
    left = readings["life_days"] - readings["age_days"]
    last, early = readings[left <= 3].groupby("sudden"), readings[left > 70].groupby("sudden")
    rise = last["vibration"].mean() - early["vibration"].mean()
    assert rise[False] > 1.2
    assert abs(rise[True]) < 0.4
    assert last["pressure"].mean()[False] < early["pressure"].mean()[False] - 0.7


def test_a_history_is_censored_and_the_lives_seen_are_too_short(rng):
    fleet = simulate(rng, days=90)
    failed = fleet.units[fleet.units["end"] == "failed"]
    seen = (failed["ended"] - failed["installed"]) / DAY
    assert 5 < len(failed) < 100
    assert (seen == failed["life_days"]).all()
    assert seen.mean() < 0.6 * MEAN_LIFE_DAYS
    assert fleet.units["ended"].isna().sum() == 200


def test_replacing_ends_a_unit_for_good_and_starts_a_new_one_in_its_place(rng):
    simulator = FleetSimulator(rng, 6, commissioned_days=1)
    simulator.day()
    simulator.replace([2, 2])
    simulator.replace([2])
    readings, _ = simulator.day()
    units = simulator.unit_table()
    assert units.loc[2, "end"] == "replaced"
    new = units[units["position"] == units.loc[2, "position"]].iloc[-1]
    assert new.name in set(readings["unit_id"])
    assert 2 not in set(readings["unit_id"])
    assert new["sensor_model"] == units.loc[2, "sensor_model"]


def test_readings_are_in_order_have_their_own_id_and_some_arrive_late(rng):
    readings = simulate(rng, days=120).readings
    assert readings["time"].is_monotonic_increasing
    assert (readings["reading_id"].diff().dropna() == 1).all()
    delay = (readings["arrives"] - readings["time"]) / DAY
    assert (delay >= 0).all()
    assert 0 < (delay > 0).mean() < 0.05
    assert delay.max() < 5


def test_some_sensors_stick(rng):
    readings = simulate(rng, days=200).readings
    still = readings.groupby("unit_id")["vibration"].diff() == 0
    assert 20 < (still & (readings.groupby("unit_id")["pressure"].diff() == 0)).sum() < 0.03 * len(readings)


@pytest.mark.parametrize(("positions", "days", "told"), [(2, 5, "positions is 2"), (6, 0, "days is 0")])
def test_a_fleet_that_cannot_be_is_refused(positions, days, told):
    with pytest.raises(DataError, match=told):
        FleetSimulator(np.random.default_rng(0), positions).advance(days)
