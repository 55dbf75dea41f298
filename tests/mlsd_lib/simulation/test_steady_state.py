"""Percentiles of the steady state, against queueing theory: one server, whose stay is exponential."""

import math

import numpy as np
import pytest

from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.scenario import scenario
from mlsd_lib.simulation.scorecard import scored
from mlsd_lib.simulation.steady_state import steady_percentile


def stays(seed, requests, load, waiting=0.0):
    """How long requests stay at one server, in mean services, (requests,); the first finds a queue of `waiting`."""
    rng = np.random.default_rng(seed)
    service, apart = rng.exponential(1, requests), rng.exponential(1 / load, requests)
    work = waiting + np.concatenate([[0.0], np.cumsum(service[:-1] - apart[1:])])
    return work - np.minimum(np.minimum.accumulate(work), 0.0) + service


@pytest.mark.parametrize("percent", [50, 95, 99])
def test_intervals_of_long_runs_hold_what_theory_says(percent):
    load, runs = 0.7, 100
    truth = -math.log(1 - percent / 100) / (1 - load)
    found = [steady_percentile(stays(seed, 100_000, load), percent) for seed in range(runs)]
    assert np.mean([one.long for one in found]) > 0.9
    assert 0.88 < np.mean([one.low <= truth <= one.high for one in found]) <= 1.0
    assert np.mean([one.value for one in found]) == pytest.approx(truth, rel=0.02)


@pytest.mark.parametrize(("requests", "load"), [(2_000, 0.9), (20_000, 0.95), (20_000, 1.1)])
def test_a_run_that_is_short_against_the_queues_memory_is_called_too_short(requests, load):
    found = [steady_percentile(stays(seed, requests, load), 95) for seed in range(50)]
    assert np.mean([one.long for one in found]) <= 0.05
    assert "too short" in str(found[0])


def test_a_start_before_a_long_queue_is_not_counted():
    truth = math.log(20) / (1 - 0.7)
    values = stays(0, 40_000, 0.7, waiting=1_000.0)
    assert np.percentile(values, 95) > 2 * truth
    found = steady_percentile(values, 95)
    assert found.low < truth < found.high
    assert found.long


def test_too_few_values_have_no_interval():
    assert math.isnan(steady_percentile(np.arange(0.0), 99).value)
    few = steady_percentile(np.arange(15.0), 99)
    assert (few.long, math.isnan(few.low)) == (False, True)
    assert few.value > 13


def test_a_scorecard_counts_the_steady_state_of_a_steady_story_alone():
    steady, crowd = (scored(Design(), scenario(name)) for name in ("steady", "flash-crowd"))
    counted = 1e3 * steady.record.latency_s[steady.full]
    assert steady.figures["p99, ms"] == np.percentile(counted[len(counted) // 10 :], 99)
    assert "p99 in the steady state" in str(steady)
    assert crowd.figures["p99, ms"] == np.percentile(1e3 * crowd.record.latency_s[crowd.full], 99)
    assert "steady state" not in str(crowd)
