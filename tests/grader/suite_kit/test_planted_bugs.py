"""A small object with a bug: what counts, what does not, and what a student reads; and a shop that lends objects."""

import itertools
import operator

import numpy as np
import pytest

from grader.suite_kit.exercise import load_exercise
from grader.suite_kit.planted_bugs import PlantedBugs, judge_own_tests
from grader.suite_kit.score_sheet import Sheet, graded


class Counter:
    """Counts from 1 on; it may begin anew at 100 or at 1,000, as no rule says."""

    def __init__(self, step=1):
        self.numbers = itertools.count(step, step)

    def next(self):
        return next(self.numbers)


class Held:
    def __init__(self, counter):
        self.counter = counter

    def call(self, method, arguments):
        return operator.methodcaller(method, *arguments)(self.counter)


PLANTED = PlantedBugs(
    "counter", lambda own, size: own(), Held, "where it begins anew",
    {"anew at 100": ("its end at 100", lambda own, size: own())},
)  # fmt: skip


@PLANTED.plant("by two", "steps", "it counts in twos", (2, 5))
class ByTwo:
    def __init__(self, own, size):
        self.next = Counter(size).next


FAMILIES = """
points = { "own tests" = 1 }
families."right counters" = { test = "own tests", points = 0, production = "nobody trusts the test." }
families."planted bugs" = { test = "own tests", production = "the bug goes live." }
"""


def test_an_object_of_the_graders_that_is_rejected_is_named_as_such(tmp_path):
    class Other(Counter):
        def next(self):
            return super().next() + 1

    def try_counter(bug="", size=0, shop=None):
        shop = shop or PLANTED.distorted(Counter, bug, size)
        number = shop.new()
        assert [shop.call(number, "next", ()) for _ in range(2)] == [1, 2]

    def test(sheet: Sheet, answer, name: str) -> None:
        judge_own_tests(sheet, answer, name, PLANTED, PLANTED.hidden_trials(np.random.default_rng(1), (Other,)))

    (tmp_path / "exercise.toml").write_text(FAMILIES)
    points = graded("own tests", 1, families=load_exercise(tmp_path).families)(test)(try_counter)
    assert points == 0
    assert "a counter of the grader's that keeps every rule" in " ".join(points.report.text().split())


def test_a_shop_offers_its_objects_by_number_and_no_more():
    shop = PLANTED.shop(Counter)
    assert shop.exposed().methods == {"new", "call"}
    assert (shop.call(shop.new(), "next", ()), shop.call(shop.new(), "next", ()), shop.call(0, "next", ())) == (1, 1, 2)
    for number in (2, -1, "0", None):
        with pytest.raises(ValueError, match="there is no counter"):
            shop.call(number, "next", ())


def test_a_bug_has_its_hardest_size_unless_another_is_asked_for():
    first = [PLANTED.distorted(Counter, "by two", size).make().call("next", ()) for size in (0, 5)]
    assert first == [2, 5]
    with pytest.raises(ValueError, match="by two, anew at 100"):
        PLANTED.distorted(Counter, "by three")
