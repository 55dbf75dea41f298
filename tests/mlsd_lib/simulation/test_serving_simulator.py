"""The serving simulator: compiled equals readable on random designs, both equal theory, each part does its job."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons.latency_and_throughput import queueing_theory as theory
from mlsd_lib.simulation import compiled_engine, traces
from mlsd_lib.simulation.compiled_state import BALANCING
from mlsd_lib.simulation.design import BURST, Autoscaler, Batching, Breaker, Cache, Design, Queue, Replicas, Retries
from mlsd_lib.simulation.errors import SimulationError
from mlsd_lib.simulation.record import Ended
from mlsd_lib.simulation.scenario import BatchCost, Failure, Scenario, Slow
from tests.mlsd_lib.simulation import readable_engine


@st.composite
def scenarios(draw):
    """Short stories, of every load; times on a coarse grid too, so that events fall on each other."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    seconds = 40.0
    arrived = traces.flash_crowd(rng, draw(st.sampled_from([2.0, 10.0, 40.0])), seconds, 12.0, 6.0, 4.0)
    arrived = np.concatenate([[0.0], arrived])
    if draw(st.booleans()):
        arrived = np.round(arrived * 4) / 4
    keys = traces.zipf_keys(rng, len(arrived), 50)
    cost = BatchCost(*(draw(st.sampled_from(values)) for values in ([0.0, 0.05], [0.01, 0.05], [0.0, 1.0])))
    slow = draw(st.lists(st.builds(Slow, st.just(10.0), st.just(15.0), st.just(5.0)), max_size=1))
    failures = draw(st.lists(st.builds(Failure, st.floats(1, 30), st.integers(1, 3), st.floats(0, 9)), max_size=2))
    return Scenario("any", arrived, keys, 50, seconds, cost, tuple(slow), tuple(failures), change_s=20.0, seed=1)


def maybe(strategy):
    return st.none() | strategy


def some(**values):
    """One of each entry's values."""
    return {name: st.sampled_from(options) for name, options in values.items()}


scalers = st.builds(Autoscaler, least=st.just(1), most=st.integers(3, 5), **some(target=[0.5], every_s=[1.0, 4.0]))
designs = st.builds(
    Design,
    replicas=st.builds(Replicas, **some(count=[1, 2, 3], start_up_s=[0.0, 2.5]), autoscaler=maybe(scalers)),
    batching=st.builds(Batching, **some(most_rows=[1, 2, 8], wait_s=[0.0, 0.02, 0.25])),
    queue=st.builds(
        Queue, limit=maybe(st.integers(1, 20)), drop_expired=st.booleans(), balancing=st.sampled_from(BALANCING)
    ),
    retries=st.builds(Retries, **some(most=[0, 1, 3], backoff_s=[0.0, 0.25], budget=[None, 0.0, 0.1])),
    breaker=maybe(st.builds(Breaker, **some(failures=[0.3, 1.0], window=[1, 3, 10], open_s=[0.5, 3.0]))),
    cache=maybe(st.builds(Cache, **some(items=[1, 5, 30], ttl_s=[0.5, 5.0], coalesce=[False, True]))),
    **some(timeout_s=[0.2, 1.0, 5.0], hedge_after_s=[None, 0.05, 0.25], fallback=[False, True]),
)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(designs, scenarios())
def test_compiled_and_readable_agree_to_the_last_bit(design, scenario):
    ours, theirs = compiled_engine.simulate(design, scenario), readable_engine.simulate(design, scenario)
    assert ours.same(theirs)
    assert (ours.ended >= 0).all()  # every request ends once
    assert (ours.latency_s >= 0).all()
    assert ours.total("rows") <= ours.total("sent")
    most = 1 + design.retries.most
    assert ours.total("sent") <= len(ours.ended) * most * (2 if design.hedge_after_s else 1)


def story(rate, seconds=2_000.0, seed=0, **rest):
    rng = np.random.default_rng(seed)
    arrived = traces.constant(rng, rate, seconds)
    return Scenario("story", arrived, traces.zipf_keys(rng, len(arrived), 1_000), 1_000, seconds, seed=seed, **rest)


