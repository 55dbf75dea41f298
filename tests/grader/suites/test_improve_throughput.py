"""What is `improve_throughput`'s own: its oracle, the policy's document, random policies, evenings, what is told."""

import dataclasses
import math

import numpy as np
import pytest

import grader.suites.improve_throughput as suite
from grader.suite_kit.designs import draw_scenarios
from grader.suites.improve_throughput import evenings, visits
from grader.suites.improve_throughput.cases import fresh_batches
from grader.suites.improve_throughput.policy import Policy, PolicyError
from grader.suites.improve_throughput.timing import SlowSample
from mlsd_lib.simulation import compiled_engine
from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.record import Ended
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
        ({"batch": 3}, "'batch' is no entry; known are largest_batch, longest_wait_ms, queue_limit, deadline_ms"),
        ({"largest_batch": None}, "largest_batch is None; it must be a whole number from 1 to 1,024. Correct it"),
        ({"largest_batch": True}, "largest_batch is True; it must be a whole number"),
        ({"largest_batch": 2.5}, "largest_batch is 2.5; it must be a whole number"),
        ({"longest_wait_ms": math.nan}, "longest_wait_ms is nan; it must be a number from 0 to 10,000"),
        ({"longest_wait_ms": "1"}, "longest_wait_ms is '1'; it must be a number"),
        ({"queue_limit": 55}, "queue_limit is 55, below largest_batch, 56: no batch fills. Let more wait"),
        ({"deadline_ms": 160}, "deadline_ms is 160 and longest_wait_ms 160: requests are given up before.*Wait less"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_entry_value_rule_and_fix(change, words):
    with pytest.raises(PolicyError, match=words):
        Policy.of(GOOD | change)


def test_a_policy_is_plain_data_and_back():
    assert Policy.of(Policy.of(GOOD).plain()) == Policy.of(GOOD)
    with pytest.raises(PolicyError, match="The policy is list; it must be a dict with largest_batch"):
        Policy.of([56])


def as_the_library_does_it(policy, story):
    """The record of the library's simulator, which knows replicas, retries and much else."""
    queue = {"limit": policy.queue_limit, "drop_expired": True}
    batching = {"most_rows": policy.largest_batch, "wait_s": policy.longest_wait_ms / 1e3}
    deadline_s = 600.0 if policy.deadline_ms is None else policy.deadline_ms / 1e3
    design = Design.of(
        {"queue": queue, "timeout_s": deadline_s} | ({"batching": batching} if batching["most_rows"] > 1 else {})
    )
    return compiled_engine.simulate(design, story)


@pytest.mark.parametrize("family", evenings.FAMILIES, ids=lambda family: family.name)
def test_the_machine_does_what_the_simulator_of_the_library_does(family):
    rng = np.random.default_rng(5)
    for seed in range(3):
        story = evenings.scenario(draw_scenarios([family], seed)[family.name][0])
        for _ in range(8):
            rows, wait_ms = (int(np.exp(rng.uniform(0, most))) for most in (6, 7))
            limit, deadline_ms = rows + int(rng.exponential(60)), wait_ms + 1 + rng.exponential(300)
            policy = Policy(
                rows, wait_ms, limit if rng.random() < 0.7 else None, deadline_ms if rng.random() < 0.7 else None
            )
            ours, theirs = evenings.Run(policy, story).record, as_the_library_does_it(policy, story)
            assert np.array_equal(ours.answered, theirs.ended == Ended.ANSWERED), policy
            assert ours.latency_s[ours.answered] == pytest.approx(theirs.latency_s[ours.answered], abs=1e-9)
            for name in ("batches", "rows", "refused", "timed_out", "busy_s"):
                assert getattr(ours, name) == pytest.approx(theirs.total(name), rel=1e-12), (name, policy)


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


def test_half_of_the_promise_for_the_wait_is_a_guess_that_earns_at_most_half():
    for seed in range(10):
        draws = draw_scenarios(evenings.FAMILIES, seed)
        for wait_ms in (100, evenings.P99_MS / 2):
            assert evenings.TASK.hidden.scorecard(GOOD | {"longest_wait_ms": wait_ms}, draws).points <= 3, seed


def test_what_is_counted_is_what_little_says():
    for situation in evenings.draw_situations(1):
        rate = len(situation.run.story.arrived) / situation.run.story.arrived[-1]
        assert situation.run.in_system() == pytest.approx(rate * situation.run.latency_ms.mean() / 1e3, rel=0.03)


def test_full_batches_carry_what_is_asked_for():
    situation = evenings.draw_situations(2)[0]
    crowd = np.arange(0, 20, 0.5 / situation.truth("largest_rate"))  # twice as many come
    limited = dataclasses.replace(situation.policy, queue_limit=4 * situation.policy.largest_batch)
    record = evenings.Run(limited, evenings.plain_scenario("crowd", crowd, 1, situation.cost)).record
    assert record.rows / record.busy_s == pytest.approx(situation.truth("largest_rate"), rel=0.03)


def test_a_figure_is_told_to_be_too_high_or_too_low_and_never_what_is_right():
    def high(policy, machine, rate):
        return {"largest_rate": 1e6, "in_system": -1.0}

    text = " ".join(suite.predictions(high).report.text().split())
    assert '"largest_rate" is too high in 4 of 4. First too high: predictions(' in text
    assert '"in_system" is too low in 4 of 4' in text
    assert '"rows_in_a_batch" is no number in 4 of 4' in text
    for situation in evenings.draw_situations(suite.CASES.public().evenings_seed):
        assert not any(f"{situation.truth(family):.4g}" in text for family in evenings.QUESTIONS)
