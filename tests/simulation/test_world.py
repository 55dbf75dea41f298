"""What a world adds to the engine: batch costs as measured, the cache's price, spot machines that are taken back."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsd_lib.simulation import SimulationError, compiled_engine
from mlsd_lib.simulation.design import Autoscaler, Batching, Cache, Design, Replicas, Retries
from mlsd_lib.simulation.record import Ended
from mlsd_lib.simulation.scenario import BatchCost, Failure, Prices, Reclaim, Scenario, scenario
from mlsd_lib.simulation.scorecard import scored
from tests.simulation import readable_engine
from tests.simulation.test_serving_simulator import designs, scenarios

BEFORE = {
    ("flash-crowd", "timeout_s: 0.5, retries: {most: 3}"): (
        100274, 28.098011448630754, 43.48057473443191, 3.154157608153659, 73.93472849635845, 0.06666666666666667, 7,
    ),
    (
        "slow-dependency",
        "replicas: {count: 2}, batching: {most_rows: 8, wait_s: 0.01}, queue: {limit: 30, drop_expired: true}, "
        "timeout_s: 0.4, retries: {most: 2, backoff_s: .1, budget: .2}, hedge_after_s: .2, breaker: {}, "
        "cache: {items: 500, ttl_s: 60.0, coalesce: true}, fallback: true",
    ): (83520, 99.66834291187739, 31.97190923660573, 0.4735153256704981, 0.0, 0.13333333333333333, 0),
    ("daily-cycle", "replicas: {count: 3, spot: true, start_up_s: 5.0, autoscaler: {least: 1, most: 6}}"): (
        200856, 100.0, 16.573053394026285, 1.0, 0.0, 0.08449992998153229, 0,
    ),
    ("replica-lost", ""): (83520, 34.26005747126437, 287.161623652847, 1.0, 65.3771551724138, 0.06666666666666667, 7),
}  # fmt: skip
FIGURES = (
    "requests", "good, %", "p99, ms", "attempts a request", "work for nobody, %", "cost, EUR",
    "minutes below the level",
)  # fmt: skip


@pytest.mark.parametrize(("name", "text"), BEFORE)
def test_a_design_without_the_new_words_has_the_figures_that_it_had_before_them(name, text):
    from mlsd_lib.simulation.strict_yaml import read_yaml

    figures = scored(Design.of(read_yaml("{" + text + "}")), scenario(name, 3, rate=140.0)).figures
    assert [figures[figure] for figure in FIGURES] == pytest.approx(list(BEFORE[name, text]), rel=1e-9)


def test_a_batch_takes_what_was_measured_and_between_two_points_what_lies_between():
    cost = BatchCost(points=((1, 0.005), (8, 0.012), (32, 0.060)), spread=0.0)
    assert cost.seconds(np.array([1, 2, 8, 20, 32, 64])).tolist() == pytest.approx(
        [0.005, 0.006, 0.012, 0.036, 0.060, 0.124]  # beyond the last point on the last line
    )
    assert cost.rows_per_s(8) == pytest.approx(8 / 0.012)
    record = compiled_engine.simulate(Design(), one_by_one(cost))
    assert record.latency_s == pytest.approx(0.005)


def test_points_on_a_line_are_that_line_to_the_figures():
    line = BatchCost(0.004, 0.001, 0.2)
    points = BatchCost(points=((1, 0.005), (64, 0.068)), spread=0.2)
    design = Design(batching=Batching(most_rows=100))
    one, other = (compiled_engine.simulate(design, crowd(cost)) for cost in (line, points))
    assert one.latency_s == pytest.approx(other.latency_s, rel=1e-6)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (((1, 0.005),), "two points or more"),
        (((8, 0.005), (1, 0.006)), "rows must rise from 1"),
        (((0, 0.005), (1, 0.006)), "rows must rise from 1"),
        (((1, 0.005), (8, -0.006)), "seconds must be above 0"),
        (((1, 0.009), (8, 0.006)), "seconds must not fall"),
    ],
)
def test_points_that_no_machine_has_are_refused(points, message):
    with pytest.raises(SimulationError, match=message):
        one_by_one(BatchCost(points=points))


def test_the_places_of_a_store_are_paid_by_the_hour():
    story = crowd(prices=Prices(item_hour=2e-5))
    bare, cached = (scored(Design(cache=cache), story).cost_eur for cache in (None, Cache(items=9_000, ttl_s=60.0)))
    assert cached - bare == pytest.approx(9_000 * 2e-5 * story.seconds / 3_600, rel=1e-3)


LINE = BatchCost()


def one_by_one(cost, **rest):
    return Scenario("one by one", np.arange(10.0), np.zeros(10, dtype=np.int64), 1, 10.0, cost, **rest)


def crowd(cost=LINE, seconds=120.0, rate=60.0, **rest):
    arrived = np.sort(np.random.default_rng(5).uniform(0, seconds, int(rate * seconds)))
    return Scenario("crowd", arrived, np.zeros(len(arrived), dtype=np.int64), 1, seconds, cost, **rest)


SPOT = Replicas(count=4, spot=True, start_up_s=20.0)
STORM = Reclaim(per_hour=60.0, notice_s=0.0)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    designs, scenarios(), st.sampled_from([1.0, 60.0]), st.sampled_from([0.0, 0.25, 3.0]), st.booleans(), st.booleans()
)
def test_spot_and_measured_costs_are_those_of_the_readable_engine_to_the_last_bit(
    design, story, per_hour, notice_s, spot, measured
):
    from dataclasses import replace

    points = ((1, 0.01), (3, 0.02), (5, 0.2)) if measured else ()
    cost = replace(story.cost, points=points)
    story = replace(story, reclaim=Reclaim(per_hour, notice_s), cost=cost)
    design = design.model_copy(update={"replicas": design.replicas.model_copy(update={"spot": spot})})
    ours, theirs = compiled_engine.simulate(design, story), readable_engine.simulate(design, story)
    assert ours.same(theirs)
    assert (ours.ended >= 0).all()


def test_only_spot_capacity_is_taken_back():
    story = crowd(reclaim=STORM)
    fixed = SPOT.model_copy(update={"spot": False})
    assert compiled_engine.simulate(Design(replicas=fixed), story).same(
        compiled_engine.simulate(Design(replicas=fixed), crowd())
    )
    taken = compiled_engine.simulate(Design(replicas=SPOT), story)
    assert taken.total("up_s") < 0.8 * 4 * story.seconds


def test_machines_are_taken_back_as_often_as_is_said_each_by_itself():
    story = crowd(seconds=36_000.0, rate=0.01, reclaim=Reclaim(per_hour=3.0, notice_s=0.0))
    events = story.reclaims(10)
    assert len(events) == pytest.approx(10 * 10 * 3, rel=0.2)
    assert (np.diff(events[:, 0]) >= 0).all()
    assert np.bincount(events[:, 1].astype(int)).min() > 10
    fewer = story.reclaims(4)  # the same fate for the machines that both designs have
    assert np.array_equal(events[events[:, 1] < 4], fewer)
    down = 4 * 36_000 - compiled_engine.simulate(Design(replicas=SPOT), story).total("up_s")
    assert down == pytest.approx(len(fewer) * 20.0, rel=0.1)


def test_a_notice_lets_the_batch_end_and_no_next_one_begin():
    busy = {"cost": BatchCost(2.0, 0.0, 0.0), "rate": 5.0}
    lost, ended = (
        compiled_engine.simulate(Design(replicas=SPOT, timeout_s=600.0), crowd(**busy, reclaim=Reclaim(60.0, notice)))
        for notice in (0.0, 2.0)
    )
    assert lost.total("broken") > 0
    assert ended.total("broken") == 0
    assert ended.total("up_s") < 0.9 * 4 * 120.0


def test_a_machine_that_starts_is_taken_back_too_and_starts_again():
    scaler = Autoscaler(least=1, most=6, target=0.5, every_s=5.0)
    replicas = Replicas(count=1, spot=True, start_up_s=100.0, autoscaler=scaler)
    waits = {
        reclaim: compiled_engine.simulate(Design(replicas=replicas, timeout_s=60.0), crowd(rate=300.0, reclaim=reclaim))
        for reclaim in (None, Reclaim(60.0, 600.0))
    }
    calm, storm = waits.values()
    assert storm.total("up_s") < calm.total("up_s")


def test_a_lost_minute_says_that_spot_machines_were_taken_back():
    card = scored(Design(replicas=SPOT, retries=Retries()), crowd(rate=500.0, reclaim=STORM))
    assert "Spot machines taken back: " in card.verdict


@pytest.mark.parametrize("reclaim", [Reclaim(-1.0, 0.0), Reclaim(61.0, 0.0), Reclaim(1.0, -1.0), Reclaim(1.0, np.inf)])
def test_a_process_that_cannot_be_meant_is_refused(reclaim):
    with pytest.raises(SimulationError, match="0 to 60 an hour, with 0 to 3,600 s of notice"):
        crowd(reclaim=reclaim)


@pytest.mark.parametrize("batch_s", [0.5, 3.0, 40.0])
@pytest.mark.parametrize("notice_s", [0.0, 2.0, 60.0])
def test_busy_machines_that_are_taken_back_and_die_are_those_of_the_readable_engine(batch_s, notice_s):
    failures = tuple(Failure(at, 3, down) for at, down in ((60.0, 0.0), (130.0, 1.0), (131.0, 30.0), (250.0, 5.0)))
    cost = BatchCost(batch_s, 0.01, 0.5)
    for seed, scaler in ((1, None), (2, None), (3, Autoscaler(least=2, most=9, target=0.5, every_s=7.0))):
        story = crowd(cost, 400.0, 6.0, reclaim=Reclaim(60.0, notice_s), failures=failures, seed=seed)
        replicas = Replicas(count=5, spot=True, start_up_s=4.0, autoscaler=scaler)
        design = Design(replicas=replicas, timeout_s=90.0, batching=Batching(most_rows=4), retries=Retries(most=1))
        ours = compiled_engine.simulate(design, story)
        assert ours.same(readable_engine.simulate(design, story))
        assert ours.total("broken") > 0
        assert set(ours.ended) <= {Ended.ANSWERED, Ended.FAILED}
