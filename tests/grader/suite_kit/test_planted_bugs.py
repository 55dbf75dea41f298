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


def table(check, tmp_path, lent=(), own=Counter):
    """The points and the words that tests of a student's get."""

    def try_counter(bug="", size=0, shop=None):
        shop = shop or PLANTED.distorted(own, bug, size)
        number = shop.new()
        return check(lambda: shop.call(number, "next", ()))

    (tmp_path / "exercise.toml").write_text(FAMILIES)
    trials = PLANTED.hidden_trials(np.random.default_rng(1), lent) if lent else PLANTED.public_trials()

    def test(sheet: Sheet, answer, name: str) -> None:
        judge_own_tests(sheet, answer, name, PLANTED, trials)

    points = graded("own tests", 1, families=load_exercise(tmp_path).families)(test)(try_counter)
    return float(points), " ".join(points.report.text().split())


def sound(ask):
    assert (ask(), ask()) == (1, 2)


@pytest.mark.parametrize("lent", [(), (Counter,)])
@pytest.mark.parametrize(
    ("check", "points", "words"),
    [
        (sound, 1, "1 of 1 rejected"),
        (
            lambda ask: None,
            0,
            "(it counts in twos). try_counter('by two') must raise",
        ),
        (lambda ask: False, 0, "What it returned is not looked at: check_counter rejects a counter by raising"),
        (lambda ask: 1 / 0, 0, "your tests reject your own counter: ZeroDivisionError"),
    ],
)
def test_tests_earn_a_point_for_rejected_bugs_if_they_accept_what_is_right(check, points, words, lent, tmp_path):
    given, text = table(check, tmp_path, lent)
    assert given == points
    assert words in text


@pytest.mark.parametrize(("lent", "words"), [(True, "a counter of the grader's that keeps every rule"),
                                             (False, "your own counter: AssertionError")])  # fmt: skip
def test_the_right_object_that_is_rejected_is_named(lent, words, tmp_path):
    class Other(Counter):
        def next(self):
            return super().next() + 1

    points, text = table(sound, tmp_path, (Other if lent else Counter,), Counter if lent else Other)
    assert points == 0
    assert words in text


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
