"""Calls are held to their form, and refused in the same words whatever object is behind."""

import numpy as np
import pytest

from grader.suite_kit.forms import InTests, list_of, optional, plain_value, record, seconds, text

ROW = record({"name": text}, {"at_s": seconds})


@pytest.mark.parametrize(
    ("form", "value", "held"),
    [
        (text, np.str_("x"), "x"),
        (seconds, 3.0, 3),
        (seconds, np.int64(3), 3),
        (plain_value, np.float64(1.5), 1.5),
        (plain_value, None, None),
        (plain_value, True, True),
        (optional(seconds), None, None),
        (list_of(seconds), (1, 2), [1, 2]),
        (ROW, {"name": "a", "other": object()}, {"name": "a"}),
        (record({}, rest=plain_value), {"a": 1}, {"a": 1}),
    ],
)
def test_what_is_well_formed_is_held_as_plain_data(form, value, held):
    given = form("it", value)
    assert (given, type(given)) == (held, type(held))


@pytest.mark.parametrize(
    ("form", "value", "words"),
    [
        (text, 1, "it must be a string, not int 1"),
        (text, None, "it must be a string, not NoneType"),
        (seconds, True, "it must be whole seconds, not bool True"),
        (seconds, 1.5, "it must be whole seconds, not float 1.5"),
        (seconds, float("inf"), "whole seconds"),
        (seconds, 2**63, "at most"),
        (plain_value, [], "it must be a plain value or None, not list"),
        (plain_value, float("nan"), "it must be finite, not nan"),
        (list_of(text, "each name"), "ab", "it must be a list, not str 'ab'"),
        (list_of(text, "each name"), [1], "each name must be a string"),
        (ROW, [], "it must be a dictionary with names, not list"),
        (ROW, {1: 2}, "it must be a dictionary with names"),
        (ROW, {"at_s": 1}, "it must have name; name is missing"),
        (ROW, {"name": "a", "at_s": "b"}, "at_s must be whole seconds"),
        (record({}, rest=plain_value), {"a": {}}, "a value must be a plain value"),
    ],
)
def test_what_has_another_form_is_refused_with_the_rule(form, value, words):
    with pytest.raises(ValueError, match=words):
        form("it", value)


class Even:
    """The rule of a cup: what is poured is even."""

    poured = 0

    def refusal(self, method, arguments):
        return KeyError("odd") if arguments[0] % 2 else None

    def note(self, method, arguments):
        self.poured += arguments[0]


class Cup:
    def __init__(self, limit):
        self.limit = limit

    def pour(self, much):
        if self.limit == 0:
            raise NotImplementedError
        if much % 2 or much > self.limit:
            raise RuntimeError("words of its own")
        return much


def test_what_is_to_be_refused_is_asked_and_refused_in_the_same_words():
    cup = InTests("cup", Cup(8), {"pour": {"much": seconds}}, Even())
    assert cup.call("pour", (2,)) == 2
    for arguments, error, words in [((3,), KeyError, "odd"), ((10,), RuntimeError, "words of its own"),
                                    (("x",), ValueError, "much must be whole seconds"), ((), ValueError, "takes 1"),
                                    (None, ValueError, "takes 1 arguments: much")]:  # fmt: skip
        with pytest.raises(error, match=words):
            cup.call("pour", arguments)
    with pytest.raises(AttributeError, match="a cup has no method 'drink'; it has pour"):
        cup.call("drink", ())
    with pytest.raises(NotImplementedError):
        InTests("cup", Cup(0), {"pour": {"much": seconds}}, Even()).call("pour", (3,))
    assert cup.rules.poured == 2


def test_an_object_that_takes_what_it_must_refuse_is_seen_to_take_it():
    class TakesAll:
        def pour(self, much):
            return much

    assert InTests("cup", TakesAll(), {"pour": {"much": seconds}}, Even()).call("pour", (3,)) == 3
