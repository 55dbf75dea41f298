"""Two classes of requests: the readable engine to the last bit, SimPy request by request, and theory."""

from dataclasses import replace

import numpy as np
import pytest
import simpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons.latency_and_throughput import queueing_theory as theory
from mlsd_lib.simulation import compiled_engine
from mlsd_lib.simulation.compiled_state import BALANCING
from mlsd_lib.simulation.design import Autoscaler, Batching, Design, Priority, Queue, Replicas, Retries
from mlsd_lib.simulation.record import Ended
from mlsd_lib.simulation.scenario import BatchCost, Failure, Reclaim
from mlsd_lib.simulation.scorecard import scored
from tests.simulation import readable_engine
from tests.simulation.simpy_latency import latency_in_simpy
from tests.simulation.test_serving_simulator import designs, patient, scenarios, story

EXPONENTIAL = BatchCost(0.0, 0.01, 1.0)
"""100 requests a second and replica, one at a time."""


def with_classes(replicas=1, share=0.25, balancing="shared", **queue):
    return patient(
        replicas=Replicas(count=replicas),
        queue=Queue(balancing=balancing, priority=Priority(share=share) if share else None, **queue),
    )


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    designs, scenarios(), st.sampled_from([0.1, 0.5, 0.9]), st.sampled_from(BALANCING),
    st.sampled_from([None, 0.0, 3.0]),
)  # fmt: skip
def test_two_classes_are_those_of_the_readable_engine_to_the_last_bit(design, scenario, share, balancing, notice_s):
    reclaim = None if notice_s is None else Reclaim(60.0, notice_s)
    queue = design.queue.model_copy(update={"balancing": balancing, "priority": Priority(share=share)})
    replicas = design.replicas.model_copy(update={"spot": True})
    design = design.model_copy(update={"queue": queue, "replicas": replicas})
    scenario = replace(scenario, reclaim=reclaim)
    ours, theirs = compiled_engine.simulate(design, scenario), readable_engine.simulate(design, scenario)
    assert ours.same(theirs)
    assert (ours.ended >= 0).all()


@pytest.mark.parametrize("balancing", BALANCING)
def test_classes_at_replicas_that_come_and_go_are_those_of_the_readable_engine(balancing):
    failures = tuple(Failure(at, 3, down) for at, down in ((60.0, 0.0), (130.0, 1.0), (131.0, 30.0), (250.0, 5.0)))
    scaler = Autoscaler(least=2, most=9, target=0.5, every_s=7.0)
    busy = story(12.0, 400.0, 3, cost=BatchCost(0.5, 0.1, 0.5), reclaim=Reclaim(60.0, 2.0), failures=failures)
    for limit, drop_expired in ((None, True), (3, False)):
        design = Design(
            replicas=Replicas(count=5, spot=True, start_up_s=4.0, autoscaler=scaler),
            queue=Queue(balancing=balancing, limit=limit, drop_expired=drop_expired, priority=Priority(share=0.4)),
            batching=Batching(most_rows=3, wait_s=1.0),
            timeout_s=2.5,
            hedge_after_s=2.0,
            retries=Retries(most=1),
        )
        ours = compiled_engine.simulate(design, busy)
        assert ours.same(readable_engine.simulate(design, busy))
        assert ours.total("broken") > 0