def patient(**rest):
    return Design(timeout_s=600.0, **rest)


@pytest.mark.parametrize(("servers", "spread"), [(1, 1.0), (1, 0.0), (3, 1.0)])
def test_without_extras_it_is_the_queue_of_theory(servers, spread):
    scenario = story(80.0 * servers, 20_000.0, cost=BatchCost(0.0, 0.01, spread))
    found = compiled_engine.simulate(patient(replicas=Replicas(count=servers)), scenario)
    expected = theory.mmc(80 * servers, 0.01, servers) if spread else theory.md1(80, 0.01)
    assert found.latency_s.mean() - 0.01 == pytest.approx(expected.wait_s, rel=0.02)


def test_a_full_queue_refuses_as_theory_says():
    scenario = story(80.0, 20_000.0, cost=BatchCost(0.0, 0.015, 1.0))
    found = compiled_engine.simulate(patient(queue=Queue(limit=7)), scenario)  # seven wait, one is served
    load = 80 * 0.015
    refused = load**8 * (1 - load) / (1 - load**9)  # of M/M/1 with places for eight
    assert (found.ended == Ended.FAILED).mean() == pytest.approx(refused, rel=0.02)


def test_batches_carry_a_load_that_single_rows_cannot():
    scenario = story(400.0, 300.0)
    alone, together = (
        compiled_engine.simulate(patient(batching=Batching(most_rows=rows)), scenario) for rows in (1, 32)
    )
    assert np.median(alone.latency_s) > 100 * np.median(together.latency_s)


def test_a_window_makes_batches_fuller_and_answers_later():
    scenario = story(100.0, 300.0)
    now, later = (patient(batching=Batching(most_rows=16, wait_s=wait)) for wait in (0.0, 0.05))
    none, window = (compiled_engine.simulate(design, scenario) for design in (now, later))
    assert window.total("batches") < 0.5 * none.total("batches")
    assert np.median(window.latency_s) > np.median(none.latency_s)


def storm(**rest):
    return Design(timeout_s=0.5, retries=Retries(most=3, **rest.pop("retries", {})), **rest)


CROWD = {"cost": BatchCost(0.0, 0.01, 1.0), "slow": (Slow(100.0, 104.0, 4.0),)}


def test_a_blip_ends_in_a_storm_of_retries_that_a_budget_or_dropping_prevents():
    scenario = story(80.0, 400.0, **CROWD)
    late = scenario.arrived > 200
    good = {
        name: (compiled_engine.simulate(design, scenario).ended[late] == Ended.ANSWERED).mean()
        for name, design in {
            "no retries": Design(timeout_s=0.5),
            "retries": storm(),
            "budget": storm(retries={"budget": 0.1}),
            "dropped": storm(queue=Queue(drop_expired=True)),
        }.items()
    }
    assert good["retries"] < 0.05
    assert min(good["no retries"], good["budget"], good["dropped"]) > 0.95


def test_what_the_cache_answers_earns_no_retry():
    design = Design(
        replicas=Replicas(count=1), queue=Queue(limit=1), retries=Retries(most=10, budget=0.1),
        cache=Cache(items=1_000, ttl_s=600.0),
    )  # fmt: skip
    record = compiled_engine.simulate(design, story(200.0, 300.0, cost=BatchCost(0.2, 0.0, 0.0)))
    first = len(record.ended) - np.isin(record.ended, [Ended.CACHED, Ended.STALE]).sum()
    assert first < 0.4 * len(record.ended)  # most are answered by the cache
    assert 0.09 * first < record.total("retried") <= 0.1 * first + BURST


def test_a_breaker_spares_the_station_and_closes_again():
    scenario = story(80.0, 400.0, slow=(Slow(100.0, 160.0, 50.0),), cost=BatchCost(0.0, 0.01, 0.0))
    bare, guarded = (
        compiled_engine.simulate(Design(timeout_s=0.5, breaker=breaker), scenario) for breaker in (None, Breaker())
    )
    assert guarded.total("wasted_rows") < 0.5 * bare.total("wasted_rows")
    assert guarded.total("not_sent") > 0
    late = scenario.arrived > 300
    assert (guarded.ended[late] == Ended.ANSWERED).all()


