"""A queue a replica and its balancer: SimPy request by request, and what becomes of queues when replicas go."""

import numpy as np
import pytest
import simpy

from mlsd_lib.simulation import compiled_engine
from mlsd_lib.simulation.design import Autoscaler, Batching, Design, Queue, Replicas, Retries
from mlsd_lib.simulation.record import Ended
from mlsd_lib.simulation.scenario import BatchCost, Failure
from tests.mlsd_lib.simulation import readable_engine
from tests.mlsd_lib.simulation.test_serving_simulator import patient, story

POLICIES = ["random", "round_robin", "least_loaded", "two_choices"]
EXPONENTIAL = BatchCost(0.0, 0.01, 1.0)
"""100 requests a second and replica, one at a time."""


def balanced(replicas, balancing, **rest):
    return patient(replicas=Replicas(count=replicas), queue=Queue(balancing=balancing), **rest)


@pytest.mark.parametrize("balancing", POLICIES)
@pytest.mark.parametrize(("limit", "drop_expired"), [(None, True), (3, False)])
def test_queues_of_replicas_that_come_and_go_are_those_of_the_readable_engine(balancing, limit, drop_expired):
    """Random designs hardly ever move a request that nobody waits for from a replica that is switched off."""
    failures = tuple(Failure(at, 3, down) for at, down in ((60.0, 0.0), (130.0, 1.0), (131.0, 30.0), (250.0, 5.0)))
    scaler = Autoscaler(least=2, most=9, target=0.5, every_s=3.0)
    busy = story(9.0, 400.0, 3, cost=BatchCost(0.5, 0.1, 0.5), failures=failures)
    design = Design(
        replicas=Replicas(count=5, start_up_s=4.0, autoscaler=scaler),
        queue=Queue(balancing=balancing, limit=limit, drop_expired=drop_expired),
        batching=Batching(most_rows=3, wait_s=2.0),
        timeout_s=1.6,
        hedge_after_s=0.3,
        retries=Retries(most=1),
    )
    ours = compiled_engine.simulate(design, busy)
    assert ours.same(readable_engine.simulate(design, busy))
    assert ours.total("broken") > 0


def in_simpy(scenario, servers, balancing):
    """Seconds from arrival to answer, (n,), by an engine that shares no code with ours."""
    env, latency = simpy.Environment(), np.empty(len(scenario.arrived))
    places, started = [simpy.Resource(env, 1) for _ in range(servers)], iter(scenario.luck.batch)

    def load(place):
        return places[place].count + len(places[place].queue)

    def choose(i):
        first, second = scenario.choices[i]
        chosen = int(first * servers)
        others = [place for place in range(servers) if place != chosen]
        return {
            "random": chosen,
            "round_robin": i % servers,
            "least_loaded": int(np.argmin([load(place) for place in range(servers)])),
            "two_choices": min((chosen, others[int(second * (servers - 1))]), key=load),
        }[balancing]

    def request(i):
        with places[choose(i)].request() as turn:
            yield turn
            yield env.timeout(0.01 * next(started))
        latency[i] = env.now - scenario.arrived[i]

    def all_of_them():
        for i, at in enumerate(scenario.arrived):
            yield env.timeout(at - env.now)
            env.process(request(i))

    env.process(all_of_them())
    env.run()
    return latency


@pytest.mark.parametrize("balancing", POLICIES)
def test_simpy_gives_every_request_the_same_latency(balancing):
    scenario = story(360.0, 20.0, cost=EXPONENTIAL)
    found = {name: compiled_engine.simulate(balanced(4, name), scenario).latency_s for name in POLICIES}
    theirs = in_simpy(scenario, 4, balancing)
    np.testing.assert_allclose(found[balancing], theirs, rtol=1e-6, atol=1e-9)
    for other in set(POLICIES) - {balancing}:
        assert not np.allclose(found[other], theirs, rtol=1e-6, atol=1e-9)


def test_the_more_a_balancer_knows_the_shorter_the_tail():
    scenario = story(850.0, 300.0, cost=EXPONENTIAL)
    p99 = [
        np.percentile(compiled_engine.simulate(balanced(10, name), scenario).latency_s, 99)
        for name in ("random", "round_robin", "two_choices", "least_loaded", "shared")
    ]
    assert (np.diff(p99) < 0).all()


@pytest.mark.parametrize("balancing", POLICIES)
def test_a_replica_that_dies_takes_its_queue_along_and_the_others_get_the_rest(balancing):
    scenario = story(400.0, 100.0, failures=(Failure(50.0, 1, 600.0),), cost=BatchCost(0.0, 0.01, 0.0))  # too many
    found = compiled_engine.simulate(balanced(3, balancing), scenario)
    lost = scenario.arrived[found.ended == Ended.FAILED]
    assert len(lost) == found.total("broken") > 1  # the one at work and those that waited
    assert lost.max() <= 50
    assert found.total("up_s") == pytest.approx(2 * 100 + 50, abs=1)


def test_what_waits_at_a_replica_that_is_switched_off_is_answered_by_another():
    scaler = Autoscaler(least=1, most=6, target=1.0, every_s=1.0)
    replicas = Replicas(count=6, start_up_s=0.0, autoscaler=scaler)
    slow = Batching(most_rows=100, wait_s=5.0)  # replicas are idle while their batches fill
    scenario = story(50.0, 100.0)
    found = compiled_engine.simulate(
        patient(replicas=replicas, queue=Queue(balancing="random"), batching=slow), scenario
    )
    assert (found.ended == Ended.ANSWERED).all()
    assert found.total("sent") == len(scenario.arrived)
    assert found.total("up_s") < 3 * 100


@pytest.mark.parametrize("balancing", POLICIES)
def test_where_no_replica_is_up_requests_are_refused_and_a_shared_queue_keeps_them(balancing):
    scenario = story(20.0, 100.0, failures=(Failure(50.0, 2, 10.0),))
    refused, kept = (
        compiled_engine.simulate(
            patient(replicas=Replicas(count=2, start_up_s=5.0), queue=Queue(balancing=name)), scenario
        )
        for name in (balancing, "shared")
    )
    down = (scenario.arrived > 50) & (scenario.arrived < 65)
    assert refused.total("refused") == down.sum() > 100
    assert (refused.ended[down] == Ended.FAILED).all()
    assert kept.total("refused") == 0
    assert (kept.ended[down] == Ended.ANSWERED).all()


def test_a_limit_is_one_for_each_queue():
    crowd = story(1_000.0, 20.0, cost=EXPONENTIAL)
    most = {}
    for balancing in ("shared", "round_robin"):
        design = patient(replicas=Replicas(count=4), queue=Queue(limit=5, balancing=balancing))
        most[balancing] = compiled_engine.simulate(design, crowd).total("queue_s") / 20
    assert 4 < most["shared"] <= 5
    assert 16 < most["round_robin"] <= 20
