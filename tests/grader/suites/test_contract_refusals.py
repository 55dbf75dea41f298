"""The contract of exercises that ask for tests: no object that tests get, right or with a bug, can be told from another
by how it refuses a bad call. `hooks_NAME` names ordinary calls and those that the rules of the task refuse."""

import copy
from collections import Counter

import pytest

from tests.grader.suites.contract import (
    bank_of,
    calls_of,
    cells_of,
    every_planting_exercise,
    hooks_of,
    reference_of,
    suite_of,
)  # fmt: skip

ODD = [None, True, "x", b"x", 1.5, float("inf"), float("nan"), 2**63, [], {}, set(), [None], [[]], [{}], object(), 1j]


def bad_calls(calls, refused):
    """Calls that the form or the rules refuse, many of them with two faults at once."""
    yield from refused
    yield "__class__", []
    for method, arguments in calls.items():
        yield method, arguments[:-1]
        yield method, [*arguments, 1]
        for place, argument in enumerate(arguments):
            before, after = arguments[:place], arguments[place + 1 :]
            for odd in ODD:
                yield method, [*before, odd, *after]
            if isinstance(argument, list) and isinstance(argument[-1], dict):
                for record in bad_records(argument[-1]):
                    yield method, [*before, [*argument[:-1], record], *after]


def bad_records(record):
    """A record with one field of another form, or without it."""
    for field in [*record, "z"]:
        yield {name: value for name, value in record.items() if name != field} | ({"z": 1} if field == "z" else {})
        for odd in ODD:
            yield {**record, field: odd}


def refused(new, before, method, arguments):
    """How an object refuses a call after others; None if it takes it."""
    call = new()
    for earlier, given in before:
        call(earlier, given)
    try:
        call(method, arguments)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def held(shop):
    """A new object of a shop, as an `Exposed` one offers it."""
    number = shop.new()
    return lambda method, arguments: shop.call(number, method, arguments)


@pytest.fixture
def planted(name, secret):
    return suite_of(name).PLANTED


@pytest.fixture
def lent(name, planted):
    """What makes new objects of the grader's, right ones and one with each bug."""
    trials = suite_of(name).CASES.drawn(1, 1).trials
    return [lambda make=trial.lent: held(planted.shop(make)) for trial in trials if trial.lent is not None]


@pytest.fixture
def own(name, planted):
    """What makes new objects of the reference's, as it is, with what is left open decided either way, with each bug."""
    bank = bank_of(name)
    (target,) = [names[1] for test, names in calls_of(bank).values() if test == "own_tests"]
    made = cells_of(bank, reference_of(bank))[target]
    return [lambda bug=bug: held(planted.distorted(made, bug)) for bug in ("", *planted.either_way, *planted.bugs)]


@every_planting_exercise
def test_all_objects_refuse_every_bad_call_in_the_same_words(name, planted, lent, own):
    hooks, told = hooks_of(name), Counter()
    assert len(own) > len(lent) > len(planted.bugs)
    for method, arguments in bad_calls(hooks.CALLS, hooks.REFUSED):
        ways = {refused(new, hooks.BEFORE, method, arguments) for new in (*lent, *own)}
        assert len(ways) == 1, (method, arguments, ways)
        told[method] += ways != {None}
    assert min(told[method] for method in hooks.CALLS) >= 15


def spoil(value):
    """Takes everything out of what was handed over."""
    if isinstance(value, list):
        for part in value:
            spoil(part)
    if isinstance(value, list | dict):
        value.clear()


@every_planting_exercise
def test_what_tests_change_afterwards_does_not_reach_an_object(name, lent):
    hooks, given = hooks_of(name), []
    for spoils in (False, True):
        call = lent[0]()
        for method, arguments in copy.deepcopy(hooks.BEFORE):
            call(method, arguments)
            if spoils:
                spoil(arguments)
        given.append([repr(call(method, arguments)) for method, arguments in copy.deepcopy(hooks.CALLS).items()])
    assert given[0] == given[1]
