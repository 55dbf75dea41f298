"""What is `implement_feature_store`'s own: its stores and bugs, how growth is judged, what a miss says."""

import itertools
import re

import numpy as np
import pytest

import grader.suites.implement_feature_store as suite
from grader.suite_kit import resources
from grader.suite_kit.growth import Growth
from grader.suite_kit.scripted import agrees
from grader.suites.implement_feature_store import scaling
from grader.suites.implement_feature_store.bugs import STORES
from grader.suites.implement_feature_store.families import FAMILIES
from grader.suites.implement_feature_store.scripts import Script
from tests.grader.suites.contract import bank_of, cells_of, reference_of, told_of

BANK = bank_of("implement_feature_store")


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
        except Exception:
            found.append("refused")
    return found


def wrong_in(given, expected):
    """What a store answered otherwise than expected."""
    pairs = zip(given, expected, strict=True)
    return [(came, right) for came, right in pairs
            if right is not None and not (came == right == "refused" or agrees(came, right))]  # fmt: skip


def wrapped(reference, bug, size=0):
    """A store as the student's tests get it."""
    found = []
    suite.try_store(found.append, reference["FeatureStore"], bug, size)
    return found[0]()


def test_independent_right_stores_agree_wherever_the_rules_leave_nothing_open(part):
    written = [cells_of(BANK, answer)["FeatureStore"] for answer in BANK.answers if answer.kind == "alternative"]
    open_answers = set()
    for seed, (family, write_one) in itertools.product(range(5), FAMILIES.items()):
        script = Script(np.random.default_rng([99, seed]))
        write_one(script)
        right = part.expected(script.steps)
        for store in (*part.RIGHT, *written):
            given = answers_of(store(), script.steps)
            assert not wrong_in(given, right), (family, store)
            pairs = zip(given, right, strict=True)
            open_answers |= {
                allowed["any"].index(came) for came, allowed in pairs if isinstance(allowed, dict) and "any" in allowed
            }
    assert open_answers == {0, 1}  # both ways of deciding a tie were met


@pytest.mark.parametrize("tie", ["", *STORES.either_way])
def test_a_students_store_with_its_ties_decided_either_way_keeps_every_rule(reference, public, tie):
    for case in itertools.chain(*public.values()):
        assert not wrong_in(answers_of(wrapped(reference, tie), case.steps), case.expected)


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


def test_a_view_that_is_defined_again_is_a_new_one_in_every_right_store(part):
    for make in part.RIGHT:
        store = make()
        for _ in range(2):
            store.define("v", ["a"])
            assert store.as_of("v", [{"entity": "e", "at_s": 10}]) == [{"a": None}]
            store.write("v", [{"entity": "e", "event_s": 10, "a": 1}], 10)
            store.materialise("v", 10)
            assert store.online("v", "e", 11) == {"a": 1}


# Planted bugs


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


# Growth


def fed_growth(monkeypatch, growth, lists=1.0):
    monkeypatch.setattr("grader.suites.implement_feature_store.suite.measure", lambda *_: scaling.Cost(lists, growth))
    return suite.growth(type("FeatureStore", (), {"write": lambda self: None}))


@pytest.mark.parametrize(("share", "points"), [(0.45, 2), (1, 2), (1.005, 0), (5, 0)])
def test_growth_is_judged_at_its_limit(monkeypatch, share, points):
    assert fed_growth(monkeypatch, Growth(share * suite.EXERCISE.limit("times"), True)) == points


def test_growth_counts_only_for_right_answers(monkeypatch):
    points = fed_growth(monkeypatch, Growth(9.0, False))
    assert points == 0
    assert "their time does not count" in " ".join(points.report.text().split())
    assert [row.margin for row in points.report.criteria] == [None, None]  # wrong answers say nothing of the limit


@pytest.mark.parametrize(("share", "jobs"), [(1, 1), (1.01, 3)])
def test_growth_is_asked_where_the_small_script_costs_at_most_so_many_lists(monkeypatch, share, jobs):
    most = suite.EXERCISE.limit("lists")
    small, growth, spent_s = [], Growth(9.0, True), share * most
    monkeypatch.setattr(scaling, "list_s", lambda _: 1.0)
    monkeypatch.setattr(scaling, "_timed", lambda *_: small.append(1) or (spent_s, True))
    monkeypatch.setattr(scaling, "measure_growth", lambda *_: growth)
    cost = scaling.measure(None, "FeatureStore", 0, most, 20, np.random.default_rng(0))
    assert cost == scaling.Cost(spent_s, growth if jobs == 1 else None)
    assert len(small) == jobs


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
    assert not {row["event_s"] for row in drawn[0][0][1][1][1]} & {row["event_s"] for row in drawn[2][0][1][1][1]}


def test_a_store_that_answers_the_growth_from_its_requests_alone_is_wrong(reference, monkeypatch):
    class Knows(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return [dict.fromkeys(self.views[view].defaults, request["at_s"] // 10) for request in requests]

    points, text = grown(Knows, monkeypatch)
    assert points == 0
    assert "wrong answers" in text


def test_numbers_of_numpy_are_right_answers_in_scripts_of_any_length(reference, monkeypatch):
    class Numpy(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return [{name: np.int64(value) for name, value in row.items()} for row in super().as_of(view, requests)]

        def online(self, view, entity, now_s):
            return {name: np.float64(value) for name, value in super().online(view, entity, now_s).items()}

    assert grown(Numpy, monkeypatch, 500)[0] == 2


def test_work_that_a_store_hands_to_another_process_counts_as_its_own(reference, monkeypatch):
    elsewhere_s = [0.0]

    class Hands(reference["FeatureStore"]):
        asked = 0

        def as_of(self, view, requests):  # each request has another process go through all that came before
            self.asked += len(requests)
            elsewhere_s[0] += self.asked
            return super().as_of(view, requests)

    monkeypatch.setattr(resources, "delegated_s", lambda: elsewhere_s[0])
    monkeypatch.setattr(scaling, "list_s", lambda _: 1e9)  # growth alone is asked about
    points, text = grown(Hands, monkeypatch)
    assert points == 0, text
    assert "gone through from end to end" in text


# What students are told


def test_a_case_can_be_printed_and_an_example_has_numbers_that_a_head_can_follow(capsys):
    suite.show("answers", 1)
    text = capsys.readouterr().out
    assert "-> refused    # a row with an unknown column" in text
    suite.show("knowledge")
    text = re.sub("'e\\d+'", "", capsys.readouterr().out)
    assert max(float(number) for number in re.findall(r"[\d.]+", text)) <= 1000


def test_the_task_names_every_family_of_bugs_and_every_size():
    text = told_of(BANK.notebook)
    for family in {bug.family for bug in suite.BUGS.values()}:
        assert family in text
    assert f"{scaling.ROWS} rows in at most" in text
    assert "1 to 5 seconds, 1 to 3 seconds, 1 to 30 days" in text
    assert [suite.BUGS[name].sizes for name in ("sees ahead", "forgets late")] == [(1, 5), (1, 3)]
    assert f"{len(suite.BUGS)} of {len(suite.BUGS)} planted bugs" in text
