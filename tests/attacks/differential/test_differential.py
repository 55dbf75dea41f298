"""An ordinary test gives the marks that stock nbgrader gives: many answers through both graders.

To add an exercise, add one entry to a module of `tasks`.
"""

import tempfile
from pathlib import Path

import pytest

from grader.grading.analysis.name_analysis import bound, made_here, read, tree_of
from tests.attacks.differential.comparison import Compared, compare, table
from tests.attacks.differential.tasks import EXERCISES

ANSWERS = [answer for exercise in EXERCISES for answer in exercise.answers]
LEAST_RIGHT, LEAST_WRONG = 80, 40
MOST_ANSWERS = 7  # an eighth answer of one exercise makes the notebooks of all longer
ROUNDING = 1e-6


@pytest.fixture(scope="module")
def compared():
    """Every answer with both marks, graded once for all tests here."""
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        (root / "ours").mkdir()
        yield compare(root, EXERCISES)


def faults(rows: list[Compared]) -> str:
    """What an assertion shows: how many there are, and the table of them."""
    return f"{len(rows)} answers:\n{table(rows)}"


def test_the_corpus_is_large_and_its_names_are_apart():
    right = [answer for answer in ANSWERS if answer.right]
    assert len(right) >= LEAST_RIGHT
    assert len(ANSWERS) - len(right) >= LEAST_WRONG
    assert len({exercise.name for exercise in EXERCISES}) == len(EXERCISES)
    assert [
        exercise.name for exercise in EXERCISES if not (len(exercise.right) >= 3 and len(exercise.wrong) >= 1)
    ] == []
    assert [exercise.name for exercise in EXERCISES if len(exercise.answers) > MOST_ANSWERS] == []


def test_no_answer_binds_a_name_that_the_test_of_another_exercise_reads():
    tests = {exercise.name: tree_of(exercise.test_cell) for exercise in EXERCISES}
    asked = {name: read(tree) - bound(tree) for name, tree in tests.items()}
    shared = []
    for answer in ANSWERS:
        own = made_here(tree_of(answer.source))
        shared += [(answer, name) for other, names in asked.items() if other != answer.exercise for name in own & names]
    assert shared == []


def test_stock_nbgrader_gives_right_answers_full_marks_and_wrong_ones_less(compared):
    """Otherwise the corpus is wrong, not a grader."""
    odd = [row for row in compared if row.answer.right != (row.stock >= row.maximum - ROUNDING)]
    assert not odd, faults(odd)


def test_ours_gives_the_marks_that_stock_nbgrader_gives(compared):
    differ = [row for row in compared if abs(row.ours - row.stock) > ROUNDING]
    assert not differ, faults(differ)
