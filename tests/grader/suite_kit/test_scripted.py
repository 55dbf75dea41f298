"""Scripts are run step by step, and what was wrong is told in the words of the case."""

import pytest

from grader.suite_kit.answer import InKernel
from grader.suite_kit.score_sheet import Sheet
from grader.suite_kit.scripted import Case, agrees, run_family

CASE = Case(
    [["put", ["a", 1], ""], ["get", ["a"], "a value"], ["get", ["b"], "no value"], ["put", [None, 1], "no name"]],
    [None, {"a": 1}, {"any": [{"b": None}, {}]}, "refused"],
)


class Box:
    def __init__(self):
        self.values = {}

    def put(self, name, value):
        if name is None:
            raise ValueError(name)
        self.values[name] = value

    def get(self, name):
        return {name: self.values[name]} if name in self.values else {}


def told(box, private=False):
    sheet = Sheet("box", 1, private=private)
    found = run_family(sheet, InKernel({"Box": box}), "Box", [CASE])
    return found.measured, found.explanation(sheet, "boxes")


class TakesAll(Box):
    def put(self, name, value):
        self.values[name] = value


class Silent(Box):
    def get(self, name):
        pass


class Refuses(Box):
    def put(self, name, value):
        raise KeyError(name)


@pytest.mark.parametrize(
    ("box", "measured", "words"),
    [
        (Box, "0 of 3 wrong", ""),
        (TakesAll, "1 of 3 wrong", '(1 of 1). First in step 3 of suite.show("boxes", 0): put(None, 1) was taken'),
        (Silent, "2 of 3 wrong", "get('a') gave None (is a return missing?); right is {'a': 1}."),
        (Refuses, "1 of 1 wrong", "put raised an exception (1 of 1). First in step 0"),
    ],
)  # fmt: skip
def test_what_was_wrong_is_counted_and_the_first_is_told_where_nothing_is_hidden(box, measured, words):
    assert told(box)[0] == measured
    assert words in told(box)[1]
    assert "suite.show" not in told(box, private=True)[1]


@pytest.mark.parametrize(
    ("right", "came", "agree"),
    [
        ({"any": [[{"a": 1}], [{"a": 2}]]}, [{"a": 2}], True),
        ({"any": [[{"a": 1}], [{"a": 2}]]}, [{"a": 3}], False),
        ("refused", None, False),
        ("refused", "refused", False),
    ],
)
def test_one_of_several_right_answers_agrees_and_none_where_it_is_to_be_refused(right, came, agree):
    assert agrees(came, right) is agree
