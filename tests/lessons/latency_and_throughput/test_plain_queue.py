"""The plain queue against theory, Little's law, the event engine and SimPy; the traces against their rates."""

import numpy as np
import pytest
import simpy

from lessons.latency_and_throughput import queueing_theory as theory
from lessons.latency_and_throughput.plain_queue import serve_queue
from mlsd_lib.simulation import SimulationError, traces

N = 3_000_000


@pytest.fixture(scope="module")
def arrived():
    return traces.constant(np.random.default_rng(0), 80.0, N / 80)


@pytest.fixture(scope="module")
def service_s(arrived):
    return np.random.default_rng(1).exponential(0.01, len(arrived))


def test_one_exponential_server_waits_as_theory_says(arrived, service_s):
    found, expected = serve_queue(arrived, service_s), theory.mmc(80, 0.01, 1)
    assert found.wait_s.mean() == pytest.approx(expected.wait_s, rel=0.02)
    assert found.in_system() == pytest.approx(expected.in_system, rel=0.02)


def test_constant_service_halves_the_wait(arrived):
    found, expected = serve_queue(arrived, np.full(len(arrived), 0.01)), theory.md1(80, 0.01)
    assert found.wait_s.mean() == pytest.approx(expected.wait_s, rel=0.02)
    assert expected.wait_s == pytest.approx(theory.mmc(80, 0.01, 1).wait_s / 2)


def test_three_servers_wait_as_theory_says(arrived, service_s):
    found = serve_queue(arrived, 2.4 * service_s, servers=3)
    assert found.wait_s.mean() == pytest.approx(theory.mmc(80, 0.024, 3).wait_s, rel=0.02)


@pytest.mark.parametrize("servers", [1, 3])
def test_littles_law_holds_exactly_over_a_run(arrived, service_s, servers):
    found = serve_queue(arrived[:20_000], 1.2 * servers * service_s[:20_000], servers)
    rate = len(found.latency_s) / found.left.max()
    assert found.in_system() == pytest.approx(rate * found.latency_s.mean(), rel=1e-9)


def in_simpy(arrived, service_s, servers):
    """When each request left, in SimPy's own queue."""
    env = simpy.Environment()
    resource, left = simpy.Resource(env, servers), np.full(len(arrived), np.nan)

    def one(i):
        with resource.request() as turn:
            yield turn
            yield env.timeout(service_s[i])
        left[i] = env.now

    def all_of_them():
        for i, at in enumerate(arrived):
            yield env.timeout(at - env.now)
            env.process(one(i))

    env.process(all_of_them())
    env.run()
    return left


@pytest.mark.parametrize("servers", [1, 4])
def test_simpy_gives_the_same_answers(arrived, service_s, servers):
    some, load = arrived[:5_000], 1.1 * servers * service_s[:5_000]
    np.testing.assert_allclose(serve_queue(some, load, servers).left, in_simpy(some, load, servers))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 0.5], [1.0, 1.0]), "sorted"),
        (([0.0, 0.5], [1.0, -1.0]), "not negative"),
        (([0.0], [1.0, 1.0]), "each request needs one of both"),
        (([0.0], [1.0], 0), "servers is 0"),
    ],
)
def test_what_is_no_queue_is_refused(arguments, message):
    with pytest.raises(SimulationError, match=message):
        serve_queue(*arguments)


def test_theory_refuses_a_queue_that_has_no_mean():
    with pytest.raises(SimulationError, match="servers is 0; somebody must serve"):
        theory.mmc(1.0, 0.5, 0)
    with pytest.raises(SimulationError, match=r"load 1 servers by 1\.20"):
        theory.mmc(120, 0.01, 1)


def test_a_trace_follows_its_rate_and_jumps():
    found = traces.varying(np.random.default_rng(0), [0, 100, 100, 200, 300], [10, 10, 50, 0, 40])
    counts = np.histogram(found, [0, 100, 150, 200, 300])[0]
    expected = np.array([1_000, 1_875, 625, 2_000])
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected)).all()
    assert (np.diff(found) >= 0).all()


def test_within_a_slope_times_are_where_its_rate_is():
    found = traces.varying(np.random.default_rng(1), [0, 1], [0, 200_000])
    assert np.sqrt(np.mean(found**2)) == pytest.approx(np.sqrt(0.5), rel=0.01)  # the density is 2 t


def test_a_day_has_its_peak_at_noon_and_its_mean_rate():
    found = traces.daily_cycle(np.random.default_rng(0), 2.0)
    assert len(found) == pytest.approx(2 * traces.DAY_S, rel=0.01)
    noon = ((found > 11 * 3_600) & (found < 13 * 3_600)).sum()
    assert noon / (2 * 3_600) == pytest.approx(2 * 1.6, rel=0.05)


def test_a_crowd_that_excites_itself_has_its_rate_and_more_spread_than_chance():
    rng = np.random.default_rng(0)
    found = traces.self_exciting(rng, 20.0, 20_000.0, branching=0.6)
    assert len(found) == pytest.approx(400_000, rel=0.03)
    counts = np.histogram(found, np.arange(0, 20_001, 60))[0]
    assert counts.var() / counts.mean() == pytest.approx(1 / (1 - 0.6) ** 2, rel=0.25)  # long bins of a Hawkes process


@pytest.mark.parametrize(("times", "rates"), [([0, 2, 1], [1, 1, 1]), ([1, 2], [1, 1]), ([0, 1], [1, -1]), ([0], [1])])
def test_a_trace_that_cannot_be_is_refused(times, rates):
    with pytest.raises(SimulationError):
        traces.varying(np.random.default_rng(0), times, rates)


def test_zipf_keys_fall_as_their_rank():
    counts = np.bincount(traces.zipf_keys(np.random.default_rng(0), 400_000, 1_000), minlength=1_000)
    assert counts[0] / counts[9] == pytest.approx(10, rel=0.1)
    assert len(counts) == 1_000
