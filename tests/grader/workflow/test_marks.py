"""The log of marks: everything that was written, in the marks' own transaction, and what a person gave, once."""

import csv
import sqlite3

import pytest
from typer.testing import CliRunner

from grader.workflow.export import export
from grader.workflow.feedback import give_feedback
from grader.workflow.marks import catch_up, logged_marks
from mlsd.cli import app
from tests import toy_course as toy
from tests.grader.grading.engine_course import run
from tests.grader.grading.test_worker_pool import killed


def give(course, student, item, points, extra=None):
    """A mark as formgrader gives it."""
    with course.gradebook() as book:
        grade = book.find_grade(item, toy.NAME, toy.NAME, student)
        grade.manual_score, grade.extra_credit = points, extra
        book.db.commit()


def told(course, student="*"):
    return [
        (mark.student, mark.item, mark.way, mark.before, mark.after, mark.command)
        for mark in logged_marks(course, toy.NAME, student)
    ]


def test_each_mark_is_logged_and_again_when_it_is_written_again(marked):
    run(marked, students=["wrong"], jobs=1)
    first = [("half-test", 0.0), ("spread-test", 1.0), ("both-test", 0.0), ("reflection", 0.0)]
    mine = {("wrong", item, "automatic", None, points, "grade") for item, points in first}
    assert set(told(marked, "wrong")) == mine
    toy.submit(marked, "wrong", toy.answered(marked, **toy.RIGHT))
    run(marked, students=["wrong"], jobs=1)
    assert ("wrong", "half-test", "automatic", 0.0, 2.0, "grade") in told(marked, "wrong")[4:]
    digests = {mark.digest for mark in logged_marks(marked, toy.NAME, "wrong")}
    assert len(digests) == 2


@pytest.mark.parametrize("command", ["feedback", "export", "marks", "grade"])
def test_a_mark_given_by_hand_enters_once_when_a_command_sees_it(marked, tmp_path, command):
    give(marked, "right", "reflection", 1.5, extra=0.5)
    for _ in range(2):
        if command == "feedback":
            list(give_feedback(marked, toy.NAME, ["right"], jobs=1))
        if command == "export":
            export(marked, None, tmp_path / "marks.csv")
        if command == "grade":
            run(marked, students=["right"], jobs=1)
        if command == "marks":
            logged_marks(marked, toy.NAME)
    given = [mark for mark in told(marked, "right") if mark[2] != "automatic"]
    assert given == [
        ("right", "reflection", "by hand", None, 1.5, f"seen by {command}"),
        ("right", "reflection", "extra credit", None, 0.5, f"seen by {command}"),
    ]
    give(marked, "right", "reflection", None, extra=0.0)
    after = told(marked, "right")
    assert after[-2:] == [
        ("right", "reflection", "by hand", 1.5, None, "seen by marks"),
        ("right", "reflection", "extra credit", 0.5, 0.0, "seen by marks"),
    ]
    assert told(marked, "right") == after


def test_what_a_person_marked_is_told_apart_from_what_came_later(marked):
    give(marked, "right", "reflection", 2.0)
    toy.submit(marked, "right", toy.answered(marked, **toy.RIGHT, reflection="Another text."))
    run(marked, students=["right"], jobs=1)
    give(marked, "right", "reflection", 1.0)
    one, two = [mark for mark in logged_marks(marked, toy.NAME, "right") if mark.way == "by hand"]
    assert (one.after, two.before, two.after) == (2.0, 2.0, 1.0)
    assert "" not in (one.digest, two.digest)
    assert one.digest != two.digest


def disagreements(course):
    """Automatic marks of the gradebook that are not what the log says last, and steps of the log that do not join."""
    chain, wrong = {}, []
    rows = logged_marks(course, toy.NAME)
    for row in (row for row in rows if row.way == "automatic"):
        key = (row.student, row.item)
        wrong += [row] if row.before != chain.get(key) or row.command not in ("grade", "regrade") else []
        chain[key] = row.after
    with course.gradebook() as book:
        for whole in book.assignment_submissions(toy.NAME):
            grades = [grade for notebook in whole.notebooks for grade in notebook.grades]
            wrong += [grade.name for grade in grades if grade.auto_score != chain.get((whole.student.id, grade.name))]
    return wrong


@pytest.mark.parametrize("fault", ["staged:2", "commit:1", "commit:2", "committed:1", "aside:1"])
def test_a_kill_leaves_log_and_marks_agreeing(marked, fault):
    toy.submit(marked, "wrong", toy.answered(marked, **toy.RIGHT))
    toy.submit(marked, "right", toy.answered(marked, **toy.WRONG))
    killed(marked, fault=fault)
    assert disagreements(marked) == []
    run(marked, jobs=1)
    assert disagreements(marked) == []
    again = [(mark[0], mark[1]) for mark in told(marked) if mark[3] is not None]
    assert sorted(again) == sorted(set(again))  # each of the changed marks was written once
    assert len(again) == 8 - 1  # right's reflection was for a person and is empty now: from none to 0


def test_what_is_logged_can_be_neither_changed_nor_removed(marked):
    book = sqlite3.connect(marked.database)
    for change in ("UPDATE mlsd_mark_log SET after = 9", "DELETE FROM mlsd_mark_log"):
        with pytest.raises(sqlite3.DatabaseError, match="stays as it is"):
            book.execute(change)
    book.close()


def test_a_gradebook_that_is_older_than_the_log_is_entered_at_once(marked):
    book = sqlite3.connect(marked.database)
    book.execute("DROP TABLE mlsd_mark_log")
    book.close()
    catch_up(marked, toy.NAME, "export")
    rows = told(marked)
    assert ("right", "half-test", "automatic", None, 2.0, "seen by export") in rows
    assert len(rows) == 4 * 5 - 1


def test_the_command_shows_it_and_writes_a_table(marked, tmp_path):
    command = ["marks", toy.NAME, "--student", "wrong", "--course", str(marked.root)]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0
    assert "wrong  halves/spread-test  none -> 1  automatic  (grade)" in shown.output
    assert CliRunner().invoke(app, [*command, "--to", str(tmp_path / "log.csv")]).exit_code == 0
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["item"], row["before"], row["after"]) for row in rows][1] == ("spread-test", "", "1.0")
