"""What is `minimize_cost`'s own: its simulator, what its bound bounds, its published ranges, random policies, words."""

import math

import numpy as np
import pytest

import grader.suites.minimize_cost as suite
from grader.suite_kit.policies import Refused
from grader.suite_kit.score_sheet import Sheet
from grader.suites.minimize_cost import cases as of_cost
from grader.suites.minimize_cost import world
from grader.suites.minimize_cost.bill import live
from grader.suites.minimize_cost.cases import QUESTIONS, draw_questions
from grader.suites.minimize_cost.simulator import MOST, simulate, storage_cost
from grader.suites.minimize_cost.suite import ROOM, steps_of_cost
from tests.grader.suites.contract import bank_of, cells_of, reference_of

BANK = bank_of("minimize_cost")
SECRETS = 3


@pytest.fixture(scope="module")
def public():
    return suite.CASES.public()


@pytest.fixture(scope="module")
def reference():
    return cells_of(BANK, reference_of(BANK))


def day_of(load, taken=(), away=4):
    """A day with some load, on which all spot machines go at the steps `taken`."""
    offered = [not any(0 <= step - at < away for at in taken) for step in range(len(load))]
    return {
        "family": "ordinary",
        "load": load,
        "taken": [float(at in taken) for at in range(len(load))],
        "offered": offered,
    }


OFFER = {
    "machine_per_s": 10, "on_demand_hour": 1.2, "reserved_hour": 0.6, "spot_hour": 0.36, "spot_most": 8,
    "start_up_min": 10, "answer_mb": 0.1, "egress_gb": 0.1, "cache_gb_day": 0.2, "cache_hits": [[0, 0.0], [100, 0.5]],
}  # fmt: skip


# The simulator


def test_a_machine_is_paid_from_its_order_and_answers_after_its_start_up():
    wanted = iter([0, 1, 1, 1, 0, 0])
    run = simulate(lambda _: {"on_demand": next(wanted), "spot": 0}, OFFER, day_of([0, 0, 0, 10, 10, 10]), 0)
    assert [step.on_demand for step in run.steps] == [0, 0, 0, 1, 0, 0]
    assert run.cost["on_demand"] == pytest.approx(3 * 1.2 / 12)
    assert run.level == pytest.approx(1 / 3)


def test_what_is_stopped_is_first_what_still_starts():
    wanted = iter([2, 4, 3, 3, 3])
    run = simulate(lambda _: {"on_demand": next(wanted), "spot": 0}, OFFER, day_of([0] * 5), 0)
    assert [(step.on_demand, step.starting) for step in run.steps] == [(0, 2), (0, 4), (2, 1), (3, 0), (3, 0)]


def test_a_policy_sees_the_past_and_nothing_else():
    seen = []

    def decide(observation):
        seen.append(observation)
        return {"on_demand": 0, "spot": 2}

    load = list(range(100, 120))
    simulate(decide, OFFER, day_of(load, taken=[6]), 3)
    assert [moment["load"][-1] for moment in seen] == [100, *load[:-1]]
    assert all(len(moment["load"]) == 12 for moment in seen)
    assert seen[15]["load"] == load[3:15]
    assert [moment["taken"] for moment in seen[5:9]] == [0, 0, 2, 0]
    assert [moment["spot_offered"] for moment in seen[5:12]] == [True, True, False, False, False, False, True]
    assert seen[0]["up"] == {"reserved": 3, "on_demand": 8, "spot": 0}


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "is a return missing"), ({}, "gave no 'on_demand'"), ({"on_demand": 1, "spot": 1, "more": 1}, "'more'"),
     ({"on_demand": -1, "spot": 0}, "on_demand = -1"), ({"on_demand": 0, "spot": 0.5}, "spot = 0.5"),
     ({"on_demand": math.nan, "spot": 0}, "whole number from 0 to"), ({"on_demand": MOST + 1, "spot": 0}, str(MOST)),
     ({"on_demand": True, "spot": 0}, "True")],
)  # fmt: skip
def test_what_cannot_be_wanted_is_refused_with_what_to_change(given, words):
    with pytest.raises(Refused, match=words):
        simulate(lambda _: given, OFFER, day_of([10]), 0)


