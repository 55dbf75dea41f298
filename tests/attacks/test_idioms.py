"""The ordinary ways to write a test cell: decided rightly, 21 of 26 without trusting the student's process."""

import json

import pytest

from tests.attacks import idioms
from tests.attacks.batch import results
from tests.attacks.foreign_course import answered, copied, submit
from tests.attacks.graders import mlsd_grade
from tests.attacks.host import environment

UNSEALED = {f"{idiom.name}-test" for idiom in idioms.IDIOMS if not idiom.sealed}


@pytest.fixture
def course(template, root):
    """A course with two submissions: every answer right, every answer wrong."""
    assignment = idioms.assignment()
    course = copied(template, root / "course")
    wrong = {idiom.name: idiom.wrong for idiom in idioms.IDIOMS}
    for student, notebook in (
        ("right", answered(course, assignment)),
        ("wrong", answered(course, assignment, wrong)),
    ):
        submit(course, student, "idioms", {"idioms.ipynb": json.dumps(notebook).encode()})
    return course


def test_every_idiom_is_decided_and_only_five_are_unsealed(course, root, subtests):
    ended = mlsd_grade(course, "idioms", environment(root))
    assert ended.status == 0, ended.text[-3000:]
    tests = {
        student: {test["name"]: test for test in whole["tests"]} for student, whole in results(course, "idioms").items()
    }
    for idiom in idioms.IDIOMS:
        cell = f"{idiom.name}-test"
        with subtests.test(msg=idiom.name):
            right, wrong = (tests[student][f"idioms/{cell}"] for student in ("right", "wrong"))
            assert ended.marks["right"][cell] == idioms.MAXIMUM, right["output"]
            assert ended.marks["wrong"][cell] == 0, wrong["output"]
            assert ("unsealed" in right["tags"]) == (cell in UNSEALED), right["output"]
    assert len(idioms.IDIOMS) == 26
    assert len(UNSEALED) <= 5


def test_require_sealed_refuses_to_grade_what_cannot_be_sealed(course, root):
    ended = mlsd_grade(course, "idioms", environment(root), 600, "--require-sealed", "--student", "right")
    assert f"{len(UNSEALED)} tests of idioms cannot be sealed" in ended.text
    assert ended.marks.get("right") in (None, {})
