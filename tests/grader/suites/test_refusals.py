"""No store that a student's tests get, right or planted, can be told from another by how it refuses a bad request."""

import itertools

import numpy as np
import pytest

from grader.suites import implement_feature_store as suite
from grader.suites.implement_feature_store.bugs import STORES
from grader.suites.implement_feature_store.requests import FORMS
from tests.grader.suites.contract import bank_of, cells_of, reference_of

ROW = {"entity": "e", "event_s": 10, "a": 1}
REQUEST = {"entity": "e", "at_s": 10}
ODD = [None, True, "x", b"x", 1.5, float("inf"), float("nan"), 2**63, [], {}, set(), [None], [[]], [{}], object(), 1j]


def good(method):
    """Arguments that are right for a method."""
    return {
        "define": ["w", ["a"], None], "write": ["v", [ROW], 10], "as_of": ["v", [REQUEST]], "materialise": ["v", 10],
        "online": ["v", "e", 10], "add_column": ["v", "c", 1], "backfill": ["v", [ROW], 10],
    }[method]  # fmt: skip


def bad_requests():
    """Requests that the form or the rules refuse, on a store that holds some rows; many of them two faults at once."""
    for method in FORMS:
        arguments = good(method)
        for place, odd in itertools.product(range(len(arguments)), ODD):
            yield method, [*arguments[:place], odd, *arguments[place + 1 :]]
        yield method, arguments[:-1]
        yield method, [*arguments, 1]
        yield method, ["nowhere", *arguments[1:]]
        yield method, ["nowhere", *([] if isinstance(one, list) else one for one in arguments[1:])]
    for method, field in itertools.product(("write", "backfill"), ("entity", "event_s", "a", "z")):
        for odd in ODD:
            yield method, ["v", [ROW, {**ROW, field: odd}], 10]
        yield method, ["v", [ROW, {name: one for name, one in ROW.items() if name != field}, {**ROW, "z": 1}], 10]
    for field, odd in itertools.product(("entity", "at_s", "known_s"), ODD):
        yield "as_of", ["v", [REQUEST, {**REQUEST, field: odd}]]
        yield "as_of", ["v", [{name: one for name, one in REQUEST.items() if name != field}]]
    for default in (1.0, True, "1", None, 2):
        yield "add_column", ["v", "b", default]
    yield "define", ["w", ["a", "a"], None]
    yield "define", ["w", ["entity"], None]
    yield "__class__", []


REQUESTS = list(bad_requests())


def refused(new_store, method, arguments):
    """How a store with some rows in it refuses a request; None if it takes it."""
    store = new_store()
    for step, given in (
        ("define", ("v", ["a"], 100)), ("write", ("v", [ROW], 10)), ("add_column", ("v", "b", 1)),
        ("materialise", ("v", 10)),
    ):  # fmt: skip
        store(step, given)
    try:
        store(method, arguments)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def lent(make):
    """Stores of the checker's, as an `Exposed` object offers them."""

    def new_store():
        shop = STORES.shop(make)
        number = shop.new()
        return lambda method, arguments: shop.call(number, method, arguments)

    return new_store


@pytest.fixture
def part(secret):
    return suite.EXERCISE.hidden()


@pytest.fixture
def reference():
    bank = bank_of("implement_feature_store")
    return cells_of(bank, reference_of(bank))["FeatureStore"]


def own(store, bug):
    """The student's store as their tests get it."""

    def new_store():
        found = []
        suite.try_store(found.append, store, bug)
        made = found[0]()
        call = {**{name: getattr(made, name) for name in FORMS}, "__class__": lambda: made.shut}
        return lambda method, arguments: call[method](*arguments)

    return new_store


def test_every_lent_store_refuses_every_bad_request_in_the_same_words(part):
    made = [one.lent for one in part.drawn(1, 1).trials if one.lent is not None]
    assert len(made) == len(suite.BUGS) + len(part.RIGHT)
    told = {}
    for method, arguments in REQUESTS:
        ways = {refused(lent(make), method, arguments) for make in made}
        assert len(ways) == 1, (method, arguments, ways)
        told[method] = told.get(method, 0) + (ways != {None})
    assert min(told[method] for method in FORMS) >= 15


def test_a_students_store_refuses_in_the_same_words_with_each_bug_and_as_the_lent_ones(reference, part):
    ordinary = [one for one in REQUESTS if len(one[1]) == len(FORMS.get(one[0], "no"))]
    for method, arguments in ordinary:
        ways = {refused(own(reference, bug), method, arguments) for bug in ("", *STORES.either_way, *suite.BUGS)}
        ways.add(refused(lent(part.RIGHT[0]), method, arguments))
        assert len(ways) == 1, (method, arguments, ways)


def test_numbers_of_numpy_are_taken_as_the_numbers_they_are_by_every_store(part):
    for make in part.RIGHT:
        store = lent(make)()
        store("define", ("v", ["a", "b"], np.int64(100)))
        row = {"entity": "e", "event_s": np.int32(5), "a": np.float64(1.5), "b": np.str_("x")}
        store("write", ("v", [row], np.int64(5)))
        assert store("as_of", ("v", [{"entity": "e", "at_s": np.int64(6)}])) == [{"a": 1.5, "b": "x"}]


def test_a_view_that_is_defined_again_is_a_new_one_in_every_right_store(part):
    for make in part.RIGHT:
        store = lent(make)()
        for _ in range(2):
            store("define", ("v", ["a"], None))
            assert store("as_of", ("v", [REQUEST])) == [{"a": None}]
            store("write", ("v", [ROW], 10))
            store("materialise", ("v", 10))
            assert store("online", ("v", "e", 11)) == {"a": 1}


def test_what_a_student_writes_into_a_store_afterwards_does_not_reach_it(part):
    for make in part.RIGHT:
        store, rows = lent(make)(), [dict(ROW)]
        store("define", ("v", ["a"], None))
        store("write", ("v", rows, 10))
        rows[0]["a"] = 2
        assert store("as_of", ("v", [REQUEST])) == [{"a": 1}]


def test_a_store_that_does_not_refuse_is_still_seen_to_take_what_it_must_not():
    class TakesEverything:
        def define(self, view, columns, time_to_live_s=None): ...

        def write(self, view, rows, known_s): ...

    with pytest.raises(AssertionError):
        suite.try_store(_unknown_column_is_refused, TakesEverything)


def _unknown_column_is_refused(store_to_test):
    store = store_to_test()
    store.define("v", ["a"])
    try:
        store.write("v", [{**ROW, "z": 1}], 10)
    except ValueError:
        return
    raise AssertionError