def test_a_hedge_cuts_the_tail_and_costs_work():
    scenario = story(20.0, 2_000.0, cost=BatchCost(0.0, 0.02, 1.0))
    bare, hedged = (
        compiled_engine.simulate(patient(replicas=Replicas(count=4), hedge_after_s=after), scenario)
        for after in (None, 0.06)
    )
    assert np.percentile(hedged.latency_s, 99.5) < 0.9 * np.percentile(bare.latency_s, 99.5)
    assert hedged.total("rows") > bare.total("rows")


def test_a_cache_answers_what_is_asked_often_and_gets_outdated():
    scenario = story(50.0, 600.0, change_s=100.0)
    share = {}
    for ttl in (1.0, 30.0, 300.0):
        ended = compiled_engine.simulate(Design(cache=Cache(items=1_000, ttl_s=ttl)), scenario).ended
        share[ttl] = [(ended == how).mean() for how in (Ended.CACHED, Ended.STALE)]
    assert share[1.0][0] < share[30.0][0]
    assert share[1.0][1] < share[30.0][1] < share[300.0][1]


def test_coalescing_sends_one_request_for_an_item_at_a_time():
    scenario = Scenario("burst", np.linspace(0, 0.05, 500), np.zeros(500, dtype=np.int64), 1, 60.0)
    alone, together = (
        compiled_engine.simulate(patient(cache=Cache(items=10, ttl_s=60.0, coalesce=coalesce)), scenario)
        for coalesce in (False, True)
    )
    assert alone.total("sent") > 1
    assert together.total("sent") == 1
    assert (together.ended <= Ended.STALE).all()


def test_an_autoscaler_follows_the_load_late_and_saves_what_is_not_needed():
    arrived = traces.varying(np.random.default_rng(0), [0, 600, 600, 1_200], [50, 50, 500, 500])
    scenario = Scenario("step", arrived, np.zeros(len(arrived), dtype=np.int64), 1, 1_200.0)
    scaler = Autoscaler(least=1, most=12, target=0.6, every_s=15.0)
    found = compiled_engine.simulate(patient(replicas=Replicas(count=1, start_up_s=60.0, autoscaler=scaler)), scenario)
    late = found.latency_s[(arrived > 600) & (arrived < 660)]
    assert np.median(late) > 5  # nothing helps before the start-up delay is over
    assert np.median(found.latency_s[arrived > 1_100]) < 0.05
    fixed = compiled_engine.simulate(patient(replicas=Replicas(count=12)), scenario)
    assert found.total("paid_s") < 0.7 * fixed.total("paid_s")


def test_a_dead_replica_takes_its_batch_along_and_comes_back():
    scenario = story(150.0, 300.0, failures=(Failure(100.0, 1, 30.0),), cost=BatchCost(0.0, 0.02, 0.0))
    found = compiled_engine.simulate(patient(replicas=Replicas(count=2, start_up_s=20.0)), scenario)  # both always busy
    assert found.total("broken") == 1
    assert (found.ended == Ended.FAILED).sum() == 1
    assert found.total("up_s") == pytest.approx(2 * 300 - 50, abs=1)


def test_the_same_story_twice_ends_alike():
    one, other = (compiled_engine.simulate(storm(), story(80.0, 200.0, **CROWD)) for _ in range(2))
    assert one.same(other)


ELSEWHERE = """
from mlsd_lib.simulation import compiled_engine, scenario
from mlsd_lib.simulation.design import Design
compiled_engine.simulate(Design(), scenario.steady(__import__("numpy").random.default_rng(0), rate=1.0, seconds=30.0))
print(len(compiled_engine._run.stats.cache_hits), len(compiled_engine._run.stats.cache_misses))
"""


