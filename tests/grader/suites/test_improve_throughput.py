"""What is `improve_throughput`'s own: its oracle, the policy's document, random policies, evenings, what is told."""

import dataclasses
import math

import numpy as np
import pytest

import grader.suites.improve_throughput as suite
from grader.suite_kit.designs import RefusedDesign, draw_scenarios
from grader.suites.improve_throughput import evenings, visits
from grader.suites.improve_throughput.cases import fresh_batches
from grader.suites.improve_throughput.timing import SlowSample
from tests.grader.suites.contract import bank_of

BANK = bank_of("improve_throughput")
GOOD = {"largest_batch": 56, "longest_wait_ms": 160, "queue_limit": 72, "deadline_ms": 250}


def test_the_oracle_and_the_slow_scorer_agree_on_every_kind_of_row(secret):
    rng = np.random.default_rng(3)
    rows = [*visits.simulate(rng, 40)[0], *visits.unusual(rng, 25), *visits.BROKEN]
    expected, slow = suite.EXERCISE.hidden().expected(rows), suite.SlowScorer().predict_many(rows)
    assert [answer is None for answer in expected] == [answer is None for answer in slow]
    assert sum(answer is None for answer in slow) == len(visits.BROKEN)
    given = [[answer for answer in some if answer is not None] for some in (expected, slow)]
    assert given[0] == pytest.approx(given[1], abs=1e-12)


def test_the_visits_that_are_timed_are_new_and_take_about_as_long_as_any_others():
    fresh = fresh_batches(3, 64)
    rows = [row for _ in range(4) for row in next(fresh)]
    assert len(set(rows)) == len(rows)
    assert {len(row.split()) for row in rows} == {9, 10, 11, 12, 13}


def test_the_slow_scorer_is_timed_on_rows_that_cannot_be_foretold():
    rows = next(fresh_batches(3, 64))
    places = [[place for place, _ in SlowSample(seed).predict_some(rows)] for seed in (1, 2)]
    assert places[0] != places[1]
    assert all(len(set(some)) == 8 for some in places)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch": 3}, "batch is no entry; known here are largest_batch, longest_wait_ms, queue_limit, deadline_ms"),
        ({"largest_batch": None}, "the policy: largest_batch is None; it must be a whole number"),
        ({"largest_batch": 1025}, "largest_batch is 1025; it must be less than or equal to 1024. Correct it"),
        ({"longest_wait_ms": math.nan}, "longest_wait_ms is nan; it must be less than or equal to 10000"),
        ({"longest_wait_ms": "1"}, "longest_wait_ms is '1'; it must be a number"),
        ({"deadline_ms": 160}, "deadline_ms is 160 and longest_wait_ms 160: requests are given up before.*Wait less"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_entry_value_rule_and_fix(change, words):
    with pytest.raises(RefusedDesign, match=words):
        evenings.TASK.read(GOOD | change)


@pytest.mark.parametrize(
    ("change", "ended_ms"),
    [  # a batch of n rows takes 16 + n ms here
        ({}, [18, 18, 36, 36, 53]),
        ({"largest_batch": 1}, [17, 34, 51, 68, 85]),
        ({"largest_batch": 4, "longest_wait_ms": 50}, [25, 25, 25, 25, 77]),
        ({"queue_limit": 2}, [18, 18, 36, 36, 10]),
        ({"deadline_ms": 30}, [18, 18, 30, 35, 40]),
    ],
)
def test_a_policy_says_when_a_batch_begins_and_who_is_refused_or_told(change, ended_ms):
    policy = evenings.TASK.read({"largest_batch": 2, "longest_wait_ms": 10} | change)
    cost = dataclasses.replace(evenings.CURVE, spread=0.0)
    run = evenings.Run(policy, evenings.plain_scenario("few", np.array([0.0, 0.0, 0.0, 0.005, 0.01]), 1, cost))
    assert (1e3 * (run.story.arrived + run.record.latency_s)).round(6).tolist() == ended_ms


def longest_wait_that_keeps_everything(policy):
    """The policy with the longest wait that gets all points on the public evenings, so near to their limits."""
    draws = draw_scenarios(evenings.FAMILIES, suite.CASES.public().evenings_seed)
    waits = [policy | {"longest_wait_ms": wait_ms} for wait_ms in range(160, 220, 3)]
    return [waiting for waiting in waits if evenings.TASK.scorecard(waiting, draws).points == 6][-1]


def test_on_twenty_evenings_the_reference_and_what_is_near_to_it_keep_everything():
    near = [
        GOOD,
        GOOD | {"longest_wait_ms": 155, "largest_batch": 48},
        GOOD | {"longest_wait_ms": 170, "queue_limit": 90},
        longest_wait_that_keeps_everything(GOOD | {"largest_batch": 48, "queue_limit": 60}),
    ]
    for seed in range(20):
        draws = draw_scenarios(evenings.FAMILIES, seed)
        assert [evenings.TASK.hidden.scorecard(one, draws).points for one in near] == [6, 6, 6, 6], seed


def test_what_is_counted_is_what_little_says():
    for situation in evenings.draw_situations(1):
        rate = len(situation.run.story.arrived) / situation.run.story.arrived[-1]
        assert situation.run.in_system() == pytest.approx(rate * situation.run.latency_ms.mean() / 1e3, rel=0.03)


def test_full_batches_carry_what_is_asked_for():
    situation = evenings.draw_situations(2)[0]
    crowd = np.arange(0, 20, 0.5 / situation.truth("largest_rate"))  # twice as many come
    limited = situation.policy.model_copy(update={"queue_limit": 4 * situation.policy.largest_batch})
    record = evenings.Run(limited, evenings.plain_scenario("crowd", crowd, 1, situation.cost)).record
    assert record.total("rows") / record.total("busy_s") == pytest.approx(situation.truth("largest_rate"), rel=0.03)


def test_a_figure_is_told_to_be_too_high_or_too_low_and_never_what_is_right():
    def high(policy, machine, rate):
        return {"largest_rate": 1e6, "in_system": -1.0}

    text = " ".join(suite.predictions(high).report.text().split())
    assert '"largest_rate" is too high in 4 of 4. First too high: predictions(' in text
    assert '"in_system" is too low in 4 of 4' in text
    assert '"rows_in_a_batch" is no number in 4 of 4' in text
    for situation in evenings.draw_situations(suite.CASES.public().evenings_seed):
        assert not any(f"{situation.truth(family):.4g}" in text for family in evenings.QUESTIONS)
