"""What is `implement_feature_store`'s own: its stores and bugs, how growth is judged, what a miss says."""

import dataclasses
import functools
import itertools
import multiprocessing
import os
import re

import numpy as np
import pytest

import grader.suites.implement_feature_store as suite
from grader.bank.runner import run_cells
from grader.suite_kit.answer import InKernel
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_feature_store import judging, scaling
from grader.suites.implement_feature_store.bugs import BUGS, TIES
from grader.suites.implement_feature_store.cases import public_trials
from grader.suites.implement_feature_store.families import FAMILIES
from grader.suites.implement_feature_store.lent import Shop, store_class
from grader.suites.implement_feature_store.scripts import Script
from tests.grader.suites.contract import bank_of, cells_of, marks_in_the_engine, reference_of, told_of

NAME = "implement_feature_store"
BANK = bank_of(NAME)


@pytest.fixture
def part(secret):
    """The hidden part, loaded as the grader loads it."""
    return suite.EXERCISE.hidden()


@pytest.fixture
def reference():
    return cells_of(BANK, reference_of(BANK))


@pytest.fixture
def public():
    return suite.CASES.public().families


# Right stores


def answers_of(store, steps):
    found = []
    for method, arguments, _ in steps:
        try:
            found.append(getattr(store, method)(*arguments))
        except (KeyError, ValueError):
            found.append("refused")
    return found


def wrong_in(store, steps, expected):
    """What a store answers otherwise than expected."""
    told = zip(steps, answers_of(store, steps), expected, strict=True)
    asked = [one for one in told if one[2] == "refused" or one[0][0] in judging.QUESTIONS]
    return [one for one in asked if not (one[1] == one[2] == "refused" or judging.agrees(one[1], one[2]))]


def wrapped(reference, bug, size=0):
    """A store as the student's tests get it."""
    found = []
    suite.try_store(found.append, reference["FeatureStore"], bug, size)
    return found[0]()


def test_independent_right_stores_agree_wherever_the_rules_leave_nothing_open(part):
    open_answers = set()
    for seed, (family, write_one) in itertools.product(range(5), FAMILIES.items()):
        script = Script(np.random.default_rng([99, seed]))
        write_one(script)
        right = part.expected(script.steps)
        for name, store in part.RIGHT.items():
            assert not wrong_in(store(), script.steps, right), (family, name)
            given = answers_of(store(), script.steps)
            open_answers |= {one["any"].index(came) for came, one in zip(given, right, strict=True)
                             if isinstance(one, dict) and "any" in one}  # fmt: skip
    assert open_answers == {0, 1}  # both ways of deciding a tie were met


@pytest.mark.parametrize("tie", ["", *TIES])
def test_a_students_store_with_its_ties_decided_either_way_keeps_every_rule(reference, public, tie):
    for case in itertools.chain(*public.values()):
        assert not wrong_in(wrapped(reference, tie), case.steps, case.expected)


@pytest.mark.parametrize(("tie", "later"), [("first of ties", 1), ("last of ties", 2)])
def test_what_was_published_stays_when_an_equal_row_comes(reference, tie, later):
    store = wrapped(reference, tie)
    store.define("v", ["a"])
    store.write("v", [{"entity": "e", "event_s": 5, "a": 1}], 5)
    store.materialise("v", 5)
    store.write("v", [{"entity": "e", "event_s": 5, "a": 2}], 5)
    store.add_column("v", "b", 9)
    assert store.as_of("v", [{"entity": "e", "at_s": 6}]) == [{"a": later, "b": 9}]
    for moment, shown in ((4, 1), (6, later)):
        store.materialise("v", moment)
        assert store.online("v", "e", 6) == {"a": shown, "b": 9}


# Planted bugs


def test_there_are_many_bugs_of_every_family_the_same_in_public_and_hidden(part):
    planted = [one for one in part.trials(np.random.default_rng(1)) if one.family]
    assert len(BUGS) >= 14
    assert sorted(one.bug for one in planted) == sorted(BUGS)
    assert sorted(one.bug for one in public_trials() if one.family) == sorted(BUGS)
    assert {one.family for one in planted} == {bug.family for bug in BUGS.values()}


@pytest.mark.parametrize("bug", list(BUGS))
def test_the_references_tests_reject_every_bug_in_either_kind_of_store(part, reference, bug):
    for size in set(BUGS[bug].sizes):
        shop = Shop(functools.partial(BUGS[bug].wrapper, part.RIGHT["the last of ties"], size))
        with pytest.raises(AssertionError):
            reference["check_store"](store_class(shop.new, shop.call))
        with pytest.raises(AssertionError):
            suite.try_store(reference["check_store"], reference["FeatureStore"], bug, size)


