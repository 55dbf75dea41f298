"""Honest work gets the same marks from ours as from stock nbgrader: mixtures of right and wrong answers."""

import json
from collections.abc import Iterator

import pytest

from tests.attacks.course import Assignment
from tests.attacks.course.ps1 import PS1
from tests.attacks.course.ps2 import PS2
from tests.attacks.foreign_course import answered, copied, released, submit
from tests.attacks.graders import MARKS_ALONE, autograde, mlsd_grade
from tests.attacks.host import environment


def mixtures(assignment: Assignment) -> Iterator[dict[str, str]]:
    """An answer for each task; every right and every wrong one is in some mixture, those of its neighbours shifted."""
    answers = [[task.right, *task.wrong.values()] for task in assignment.tasks]
    for number in range(max(map(len, answers))):
        yield {
            task.name: several[(number + place) % len(several)]
            for place, (task, several) in enumerate(zip(assignment.tasks, answers, strict=True))
        }


@pytest.mark.parametrize("assignment", [PS1, PS2], ids=lambda assignment: assignment.name)
def test_marks_of_honest_work_equal_stock_nbgraders(assignment, template, root):
    name = assignment.name
    course = copied(template, root / "course")
    submit(course, "starter", name, {f"{name}.ipynb": json.dumps(released(course, name)).encode()})
    for number, mixture in enumerate(mixtures(assignment)):
        notebook = answered(course, assignment, mixture)
        submit(course, f"mixture-{number}", name, {f"{name}.ipynb": json.dumps(notebook).encode()})
    ours = copied(course, root / "ours" / "course")
    by_stock = autograde(course, name, environment(root), 600, *MARKS_ALONE)
    by_ours = mlsd_grade(ours, name, environment(root / "ours"))
    assert by_stock.status == 0, by_stock.text[-2000:]
    assert by_ours.status == 0, by_ours.text[-2000:]
    assert by_ours.marks == by_stock.marks
    earned = {tuple(points or 0 for _, points in sorted(marks.items())) for marks in by_stock.marks.values()}
    assert len(earned) == len(by_stock.marks), "the mixtures are too alike to tell graders apart"
