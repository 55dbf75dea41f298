"""Live weeks: quiet while clean, loud at the firmware, whole again after the rollback; telemetry that comes late."""

import copy
import functools

import numpy as np
import pandas as pd
import pytest

from case_studies.kit import SKEW_TOLERANCE, feature_skew
from case_studies.maintenance.data import drifting, messages
from case_studies.maintenance.features import FEATURES
from case_studies.maintenance.incident import Plant
from case_studies.maintenance.monitor import window_of
from case_studies.maintenance.policy import ReplacementPolicy
from case_studies.maintenance.service import MaintenanceStore, app_of
from mlsd_lib.datasets.fleet_simulator import SENSORS
from tests.case_studies.maintenance import hooks
from tests.case_studies.services import with_key


@pytest.fixture(scope="module", params=[0])
def lived(request):
    """Plants that opened alike and then lived differently, each life lived once."""
    opened = Plant.opened(np.random.default_rng(request.param), history_days=200, positions=150)
    opened.week("wait for labels")
    return functools.cache(functools.partial(live, opened))


def live(opened, weeks=1, incident=False, rollback="release and state"):
    plant = copy.deepcopy(opened)
    plant.days.clear()
    plant.first_rows.clear()
    if incident:
        plant.deploy(plant.release.with_calibration(drifting(plant.now)))
    for _ in range(weeks):
        plant.week(rollback)
    return plant


def test_clean_weeks_stay_quiet_and_the_firmware_is_named_within_three_days(lived):
    clean, broken = lived(weeks=2), lived(weeks=2, incident=True)
    assert not any(day["acting"] for day in clean.days)
    rang = [number for number, day in enumerate(broken.days) if day["acting"]]
    assert rang[0] <= 2
    assert broken.days[rang[0]]["acting"] == ["feature_drift:vibration B"]
    assert not any(day["spoiled"] for day in broken.days[rang[0] + 1 :])


def test_a_clean_day_rings_about_as_often_as_the_monitor_says():
    """Twenty small plants, two weeks each: one day in 57 may ring. By hindsight's days one in four did."""
    rang = []
    for rng in np.random.default_rng(7).spawn(20):
        plant = Plant.opened(rng, history_days=150, positions=60)
        plant.week("wait for labels")
        plant.week("wait for labels")
        rang += [bool(day["alerts"]) for day in plant.days]
    assert len(rang) == 280
    assert 1 <= sum(rang) <= 2.2 * len(rang) / 57  # three standard errors above the rate


def test_a_young_unit_steps_as_far_as_an_old_one():
    rng, age = np.random.default_rng(0), np.repeat([0, 1, 3, 40], 5_000)
    noise = rng.normal(size=(len(age), 7))
    held = np.minimum(age + 1, 7)
    week = np.where(np.arange(7) < held[:, None], noise, 0).sum(axis=1) / held
    table = pd.DataFrame({"age_days": age})
    for sensor in SENSORS:
        table = table.assign(**{sensor: noise[:, 0], f"{sensor}_7d": week})
    window = window_of(table, np.full(len(age), "A"))
    assert len(window) == (age > 0).sum()
    spread = window["vibration A"].groupby(age[window.index]).std()
    assert spread.to_numpy() == pytest.approx(spread[40], rel=0.05)


def test_after_the_rollback_with_its_state_nothing_misread_is_left(lived):
    whole, half = (lived(incident=True, rollback=rollback) for rollback in ("release and state", "release"))
    assert whole.misread() == 0 < half.misread()


def test_labels_show_every_plant_what_was_misread(lived):
    waited = lived(weeks=2, incident=True, rollback="wait for labels")
    assert waited.spoiled is None
    assert sum(day["spoiled"] for day in waited.days) == 10
    assert waited.misread() == 0


def test_a_firmware_that_stays_sends_the_crew_to_healthy_units(lived):
    clean, waited = (lived(weeks=2, incident=incident, rollback="wait for labels") for incident in (False, True))
    assert sum(day["wanted"] for day in waited.days) > sum(day["wanted"] for day in clean.days) + 10


def test_the_crew_replaces_no_more_than_it_can_and_what_it_replaces_is_gone(lived):
    plant = copy.deepcopy(lived(weeks=0))
    plant.change_policy(ReplacementPolicy(1, "age"))
    plant.week()
    assert max(day["replaced"] for day in plant.days) == 1
    units = plant.simulator.unit_table()
    gone = set(units.index[units["end"] == "replaced"])
    assert gone
    assert not gone & set(plant.simulator.in_place.tolist())


def test_retraining_makes_a_release_for_the_same_policy(lived):
    plant = copy.deepcopy(lived())
    before = plant.release
    plant.retrain("drop censored")
    assert plant.release is not before
    assert (plant.release.policy, plant.release.calibration) == (before.policy, before.calibration)


def test_readings_that_come_late_in_any_order_and_twice_count_once(run):
    client = with_key(app_of(run), run)
    bodies = [messages(hooks.fleet().readings[hooks.rows(number)]) for number in (0, 1)]
    rng = np.random.default_rng(0)
    lost = rng.random(len(bodies[0])) < 0.3
    in_time = [body for body, late in zip(bodies[0], lost, strict=True) if not late]
    flood = [body for body, late in zip(bodies[0], lost, strict=True) if late] * 2
    rng.shuffle(flood)
    store = MaintenanceStore(run.store)
    count = "SELECT COUNT(*) FROM readings"
    (before,) = store.connection.execute(count).fetchone()
    for part in (in_time, flood, bodies[1]):
        for at in range(0, len(part), 100):
            assert client.post("/predict", json={"rows": part[at : at + 100]}).status_code == 200
    (stored,) = store.connection.execute(count).fetchone()
    assert stored == before + len(bodies[0]) + len(bodies[1])
    seen = store.decided(FEATURES, after=bodies[1][0]["reading_id"] - 1)
    assert feature_skew(seen, hooks.fleet_features()[hooks.rows(1)]) < SKEW_TOLERANCE


def test_a_unit_is_ordered_once(run):
    client = with_key(app_of(run), run)
    answers = []
    for number in range(3):
        rows = hooks.fleet().readings[hooks.rows(number)]
        bodies = messages(rows)
        answers += [(body["unit_id"], client.post("/predict", json=body).get_json()) for body in bodies]
    ordered = [unit for unit, answer in answers if answer["replace"]]
    assert ordered
    assert len(ordered) == len(set(ordered))
    assert all(answer["wanted"] for _, answer in answers if answer["replace"])


@pytest.mark.parametrize(("name", "value"), [("vibration", -0.5), ("temperature", 3_000.0)])
def test_a_reading_that_no_sensor_of_its_model_sends_is_refused_by_its_name(run, name, value):
    answer = with_key(app_of(run), run).post("/predict", json={**hooks.day(0)[0][0], "reading_id": 10**12, name: value})
    assert (answer.status_code, answer.get_json()["error"]["field"]) == (422, name)