# The bound


def test_no_policy_of_the_bank_is_cheaper_than_the_bound(public):
    kept = 0
    for answer in BANK.answers:
        if answer.kind in ("reference", "alternative"):
            policy = cells_of(BANK, answer)["Policy"]
            for cases in (public, public.of_the_bill()):
                bill = live(lambda policy=policy: policy(public.offer, public.week), cases)
                kept += min(run.level for run in bill.runs) >= cases.level
                assert cases.bound["total"] < bill.total
            assert bill.total < public.bill_bound["without_spot"]
    assert kept == 8


def test_the_last_step_of_the_bill_is_what_the_cheapest_without_spot_pays(public, secret):
    """It is what a policy without them pays at least, and so lies above the bound; a hidden limit is a little wider."""
    hidden = suite.EXERCISE.hidden()
    stored = public.of_the_bill()
    found = hidden.oracle.lower_bound(stored.offer | {"spot_most": 0}, stored.days, stored.level)["total"]
    assert found == pytest.approx(stored.bound["without_spot"], rel=1e-4)
    for cases, room in ((stored, 1), (suite.CASES.drawn(0, 0).of_the_bill(), 1 + ROOM)):
        *_, last = steps_of_cost(cases)
        assert last * cases.bound["total"] == pytest.approx(room * cases.bound["without_spot"])
        assert 1.2 < last / room < 1.3 < suite.EXERCISE.limit("bill")


def test_the_bound_is_what_a_day_costs_that_can_be_reckoned_by_hand(secret):
    day = day_of([100] * world.STEPS, taken=range(world.STEPS))
    bound = suite.EXERCISE.hidden().oracle.lower_bound(OFFER, [day], level=0.9)
    gb = 100 * 86_400 * 0.1 / 1_000
    assert bound["machines"] == pytest.approx(9 * 24 * 0.6, abs=0.02)  # ten machines, one of which may be missing
    assert bound["storage"] == pytest.approx(100 * 0.2 + gb * 0.5 * 0.1, abs=0.02)


def test_the_bound_knows_what_a_start_up_costs(secret):
    load = [0] * 100 + [100] * 50 + [0] * (world.STEPS - 150)
    bound = suite.EXERCISE.hidden().oracle.lower_bound(OFFER, [day_of(load, taken=range(world.STEPS))], level=1.0)
    assert bound["machines"] == pytest.approx(10 * 52 * 1.2 / 12, abs=0.02)


# The cases


def test_days_lie_within_the_published_ranges():
    for seed in range(20):
        offer, week, lots = world.draw_world(seed)
        share = offer["reserved_hour"] / offer["on_demand_hour"]
        assert 0.49 < share < 0.55
        assert [sorted(day["family"] for day in days) for days in lots] == [sorted(world.FAMILIES)] * 2
        usual = np.mean(week)
        for day in [day for days in lots for day in days]:
            ranges = world.FAMILIES[day["family"]].ranges
            times = [share for share in day["taken"] if share]
            assert ranges["taken"].low <= len(times) <= ranges["taken"].high
            assert all(ranges["share"].low - 1e-3 <= part <= ranges["share"].high + 1e-3 for part in times)
            more = ranges["times"].high if "times" in ranges else 1
            assert 0.88 * ranges["load"].low < np.mean(day["load"]) / usual < 1.12 * ranges["load"].high * more


def test_the_order_of_the_days_does_not_tell_them_apart():
    firsts = {days[0]["family"] for seed in range(20) for days in world.draw_world(seed)[2]}
    assert firsts == set(world.FAMILIES)


