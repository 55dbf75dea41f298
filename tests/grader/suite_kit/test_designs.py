"""A design is read as plain data, run in drawn scenarios, judged by thresholds that are data; luck must not pass.

The toy task: a shop opens `desks` for `rate` customers an hour, each desk serves 10 and costs 5.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
import pytest

from grader.errors import GraderError
from grader.suite_kit.answer import InKernel
from grader.suite_kit.designs import (
    DesignTask,
    FailureReason,
    Log,
    Maybe,
    OneOf,
    Outcome,
    Range,
    Real,
    RefusedDesign,
    Requirement,
    ScenarioFamily,
    Whole,
    draw_scenarios,
    random_document,
)  # fmt: skip
from grader.suite_kit.exercise import load_exercise
from grader.suite_kit.score_sheet import Sheet
from notebook_runner.errors import CourseError

TOML = """
points = { service = 4, cost = 2, thrift = 1 }
[families.served]
test = "service"
points = 4
production = "customers leave."
read = "a page"
[families.price]
test = "cost"
title = "price of a day"
points = 2
production = "the shop closes."
read = "a page"
[families.lean]
test = "thrift"
production = "the owner is poor."
"""
QUIET = ScenarioFamily("quiet", "a quiet day", {"rate": Range(20, 30, "an hour")})
CROWD = ScenarioFamily("crowd", "a crowd", {"rate": Range(80, 90, "an hour", whole=True)}, times=3)


@dataclass(frozen=True)
class Shop:
    desks: int

    def model_dump(self):
        return asdict(self)


def read(plain):
    if not isinstance(plain, dict) or type(plain.get("desks")) is not int or not 1 <= plain["desks"] <= 50:
        raise CourseError(f"desks is {plain!r}; it must be a whole number from 1 to 50. Correct it.")
    return Shop(plain["desks"])


RUNS = []


def run(shop, draw):
    RUNS.append((shop, draw))
    served = min(1.0, 10 * shop.desks / draw["rate"])
    moments = {"served": FailureReason("at 9:00", "more came than the desks serve", f"{draw['rate']:g} came.")}
    return Outcome({"served": served, "price": 5.0 * shop.desks}, moments if served < 1 else {})


SERVED = Requirement("served", "served", ("quiet", "crowd"), "at least", ((0.5, 1), (1.0, 3)), "%", display_scale=100)
PRICE = Requirement("price", "price", ("quiet",), "at most", ((60, 2),), "EUR", needs=("served",))


@pytest.fixture
def task(tmp_path):
    return a_task(tmp_path, SERVED, PRICE)


def a_task(folder, *requirements):
    (folder / "exercise.toml").write_text(TOML)
    return DesignTask(load_exercise(folder), read, (QUIET, CROWD), run, requirements)


def judged(task, design, private=False, test="service"):
    sheet = Sheet(test, 4, private=private, families=task.exercise.families)
    task.judge(sheet, InKernel({"design": design}), "design", draw_scenarios((QUIET, CROWD), 1))
    return sheet


# Scenarios


def test_a_draw_lies_in_its_ranges_and_depends_on_its_seed_and_its_family_alone():
    drawn = draw_scenarios((QUIET, CROWD), 1)
    assert drawn == draw_scenarios((CROWD, QUIET), 1) != draw_scenarios((QUIET, CROWD), 2)
    assert [len(drawn[name]) for name in ("quiet", "crowd")] == [1, 3]
    rates = [draw["rate"] for seed in range(200) for draw in draw_scenarios((CROWD,), seed)["crowd"]]
    assert (min(rates), max(rates)) == (80, 90)
    assert all(rate == int(rate) for rate in rates)
    assert len({draw.seed for draw in drawn["crowd"]}) == 3


def test_a_family_tells_its_ranges():
    assert QUIET.told() == "rate 20 to 30 an hour"
    assert str(Range(3, 3, "times")) == "3 times"
    with pytest.raises(GraderError, match="from 3 to 2"):
        Range(3, 2)


# A document and its marks


@pytest.mark.parametrize("give", [lambda: Shop(9), lambda: {"desks": 9}, lambda: "desks: 9"])
def test_an_object_a_dict_and_yaml_are_the_same_design(task, give):
    assert judged(task, give).points == 4
    assert task.read(give()) == Shop(9)


@pytest.mark.parametrize(
    ("give", "says"),
    [
        (lambda: {"desks": 0}, "whole number from 1 to 50"),
        (lambda: None, "Is a return missing?"),
        (lambda: object(), "gave an object of type object. Return the design, or its dict."),
        (lambda: "desks: [", "is no YAML"),
        (lambda: "a: &a [1]\nb: *a", "holds a YAML alias"),
        (lambda: "#" * 30_000, "at most 20,000"),
    ],
)
def test_a_refused_document_gets_no_points_and_its_reason(task, give, says):
    sheet = judged(task, give)
    assert (sheet.points, sheet.verdict) == (0, "fail")
    assert says in " ".join(sheet.text().split())
    hidden = judged(task, give, private=True)
    assert says not in hidden.text()
    assert "refused" in hidden.text()


def test_the_worst_scenario_counts_and_is_told_with_its_time_and_cause(task):
    sheet = judged(task, lambda: Shop(5))
    worst = max(draw["rate"] for draw in draw_scenarios((CROWD,), 1)["crowd"])
    assert [criterion.met for criterion in sheet.criteria] == [True, False]
    assert sheet.points == 1
    said = " ".join(sheet.text().split())
    assert f"a crowd, at 9:00: more came than the desks serve. {worst:g} came." in said
    assert said.count("customers leave") == 1
    assert f"{5000 / worst:.4g} %" in said


def test_a_hidden_scenario_is_told_without_its_figures(task):
    said = " ".join(judged(task, lambda: Shop(5), private=True).text().split())
    assert "a crowd: more came than the desks serve. Look at the public scenario of this family" in said
    assert "9:00" not in said
    assert " came." not in said.replace("more came", "")


def test_a_cheap_design_that_serves_nobody_gets_nothing_for_its_price(task):
    assert judged(task, lambda: Shop(1), test="cost").points == 0
    said = " ".join(judged(task, lambda: Shop(1), test="cost").text().split())
    assert '"price of a day" counts only where "served" is met' in said
    assert "the shop closes" not in said  # which a price within the limit does not cause
    assert "the shop closes" in judged(task, lambda: Shop(20), test="cost").text()
    assert judged(task, lambda: Shop(9), test="cost").points == 2
    assert judged(task, lambda: Shop(20), test="cost").points == 0


def test_what_fails_further_back_is_named_and_not_what_only_needs_it(tmp_path):
    lean = Requirement("lean", "price", ("quiet",), "at most", ((60, 1),), "EUR", needs=("price",))
    task = a_task(tmp_path, SERVED, PRICE, lean)
    assert judged(task, lambda: Shop(9), test="thrift").points == 1
    sheet = judged(task, lambda: Shop(1), test="thrift")
    assert sheet.points == 0
    assert 'counts only where "served" is met; here' in " ".join(sheet.text().split())
    unserved = Requirement("price", "price", ("quiet",), "at most", ((1, 2),), needs=("served",))
    task = a_task(tmp_path, SERVED, unserved, lean)
    said = " ".join(judged(task, lambda: Shop(1), test="thrift").text().split())
    assert '"served" and "price of a day" are met; here' in said


def test_what_is_no_number_keeps_no_limit_and_is_the_worst():
    assert not SERVED.met(math.nan, 0.5)
    assert not PRICE.met(math.nan, 60)
    assert PRICE.worse(math.nan, 1e9)
    assert not PRICE.worse(1e9, math.nan)
    assert PRICE.told(math.inf) == "without bound"
    assert PRICE.told(math.nan) == "undefined (nothing was there to measure)"


def test_tests_of_one_design_share_its_runs(task):
    draws = draw_scenarios((QUIET, CROWD), 1)
    RUNS.clear()
    first, again = task.scorecard({"desks": 9}, draws), task.scorecard(Shop(9), draws)
    assert len(RUNS) == 4
    assert (first.points, str(first)) == (6, str(again))
    assert "<table>" in first._repr_html_()
    assert task.table(Shop(9), draws).loc["a crowd", "served"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "wrong",
    [
        Requirement("nothing", "served", ("quiet",), "at least", ((1, 1),)),
        Requirement("price", "price", ("quiet",), "at most", ((60, 1),)),
        Requirement("price", "price", ("night",), "at most", ((60, 2),)),
        Requirement("price", "price", (), "at most", ((60, 2),)),
        Requirement("price", "price", ("quiet",), "at most", ((60, 2),), needs=("serve",)),
        Requirement("price", "price", ("quiet",), "at most", ((60, 2),), needs=("price",)),
    ],
)
def test_a_requirement_that_does_not_fit_its_exercise_is_refused(tmp_path, wrong):
    with pytest.raises(GraderError, match=f"requirement {wrong.family}"):
        a_task(tmp_path, SERVED, wrong)


def test_steps_go_from_loose_to_tight():
    with pytest.raises(GraderError, match="loosest first"):
        Requirement("price", "price", ("quiet",), "at most", ((50, 1), (60, 1)))


# Luck


def test_designs_at_random_are_valid(task):
    plain, shop = random_document(np.random.default_rng(0), {"desks": Whole(-5, 12)}, task)
    assert Shop(**plain) == shop


def test_options_are_drawn_as_they_say():
    rng = np.random.default_rng(0)
    logs = [Log(1, 1_000, whole=True).draw(rng) for _ in range(500)]
    assert set(map(type, logs)) == {int}
    assert np.median(logs) < 60
    assert {OneOf((True, None)).draw(rng) for _ in range(20)} == {True, None}
    assert all(2 <= Real(2, 3).draw(rng) <= 3 for _ in range(20))


def test_a_part_may_be_left_out(tmp_path):
    task = DesignTask(a_task(tmp_path, SERVED, PRICE).exercise, dict, (QUIET, CROWD), run, (SERVED, PRICE))
    rng = np.random.default_rng(0)
    found = [random_document(rng, {"a": Maybe({"b": Whole(1, 1)}, 0.3)}, task)[0] for _ in range(200)]
    assert 30 < found.count({"a": {"b": 1}}) < 90
    assert found.count({}) == 200 - found.count({"a": {"b": 1}})


def test_options_that_give_no_valid_document_are_refused(task):
    with pytest.raises(GraderError, match="whole number from 1 to 50"):
        random_document(np.random.default_rng(0), {"desks": Whole(60, 70)}, task)
    with pytest.raises(RefusedDesign, match="desks is"):
        task.read({})
