"""Two stages in a row: the readable engine to the last bit, SimPy request by request, and theory."""

from dataclasses import replace

import numpy as np
import pytest
import simpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons.latency_and_throughput import queueing_theory as theory
from mlsd_lib.simulation import compiled_engine
from mlsd_lib.simulation.compiled_state import BALANCING
from mlsd_lib.simulation.design import Batching, Design, Line, Priority, Queue, Replicas, SecondStage
from mlsd_lib.simulation.record import Ended
from mlsd_lib.simulation.scenario import BatchCost, Reclaim, scenario
from mlsd_lib.simulation.scorecard import scored
from tests.simulation import readable_engine
from tests.simulation.simpy_latency import latency_in_simpy
from tests.simulation.test_serving_simulator import designs, maybe, patient, scenarios, some, story

FIRST, SECOND = BatchCost(0.0, 0.01, 1.0), BatchCost(0.0, 0.008, 1.0)
"""100 and 125 requests a second and replica, one at a time, exponential."""
STAGES = st.builds(
    SecondStage,
    batching=st.builds(Batching, **some(most_rows=[1, 2, 8], wait_s=[0.0, 0.02, 0.25])),
    queue=st.builds(Line, limit=maybe(st.integers(1, 20)), drop_expired=st.booleans()),
    **some(count=[1, 2, 5]),
)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    designs, scenarios(), STAGES, st.sampled_from([0.01, 0.05, 0.2]), st.sampled_from(BALANCING),
    st.sampled_from([None, 0.4]), st.booleans(),
)  # fmt: skip
def test_two_stages_are_those_of_the_readable_engine_to_the_last_bit(
    design, scenario, stage, row_s, balancing, share, spot
):
    queue = design.queue.model_copy(
        update={"balancing": balancing, "priority": Priority(share=share) if share else None}
    )
    replicas = design.replicas.model_copy(update={"spot": spot})
    design = design.model_copy(update={"queue": queue, "replicas": replicas, "second_stage": stage})
    scenario = replace(scenario, reclaim=Reclaim(60.0, 0.5), second_cost=BatchCost(0.02, row_s, 0.5))
    ours, theirs = compiled_engine.simulate(design, scenario), readable_engine.simulate(design, scenario)
    assert ours.same(theirs)
    assert (ours.ended >= 0).all()


def in_simpy(scenario, servers):
    """Seconds from arrival to the answer of the second stage, (n,), by an engine that shares no code with ours."""
    env = simpy.Environment()
    stages = [simpy.Resource(env, count) for count in servers]
    services = [iter(0.01 * scenario.luck.batch), iter(0.008 * scenario.second_luck)]

    def served(i):
        for stage, service in zip(stages, services, strict=True):
            with stage.request() as turn:
                yield turn
                yield env.timeout(next(service))

    return latency_in_simpy(env, scenario, served)


@pytest.mark.parametrize("servers", [(1, 1), (3, 2)])
def test_simpy_gives_every_request_the_same_latency_through_both_stages(servers):
    scenario = story(90.0 * min(servers), 30.0, cost=FIRST, second_cost=SECOND)
    design = patient(replicas=Replicas(count=servers[0]), second_stage=SecondStage(count=servers[1]))
    found, theirs = compiled_engine.simulate(design, scenario).latency_s, in_simpy(scenario, servers)
    np.testing.assert_allclose(found, theirs, rtol=1e-6, atol=1e-9)
    one_stage = compiled_engine.simulate(design.model_copy(update={"second_stage": None}), scenario).latency_s
    assert (one_stage < theirs).all()


def waits_s(design, scenario):
    """The mean wait at each stage, by Little's law from what waited there."""
    record = compiled_engine.simulate(design, scenario)
    return [record.total(name) / len(scenario.arrived) for name in ("queue_s", "second_queue_s")]


@pytest.mark.parametrize("servers", [1, 3])
def test_at_both_stages_requests_wait_as_if_each_were_alone(servers):
    """Burke 1956, Jackson 1957: what leaves M/M/c is a Poisson process again, at the rate of what came."""
    rate = 80.0 * servers
    scenario = story(rate, 20_000.0 / servers, cost=FIRST, second_cost=SECOND)
    first, second = waits_s(
        patient(replicas=Replicas(count=servers), second_stage=SecondStage(count=servers)), scenario
    )
    assert first == pytest.approx(theory.mmc(rate, 0.01, servers).wait_s, rel=0.03)
    assert second == pytest.approx(theory.mmc(rate, 0.008, servers).wait_s, rel=0.03)


def test_behind_a_first_stage_without_chance_requests_come_evenly_and_wait_less():
    scenario = story(80.0, 20_000.0, cost=BatchCost(0.0, 0.01, 0.0), second_cost=SECOND)
    _, second = waits_s(patient(second_stage=SecondStage()), scenario)
    assert second < 0.8 * theory.mm1(80, 0.008).wait_s


def test_two_stages_of_equal_constant_service_wait_at_the_first_alone():
    constant = BatchCost(0.0, 0.01, 0.0)
    scenario = story(80.0, 2_000.0, cost=constant, second_cost=BatchCost(0.0, 0.01 - 1e-9, 0.0))
    first, second = waits_s(patient(second_stage=SecondStage()), scenario)
    assert first == pytest.approx(theory.md1(80, 0.01).wait_s, rel=0.05)
    assert second < 1e-9


