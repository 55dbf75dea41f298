"""The monitor of a running service, on a service whose only feature is a temperature."""

import numpy as np
import pandas as pd
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from case_studies.kit import (
    Decision,
    DecisionStore,
    LiveMonitor,
    ModelRegistry,
    daily_monitor,
    microseconds,
    with_monitor,
)
from case_studies.kit.live_monitor import OUTCOMES

START = pd.Timestamp("2026-03-01")


def monitor(rng):
    rows = pd.DataFrame({"degrees": rng.normal(20, 3, 5_600), "score": rng.random(5_600)})
    return daily_monitor(rows.assign(wanted=rows["score"] > 0.9), np.repeat(np.arange(28), 200), ["degrees"])


@pytest.fixture
def world(tmp_path):
    """A service's days: `live(day, degrees, reports)` decides 200 requests and hears of some; `ringing()`; `days()`."""
    rng = np.random.default_rng(0)
    registry, store = ModelRegistry(tmp_path / "releases", lambda: 0.0), DecisionStore(tmp_path / "store.db")
    registry.add("v1", with_monitor(lambda folder: None, monitor(rng)))
    registry.promote("v1", "first")

    class World:
        live_monitor = LiveMonitor(registry, store, ["degrees"], lambda version, seen: seen)

        def live(self, day, degrees=20.0, reports=30, count=200, release="v1"):
            with store.transaction():
                for number in range(count):
                    identity, noon = day * 1_000 + number, microseconds(START + pd.Timedelta(days=day, hours=12))
                    score = float(rng.random())
                    answer = {"score": score, "wanted": score > 0.9, "release": release}
                    decision = Decision(answer, number % 10 == 0, np.array([rng.normal(degrees, 3)]))
                    store.keep(identity, {"time": noon + number}, decision)
                    if number < reports:
                        store.note_reported(identity, noon + number)

        def days(self):
            return self.live_monitor.days()

        def ringing(self):
            return {metric for metric, (index, _) in self.days()[-1]["index"].items() if index > 2}

    world = World()
    world.registry, world.store = registry, store
    return world


def test_a_day_is_looked_at_once_it_is_over_and_the_first_is_left_out(world):
    world.live(0, count=50)
    world.live(1)
    assert world.days() == []
    world.live(2, count=4)
    assert world.days() == []  # four requests may be from anywhere
    world.live(3, count=1)
    assert [day["day_us"] for day in world.days()] == [microseconds(START + pd.Timedelta(days=1))]
    assert world.days()[0]["reported"] == {"no": 27, "yes": 3}
    assert world.ringing() == set()


def test_a_request_from_the_far_future_ends_no_day(world):
    for day in (0, 1):
        world.live(day)
    world.live(20_000, count=1)
    assert world.days() == []


def test_other_degrees_ring_and_outcomes_that_stop_coming_ring(world):
    for day in range(4):
        world.live(day)
    world.live(4, degrees=28.0)
    world.live(5, reports=0)
    world.live(6)
    world.live(7, count=5)
    found = [{metric for metric, (index, _) in day["index"].items() if index > 2} for day in world.days()]
    assert found == [set(), set(), set(), {"feature_drift:degrees"}, {OUTCOMES}, set()]


def test_few_outcomes_more_or_less_ring_nothing(world):
    for day in range(8):
        world.live(day, reports=(3, 0, 5, 1, 0, 4, 2, 0)[day])
    assert world.ringing() == set()


def test_a_release_without_a_monitor_is_watched_by_that_of_the_release_before(world):
    world.registry.add("v2", lambda folder: None)
    world.registry.promote("v2", "second")
    world.live(0)
    world.live(1, degrees=28.0, release="v2")
    world.live(2, count=5, release="v2")
    assert world.ringing() == {"feature_drift:degrees"}
    assert world.days()[-1]["release"] == "v2"


def test_a_monitor_that_cannot_be_read_rings_until_it_can(world):
    for day in range(3):
        world.live(day)
    metrics, file = CollectorRegistry(), world.registry.path("v1") / "monitor.npz"
    metrics.register(world.live_monitor)
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    text = generate_latest(metrics).decode()
    (alarm,) = (line for line in text.splitlines() if line.startswith("monitor_alarm{"))
    assert alarm.endswith('or train again."} 1.0')
    file.write_bytes(whole)
    assert 'monitor_alarm{metric="volume",' in generate_latest(metrics).decode()


def test_what_prometheus_reads_holds_index_alarm_and_the_line_of_the_runbook(world):
    for day in (0, 1):
        world.live(day, degrees=20.0 + 8 * day)
    metrics = CollectorRegistry()
    metrics.register(world.live_monitor)
    assert b"monitor_index" not in generate_latest(metrics)
    world.live(2, count=5)
    text = generate_latest(metrics).decode()
    alarm = (
        'monitor_alarm{metric="feature_drift:degrees",runbook="Compare with the score and the labels before acting."}'
    )
    assert f"{alarm} 1.0" in text
    assert 'monitor_alarm{metric="volume",runbook="Check upstream for rows lost or sent twice."} 0.0' in text
    assert float(next(line.split()[1] for line in text.splitlines() if line.startswith("store_bytes"))) > 4_096