def test_what_is_compiled_is_found_again_where_its_folder_cannot_be_written_to(tmp_path):
    compiled_engine.simulate(Design(), Scenario("one", np.zeros(1), np.zeros(1, dtype=int), 1, 10.0))
    setting = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}  # numba then writes nothing beside the source
    ran = subprocess.run([sys.executable, "-c", ELSEWHERE], env=setting, capture_output=True, text=True)
    assert ran.stdout.split() == ["1", "0"], ran.stderr
    assert list(tmp_path.rglob("compiled_engine.*.nbc"))


def test_while_one_process_compiles_the_others_wait(monkeypatch, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(compiled_engine, "LOCK", tmp_path / "lock")  # another test may be compiling at this moment

    def is_held():
        with open(compiled_engine.LOCK) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    compiled_engine.prepare.cache_clear()
    compiled_engine.prepare()
    held = [is_held()]
    monkeypatch.setattr(compiled_engine, "_simulate", lambda *_: held.append(is_held()))
    compiled_engine.prepare.cache_clear()
    compiled_engine.prepare()
    assert held == [False, True]


def test_no_design_makes_the_compiled_simulator_leave_its_arrays(tmp_path):
    """numba puts the checks in before LLVM sees the code: that optimises less here, since most of the time compiles."""
    checked = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_OPT": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.mlsd_lib.simulation.bounds_fuzz", "2000"],
        env=checked,
        capture_output=True,
        text=True,
    )
    assert (ended.stdout.strip(), ended.returncode) == ("2000", 0), ended.stderr[-2_000:]


SPARSE = Autoscaler(least=1, most=500, target=1e-5, every_s=1.0)


def test_starts_that_an_autoscaler_cancels_again_and_again_end_as_in_the_readable_engine():
    design = Design(replicas=Replicas(start_up_s=86_400.0, autoscaler=SPARSE))
    sparse = story(0.1, 300.0)
    assert compiled_engine.simulate(design, sparse).same(readable_engine.simulate(design, sparse))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"keys": [0, 7, 1]}, "keys are int64 from 0 to 7; each names one of 5 items: whole numbers from 0 to 4"),
        ({"keys": [0, -1, 1]}, "keys are int64 from -1 to 1; each names one of 5 items"),
        ({"keys": [0.0, 1.5, 1.0]}, "keys are float64 from 0.0 to 1.5; each names one of 5 items"),
        ({"arrived": [0.0, 2.0, 1.0]}, "request 2 arrives before the one above it; times must rise"),
        ({"arrived": [-1.0, 2.0, 3.0]}, "a request arrives at -1.0 s; times are seconds from 0 on"),
        ({"arrived": [0.0, 2.0, np.nan]}, "a request arrives at nan s; times are seconds from 0 on"),
        ({"seconds": 0.0}, "the story lasts 0.0 s; it must last some time"),
        ({"slow": (Slow(5.0, 1.0, 2.0),)}, "it must end after it starts, and its factor must be above 0"),
        ({"failures": (Failure(-1.0, 1, 2.0),)}, "its times must be 0 s or later, and at least one replica dies"),
        ({"cost": BatchCost(spread=2.0)}, "seconds must not be negative, and spread is a share from 0 to 1"),
    ],
)
def test_a_story_that_no_system_could_live_through_is_refused(values, message):
    plain = {"arrived": [0.0, 1.0, 2.0], "keys": [0, 1, 4], "items": 5, "seconds": 3.0} | values
    with pytest.raises(SimulationError, match="odd: ") as raised:
        Scenario("odd", **plain | {name: np.array(plain[name]) for name in ("arrived", "keys")})
    assert message in str(raised.value)


def test_where_numba_keeps_its_results_elsewhere_links_lead_to_those_that_lie_here(tmp_path):
    code = "from mlsd_lib.simulation import compiled_engine; compiled_engine.prepare()"
    subprocess.run([sys.executable, "-c", code], check=True)
    there = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=there, check=True)
    found = list(tmp_path.rglob("compiled_engine.*.nb[ci]"))
    assert len(found) > 20
    assert [path for path in found if not path.is_symlink()] == []
