"""The log of marks: everything that was written, in the marks' own transaction, and what a person gave, once."""

import csv
import sqlite3

import pytest

from grader.workflow.export import export
from grader.workflow.feedback import give_feedback
from grader.workflow.marks import catch_up, logged_marks
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, mlsd, run


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
    by_hand(marked, {"right": 1.5}, "reflection", extra=0.5)
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
    by_hand(marked, {"right": None}, "reflection", extra=0.0)
    after = told(marked, "right")
    assert after[-2:] == [
        ("right", "reflection", "by hand", 1.5, None, "seen by marks"),
        ("right", "reflection", "extra credit", 0.5, 0.0, "seen by marks"),
    ]
    assert told(marked, "right") == after


def test_what_a_person_marked_is_told_apart_from_what_came_later(marked):
    by_hand(marked, {"right": 2.0}, "reflection")
    toy.submit(marked, "right", toy.answered(marked, **toy.RIGHT, reflection="Another text."))
    run(marked, students=["right"], jobs=1)
    by_hand(marked, {"right": 1.0}, "reflection")
    one, two = [mark for mark in logged_marks(marked, toy.NAME, "right") if mark.way == "by hand"]
    assert (one.after, two.before, two.after) == (2.0, 2.0, 1.0)
    assert "" not in (one.digest, two.digest)
    assert one.digest != two.digest


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
    command = ["marks", toy.NAME, "--student", "wrong"]
    assert "wrong  halves/spread-test  none -> 1  automatic  (grade)" in mlsd(marked, *command).output
    assert mlsd(marked, *command, "--to", tmp_path / "log.csv").exit_code == 0
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["item"], row["before"], row["after"]) for row in rows][1] == ("spread-test", "", "1.0")
