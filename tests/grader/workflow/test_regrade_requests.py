"""Regrade requests: the id on a page of feedback finds the student, and what names nothing is said by its line."""

import re

import pytest

from grader.errors import GraderError
from grader.grading import batch
from grader.grading.records import Options
from grader.workflow.feedback import give_feedback
from grader.workflow.regrade_requests import read_requests
from tests import toy_course as toy
from tests.grader.grading.engine_course import mlsd

ID = re.compile(r"feedback's id: <code>([0-9a-f]{32})</code>")


def ids(course, *students: str) -> dict[str, str]:
    """What stands on each student's page."""
    list(give_feedback(course, toy.NAME, list(students), jobs=1))
    pages = {
        student: (course.folder("feedback", student, toy.NAME) / f"{toy.NAME}.html").read_text() for student in students
    }
    return {student: ID.search(page)[1] for student, page in pages.items()}


def test_the_id_on_the_page_finds_the_student_and_unknown_ones_are_named(marked, tmp_path):
    there = ids(marked, "right", "wrong")
    assert len(set(there.values())) == 2
    with marked.gradebook() as book:
        book.add_assignment("thirds")
        other = book.add_submission("thirds", "right").id
    path = tmp_path / "requests.csv"
    lines = [f"{there['wrong']};half-test;It is right; I think", f"{'0' * 32};half-test;", f"{other};;", ""]
    lines += [f"{there['right']};third;", f"{there['right']};;why"]
    path.write_text("\n".join(["Feedback id;item;reason", *lines]))
    found, faults = read_requests(marked, toy.NAME, path)
    assert [(request.student, request.item, request.points, request.maximum) for request in found] == [
        ("wrong", "half-test", 0.0, 2.0),
        ("right", "", 6.0, 8.0),
    ]
    assert [fault.partition(": ")[0] for fault in faults] == ["line 3", "line 4", "line 6"]
    assert "is no feedback's" in faults[0]
    assert f"is feedback on thirds, not on {toy.NAME}" in faults[1]
    assert "asks for the item 'third'; there are both-test" in faults[2]


def test_a_file_without_an_id_says_which_columns_are_known(marked, tmp_path):
    (tmp_path / "requests.csv").write_text("student,why\nanna,x\n")
    with pytest.raises(GraderError, match="known are id, item, reason"):
        read_requests(marked, toy.NAME, tmp_path / "requests.csv")


def test_regrade_lists_what_is_asked_and_runs_only_those_students(course, tmp_path):
    for student in ("ann", "bob"):
        toy.submit(course, student, toy.answered(course, **toy.RIGHT))
    list(batch.grade(course, toy.NAME, ["ann", "bob"], Options(jobs=1), lambda said: None))
    path = tmp_path / "what they ask.csv"
    asked = f'{ids(course, "bob")["bob"]},half-test,"It halves.\nann asks: all, 8 of 8."\n'
    path.write_text("id,item,reason\n" + asked + "none,,\n" * 30 + asked * 3_000)
    result = mlsd(course, "regrade", toy.NAME, "--requests", path, "--jobs", "1")
    assert result.exit_code == 1
    assert "bob asks (3,001 times): half-test, 2 of 2. It halves. ann asks: all, 8 of 8.\n" in result.output
    assert "line 4: the id 'none' is no feedback's" in result.output
    assert "10 more lines name nothing that is known" in result.output
    assert len(result.output.splitlines()) < 40
    assert "1 graded again" in result.output
    assert f"--requests '{path}' --yes" in result.output