def test_a_full_second_queue_refuses_as_theory_says_and_wastes_the_first_stage():
    scenario = story(80.0, 10_000.0, cost=FIRST, second_cost=BatchCost(0.0, 0.015, 1.0))
    found = compiled_engine.simulate(patient(second_stage=SecondStage(queue=Line(limit=7))), scenario)
    refused = (found.ended == Ended.FAILED).mean()
    assert refused == pytest.approx(theory.mm1k(80, 0.015, 8).refused, rel=0.03)
    assert found.total("refused") == found.total("wasted_rows") == (found.ended == Ended.FAILED).sum()


def test_a_first_class_waits_less_at_the_second_stage_too():
    """By Cobham, 1954, as if the stage were alone; the first stage is fast enough to let nobody wait."""
    scenario = story(80.0, 20_000.0, cost=BatchCost(0.0, 1e-6, 0.0), second_cost=FIRST)
    design = patient(queue=Queue(priority=Priority(share=0.25)), second_stage=SecondStage())
    waited = compiled_engine.simulate(design, scenario).latency_s - 0.01
    first, alone = scenario.first_class(0.25), theory.mm1(80, 0.01).wait_s
    assert waited[first].mean() == pytest.approx(alone * (1 - 0.8) / (1 - 0.8 * 0.25), rel=0.03)
    assert waited[~first].mean() == pytest.approx(alone / (1 - 0.8 * 0.25), rel=0.03)


ALONE = {"arrived": np.arange(0.0, 5.0), "keys": np.zeros(5, dtype=np.int64)}


@pytest.mark.parametrize(("timeout_s", "how"), [(0.025, Ended.FAILED), (0.035, Ended.ANSWERED)])
def test_the_timeout_of_a_caller_covers_both_stages(timeout_s, how):
    """10 ms at the first stage and 20 ms at the second."""
    costs = {"cost": BatchCost(0.0, 0.01, 0.0), "second_cost": BatchCost(0.0, 0.02, 0.0)}
    calm = replace(story(1.0, 5.0, **costs), **ALONE)
    record = compiled_engine.simulate(Design(timeout_s=timeout_s, second_stage=SecondStage()), calm)
    assert (record.ended == how).all()
    assert record.total("timed_out") == (5 if how == Ended.FAILED else 0)
    assert record.total("wasted_rows") == (4 if how == Ended.FAILED else 0)  # with the last request the story ends


def test_whoever_gave_up_is_served_by_a_second_stage_unless_it_drops_them():
    """Of 200 that come at once, behind a stage that does 50 a second and is asked 40."""
    calm = story(40.0, 40.0, cost=BatchCost(0.0, 0.001, 0.0), second_cost=BatchCost(0.0, 0.02, 0.0))
    arrived = np.sort(np.append(calm.arrived, np.full(200, 10.0)))
    crowd = replace(calm, arrived=arrived, keys=np.zeros(len(arrived), dtype=np.int64))
    after, good = (arrived > 12) & (arrived < 20), {}
    for drop in (False, True):
        design = Design(timeout_s=0.5, second_stage=SecondStage(queue=Line(drop_expired=drop)))
        good[drop] = (compiled_engine.simulate(design, crowd).ended[after] == Ended.ANSWERED).mean()
    assert good[False] < 0.05
    assert good[True] > 0.95


def test_a_second_stage_batches_what_comes_to_it_within_its_window():
    costs = {"cost": BatchCost(0.0, 0.001, 0.0), "second_cost": BatchCost(0.01, 0.0, 0.0)}
    pair = replace(story(1.0, 5.0, **costs), arrived=np.array([0.0, 0.03]), keys=np.zeros(2, dtype=np.int64))
    design = patient(second_stage=SecondStage(batching=Batching(most_rows=9, wait_s=0.05)))
    assert compiled_engine.simulate(design, pair).latency_s == pytest.approx([0.061, 0.031])
    design = patient(second_stage=SecondStage())
    assert compiled_engine.simulate(design, pair).latency_s == pytest.approx([0.011, 0.011])


def test_a_second_stage_is_paid_and_named_where_it_is_what_fails():
    calm = scenario("steady", 0, rate=150.0, seconds=120.0)
    design, wide = (Design(replicas=Replicas(count=2), second_stage=SecondStage(count=count)) for count in (1, 3))
    slow = replace(calm, second_cost=BatchCost(0.0, 0.01, 0.0))
    card, enough, bare = scored(design, slow), scored(wide, slow), scored(Design(replicas=Replicas(count=2)), slow)
    assert "Overload: 150 attempts a second against a capacity of 100 (1 replica of the second stage)." in card.verdict
    assert enough.verdict.startswith("Kept")
    assert enough.figures["second stage busy, %"] == pytest.approx(50, abs=3)
    assert enough.cost_eur - bare.cost_eur == pytest.approx(3 * 0.4 * 120 / 3_600, rel=1e-3)
    assert enough.figures["replica hours"] - bare.figures["replica hours"] == pytest.approx(0.1, rel=1e-3)
    assert "second stage busy, %" not in bare.figures