def test_messages_raise_the_load_at_the_same_steps_on_every_day_of_a_world():
    for seed in range(5):
        pushes = world.draw_pushes(np.random.default_rng(seed))
        begins = np.flatnonzero(np.diff(pushes) > 0) + 1
        assert len(begins) == len(world.PUSHES)
        for at, between in zip(begins, world.PUSHES, strict=True):
            assert between.low <= at * world.HOURS_A_STEP <= between.high
            assert world.PUSH_TIMES.low <= pushes[at] <= world.PUSH_TIMES.high
    _, week, lots = world.draw_world(0)
    days = [day["load"] for days in lots for day in days]
    jumps = [np.argsort(np.diff(np.log(np.median(some, axis=0))))[-3:] for some in (np.reshape(week, (7, -1)), days)]
    assert set(jumps[0]) == set(jumps[1])


def test_no_day_of_the_bill_is_one_of_the_level(public, secret):
    for cases in (public, suite.CASES.find()):
        lived = [day["load"] for day in cases.days]
        assert [
            day["family"] for day in cases.days if day["load"] in [other["load"] for other in cases.bill_days]
        ] == []
        assert len(lived) == len(cases.bill_days) == len(world.FAMILIES)


def test_no_size_of_the_cache_is_right_for_most_price_lists(public, secret, monkeypatch):
    monkeypatch.setattr(of_cost, "QUESTIONS", {"cache": QUESTIONS["cache"]})
    answers = suite.EXERCISE.hidden().ANSWERS
    drawn = [draw_questions(seed, answers)["cache"] for seed in range(20)]
    for asked in (public.questions["cache"], *drawn):
        assert len({question["right"] for question in asked}) >= 3


def test_the_bill_is_flat_around_the_best_size_and_not_without_a_cache(public, secret):
    for found in (public, suite.CASES.drawn(0, 0)):
        paid = found.of_the_bill()
        loads = [load for day in paid.days for load in day["load"]]
        stored = {gb: sum(storage_cost(paid.offer, loads, gb, 6).values()) for gb, _ in paid.offer["cache_hits"]}
        more = {gb: (eur - min(stored.values())) / paid.bound["total"] for gb, eur in stored.items()}
        assert max(more[200], more[800]) < 0.05
        assert more[0] > 0.1


# Marks


def test_a_forecast_without_spot_machines_earns_no_last_step_however_wide_its_limit(secret, monkeypatch):
    mistake = BANK.lessons["rent on the spot market what may be taken"]["counts_on_spot"]
    policies = {"spotless": cells_of(BANK, mistake)["Policy"]}
    policies |= {answer.name: cells_of(BANK, answer)["Policy"] for answer in BANK.right}
    monkeypatch.setattr("grader.suites.minimize_cost.suite.ROOM", 0.2)
    for seed in range(SECRETS):
        monkeypatch.setattr(suite.CASES, "kept", suite.CASES.drawn(seed, seed))
        points = {name: suite.cost(policy) for name, policy in policies.items()}
        assert points == dict.fromkeys(policies, 9) | {"spotless": 3}


def test_a_student_sees_a_day_as_a_table_and_a_picture_and_all_days_as_a_card(reference):
    run = suite.try_day(reference["Policy"], "crowd")
    assert len(run.table()) == world.STEPS
    assert len(run.plot().axes) == 2
    card = suite.scorecard(reference["Policy"])
    assert list(card.index) == [*world.FAMILIES, "all days"]
    assert card.loc["all days", "total / bound"] <= suite.EXERCISE.limit("bill")
    paid = suite.scorecard(reference["Policy"], bill=True)
    assert paid.loc["all days", "total / bound"] <= min(steps_of_cost(suite.CASES.public().of_the_bill()))
    assert paid.loc["crowd", "on_demand"] != card.loc["crowd", "on_demand"]
    assert suite.try_day(reference["Policy"], "crowd", bill=True).day["load"] != run.day["load"]


def test_where_cases_are_hidden_a_moment_is_told_without_its_figures(reference, secret):
    class Policy(reference["Policy"]):
        def decide(self, seen):
            return {"on_demand": 20, "spot": 0}

    text = suite.level(Policy).report.explanations()
    assert any("Look at the public scenario of this family" in line for line in text)
    assert not any(":" in line and any(letter.isdigit() for letter in line) for line in text if "Read" not in line)
    assert isinstance(suite.level(Policy).report, Sheet)