@pytest.mark.parametrize(
    ("bug", "rows", "right"),
    [  # rows (event_s, known_s, a) as they arrive, in a view where they live for 100 s; a as of (at_s, known_s)
        ("misses the moment", [(20, 20, 2), (25, 25, None), (30, 30, 3), (130, 130, 4)],
         {(20, 99): None, (21, 99): 2, (25, 99): 2, (30, 99): None, (31, 99): 3, (130, 130): None, (131, 131): 4}),
        ("last arrival holds", [(20, 20, 2), (30, 30, 3), (10, 40, 1)],
         {(35, 35): 3, (35, 40): 1, (9, 99): None, (109, 109): 1, (110, 110): None}),
        ("fills from before", [(20, 20, 2), (30, 30, None), (40, 40, 5)], {(30, 30): 2, (30, 99): 2, (40, 99): 5}),
    ],
)  # fmt: skip
def test_bugs_that_must_know_the_rows_break_one_rule_alone(reference, bug, rows, right):
    store = wrapped(reference, bug)
    store.define("v", ["a", "b"], 100)
    for event_s, known_s, a in rows:
        store.write("v", [{"entity": "e", "event_s": event_s, "a": a}], known_s)
    asked = [{"entity": "e", "at_s": at_s, "known_s": known_s} for at_s, known_s in right]
    assert store.as_of("v", asked) == [{"a": a, "b": None} for a in right.values()]


def test_the_references_tests_accept_every_right_store(part, reference):
    for make in part.RIGHT.values():
        shop = Shop(make)
        reference["check_store"](store_class(shop.new, shop.call))
    for tie in ("", *TIES):
        suite.try_store(reference["check_store"], reference["FeatureStore"], tie)


def test_sizes_lie_in_the_published_ranges_and_differ_with_the_secret(part):
    drawn = [part.trials(np.random.default_rng(seed)) for seed in range(40)]
    for one in itertools.chain(*drawn):
        least, most = sorted(BUGS[one.bug].sizes) if one.family else (0, 0)
        assert least <= one.size <= most
    assert {one.size for trials in drawn for one in trials if one.bug == "sees ahead"} == {1, 2, 3, 4, 5}
    assert len({tuple(one.bug for one in trials) for trials in drawn}) == len(drawn)


def test_a_tested_store_tells_nothing_of_what_is_behind_it(part, reference):
    names = set()
    for one in part.trials(np.random.default_rng(1)):
        found = []
        suite.try_store(found.append, reference["FeatureStore"], one.bug if one.lent is None else "", 0,
                        Shop(one.lent) if one.lent else None)  # fmt: skip
        names.add((found[0].__name__, found[0].__qualname__, found[0].__module__, found[0].__doc__))
    assert len(names) == 1


def test_a_bug_of_another_name_is_refused_with_the_known_ones(reference):
    with pytest.raises(ValueError, match="sees ahead"):
        suite.try_store(reference["check_store"], reference["FeatureStore"], "see ahead")


THREADS = """
from concurrent.futures import ThreadPoolExecutor

def check_store(Store):
    checks = [check_past, check_answers, check_online, check_change] * 3
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(check, Store) for check in checks]:
            done.result()
"""
IN_THREADS = dataclasses.replace(reference_of(BANK), cells={"check-store": THREADS})


def test_tests_that_use_lent_stores_from_threads_get_their_marks_in_the_engine(sandboxes, secret):
    tests = ["test-own-tests"]
    assert marks_in_the_engine(sandboxes(NAME), BANK, BANK.source(IN_THREADS), tests) == {"test-own-tests": 6}


@pytest.mark.parametrize("hidden", [False, True])
def test_so_do_they_in_the_kernel(monkeypatch, hidden, secret):
    if not hidden:
        monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull)
    result = run_cells(BANK.source(IN_THREADS), ["test-own-tests"])
    assert result.points == {"test-own-tests": 6.0}, result


# Growth


def fed_growth(monkeypatch, found):
    monkeypatch.setattr("grader.suites.implement_feature_store.suite.measure", lambda *_: found)
    return suite.growth(type("FeatureStore", (), {"write": lambda self: None}))


@pytest.mark.parametrize(("ratio", "points"), [(9.0, 2), (20.0, 2), (20.1, 0), (100.0, 0)])
def test_growth_is_judged_at_twenty_times(monkeypatch, ratio, points):
    assert fed_growth(monkeypatch, scaling.Growth(ratio, 0.01, True)) == points


def test_growth_counts_only_for_right_answers(monkeypatch):
    points = fed_growth(monkeypatch, scaling.Growth(9.0, 0.01, False))
    assert points == 0
    assert "their time does not count" in points.report.text().replace("\n  ", " ")


@pytest.mark.parametrize(
    ("large_s", "ratio", "rounds"),
    [([12.0], 12.0, 1), ([30.0, 12.0], 12.0, 2), ([30.0, 25.0, 21.0], 21.0, 3), ([41.0], 41.0, 1)],
)
def test_a_round_more_is_made_only_where_it_may_change_the_points(monkeypatch, large_s, ratio, rounds):
    told, left = [], iter(large_s)

    def timed(answer, name, maker):
        told.append(maker.rows)
        return 1.0 if maker.rows == scaling.ROWS else next(left), True

    monkeypatch.setattr(scaling, "_timed", timed)
    found = scaling.measure(InKernel({}), "FeatureStore", 0, 20, np.random.default_rng(1))
    assert (found.ratio, found.right, told.count(scaling.ROWS * scaling.TIMES)) == (ratio, True, rounds)