def in_simpy(scenario, servers, queues, first):
    """Seconds from arrival to answer, (n,), by an engine that shares no code with ours; queues are taken in turn."""
    env, started = simpy.Environment(), iter(scenario.luck.batch)
    places = [simpy.PriorityResource(env, servers // queues) for _ in range(queues)]

    def served(i):
        with places[i % queues].request(priority=0 if first[i] else 1) as turn:
            yield turn
            yield env.timeout(0.01 * next(started))

    return latency_in_simpy(env, scenario, served)


@pytest.mark.parametrize(("servers", "balancing"), [(1, "shared"), (4, "shared"), (4, "round_robin")])
def test_simpy_gives_every_request_of_both_classes_the_same_latency(servers, balancing):
    scenario = story(90.0 * servers, 20.0, cost=EXPONENTIAL)
    found, plain = (
        compiled_engine.simulate(with_classes(servers, share, balancing), scenario).latency_s for share in (0.25, None)
    )
    queues = 1 if balancing == "shared" else servers
    theirs = in_simpy(scenario, servers, queues, scenario.first_class(0.25))
    np.testing.assert_allclose(found, theirs, rtol=1e-6, atol=1e-9)
    assert not np.allclose(plain, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("servers", [1, 3])
def test_both_classes_wait_as_long_as_cobham_says(servers):
    """1954, without interruption: of the wait W of one class at load rho, where the first class loads the servers by s,
    the first waits W (1 - rho) / (1 - s), and the others W / (1 - s).
    """
    rate, share = 80.0 * servers, 0.25
    scenario = story(rate, 20_000.0 / servers, cost=EXPONENTIAL)
    waited = compiled_engine.simulate(with_classes(servers, share), scenario).latency_s - 0.01
    first = scenario.first_class(share)
    alone = theory.mmc(rate, 0.01, servers).wait_s
    assert waited[first].mean() == pytest.approx(alone * (1 - 0.8) / (1 - 0.8 * share), rel=0.03)
    assert waited[~first].mean() == pytest.approx(alone / (1 - 0.8 * share), rel=0.03)


def test_classes_move_waiting_from_one_to_the_other_and_save_none():
    scenario = story(90.0, 2_000.0, cost=BatchCost(0.0, 0.01, 0.0))  # every service as long as the others
    classes, one = (compiled_engine.simulate(with_classes(share=share), scenario).latency_s for share in (0.25, None))
    first = scenario.first_class(0.25)
    assert classes.mean() == pytest.approx(one.mean(), rel=1e-9)
    assert classes[first].mean() < 0.5 * one.mean()
    assert classes[~first].mean() > one.mean()


def test_a_full_queue_refuses_both_classes_alike():
    scenario = story(150.0, 500.0, cost=EXPONENTIAL)
    failed = compiled_engine.simulate(with_classes(limit=5), scenario).ended == Ended.FAILED
    first = scenario.first_class(0.25)
    refused = theory.mm1k(150, 0.01, 6).refused
    assert failed[first].mean() == pytest.approx(refused, rel=0.05)
    assert failed[~first].mean() == pytest.approx(refused, rel=0.05)


def test_a_batch_begins_when_the_oldest_of_both_classes_has_waited():
    """Of the requests at 0 and at 0.06 s the later is first class; it takes the other's batch, not another window."""
    scenario = story(1.0, 1.0, cost=BatchCost(0.0, 0.0001, 0.0))
    seed = next(
        seed for seed in range(100)
        if replace(scenario, seed=seed, arrived=np.zeros(2), keys=np.zeros(2, int)).first_class(0.5).tolist()
        == [False, True]
    )  # fmt: skip
    scenario = replace(scenario, seed=seed, arrived=np.array([0.0, 0.06]), keys=np.zeros(2, int))
    design = patient(batching=Batching(most_rows=9, wait_s=0.1), queue=Queue(priority=Priority(share=0.5)))
    assert compiled_engine.simulate(design, scenario).latency_s == pytest.approx([0.1002, 0.0402])


def test_every_design_meets_the_same_classes_and_a_larger_share_has_them_all():
    scenario = story(100.0, 100.0)
    few, many = scenario.first_class(0.2), scenario.first_class(0.6)
    assert few.mean() == pytest.approx(0.2, abs=0.02)
    assert many.mean() == pytest.approx(0.6, abs=0.02)
    assert many[few].all()
    assert not np.array_equal(few, replace(scenario, seed=7).first_class(0.2))


def test_an_overloaded_service_answers_its_first_class_in_time():
    scenario = story(130.0, 300.0, cost=EXPONENTIAL)
    design = Design(timeout_s=0.5, queue=Queue(priority=Priority(share=0.3), drop_expired=True))
    figures = scored(design, scenario).figures
    assert figures["first class good, %"] > 99
    assert figures["others good, %"] < 60
    assert figures["first class p99, ms"] < 100 < figures["others p99, ms"]
    assert not any("class" in name for name in scored(Design(), scenario).figures)
