"""A student's text is read in a process that no session's limit holds: its length must not decide what that takes."""

import tracemalloc

import pytest

from grader.grading.analysis.grading_plan import Plan
from grader.grading.analysis.name_analysis import READ_CHARACTERS
from grader.grading.grade_submission import untouched
from grader.grading.records import Step
from grader.grading.replica import needed

MOST_MB = 40
STARTER = "def half(x):\n    raise NotImplementedError()"
PLAN = Plan("halves", starters={"half": STARTER})
LENGTHS = [READ_CHARACTERS + 1, 4 * READ_CHARACTERS]  # of which a tree would take 170 and 680 MB


def steps(length: int) -> list[Step]:
    """An answer that was not touched, and one of so many characters that take much memory to parse."""
    return [Step(0, "half", "theirs", STARTER), Step(1, "own", "theirs", "half = 1\n" + "1\n" * (length // 2))]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("read", [lambda some: untouched(some, PLAN), lambda some: needed(some, "half")])
def test_an_answer_longer_than_anybody_writes_takes_little_memory(length, read):
    tracemalloc.start()
    try:
        read(steps(length))
        assert tracemalloc.get_traced_memory()[1] / 2**20 < MOST_MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", [100, *LENGTHS])
def test_the_answers_as_released_are_known_however_long_the_others_are(length):
    assert untouched(steps(length), PLAN)[0] == {"half"}
    assert untouched(steps(length)[:1], PLAN) == ({"half"}, {"half"})