def grown(store, monkeypatch, rows=50):
    """The points and the table of the test of growth for a store class, on less data."""
    monkeypatch.setattr(scaling, "ROWS", rows)
    store.__name__ = "FeatureStore"
    points = suite.growth(store)
    return points, points.report.text()


def test_no_script_of_the_growth_is_known_before():
    drawn = [scaling.ScriptMaker(np.random.default_rng(seed), 50, 0).script() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1]
    for kind in (1, 2):  # a view's name; what is asked or written
        assert drawn[0][0][1][1][:kind] != drawn[2][0][1][1][:kind]
    assert not {one["event_s"] for one in drawn[0][0][1][1][1]} & {one["event_s"] for one in drawn[2][0][1][1][1]}


def test_a_store_that_answers_the_growth_from_its_requests_alone_is_wrong(reference, monkeypatch):
    class Knows(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return [dict.fromkeys(self.views[view].defaults, one["at_s"] // 10) for one in requests]

    points, told = grown(Knows, monkeypatch)
    assert points == 0
    assert "wrong answers" in told


def test_numbers_of_numpy_are_right_answers_in_scripts_of_any_length(reference, monkeypatch):
    class Numpy(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return [{name: np.int64(one) for name, one in row.items()} for row in super().as_of(view, requests)]

        def online(self, view, entity, now_s):
            return {name: np.float64(one) for name, one in super().online(view, entity, now_s).items()}

    assert grown(Numpy, monkeypatch, 500)[0] == 2


def test_work_that_a_store_hands_to_another_process_counts_as_its_own(monkeypatch):
    """The slow store of the bank, in a child: the process that answers looks quick."""
    listed = cells_of(BANK, next(one for one in BANK.answers if one.name == "filters_a_table"))["FeatureStore"]

    class FeatureStore:
        def __init__(self):
            self.pipe, theirs = multiprocessing.Pipe()
            if os.fork() == 0:
                self.pipe.close()
                work_for(theirs, listed())
            theirs.close()

        def __getattr__(self, method):
            def ask(*arguments):
                self.pipe.send((method, arguments))
                return self.pipe.recv()

            return ask

    points, told = grown(FeatureStore, monkeypatch, 500)
    assert points == 0, told
    assert "gone through from end to end" in told


def work_for(pipe, store):
    """Answer the calls of a parent until it is gone."""
    try:
        while True:
            method, arguments = pipe.recv()
            pipe.send(getattr(store, method)(*arguments))
    finally:
        os._exit(0)


# What students are told


@pytest.mark.parametrize(("right", "came", "agree"), [
    ({"any": [[{"a": 1}], [{"a": 2}]]}, [{"a": 2}], True), ({"any": [[{"a": 1}], [{"a": 2}]]}, [{"a": 3}], False),
    ("refused", None, False), ("refused", "refused", False),
])  # fmt: skip
def test_one_of_several_right_answers_agrees_and_none_where_it_is_to_be_refused(right, came, agree):
    assert judging.agrees(came, right) is agree


def test_a_miss_is_told_with_the_step_to_look_at_where_cases_are_public(reference, public, secret, monkeypatch):
    class Late(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return super().as_of(view, [{**one, "at_s": one["at_s"] - 1} for one in requests])

    Late.__name__ = "FeatureStore"
    assert "suite.show" not in suite.past(Late).report.text()
    monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull)
    told = " ".join(suite.past(Late).report.text().split())
    found = re.search(r'First in step (\d+) of suite.show\("events", (\d+)\)', told)
    assert public["events"][int(found[2])].steps[int(found[1])][2] == "at the very moment of an event"


def test_all_answers_of_a_case_are_compared_and_no_other_step(reference, public):
    case = public["events"][0]
    found = judging.run_family(Sheet("past", 4), InKernel(reference), "FeatureStore", [case])
    assert not found.misses
    assert found.compared.total() == sum(step[0] in judging.QUESTIONS for step in case.steps)


def test_a_case_can_be_printed_and_an_example_has_numbers_that_a_head_can_follow(capsys):
    suite.show("answers", 1)
    told = capsys.readouterr().out
    assert "-> refused    # a row with an unknown column" in told
    suite.show("knowledge")
    told = re.sub("'e\\d+'", "", capsys.readouterr().out)
    assert max(float(one) for one in re.findall(r"[\d.]+", told)) <= 1000


def test_the_task_names_every_family_of_bugs_and_every_size():
    told = told_of(BANK.notebook)
    for family in {bug.family for bug in BUGS.values()}:
        assert family in told
    assert "at most 20 times" in told
    assert "1 to 5 seconds, 1 to 3 seconds, 1 to 30 days" in told
    assert [BUGS[name].sizes for name in ("sees ahead", "forgets late")] == [(1, 5), (1, 3)]
    assert f"{len(BUGS)} of {len(BUGS)} planted bugs" in told
