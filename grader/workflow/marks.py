"""The log of marks for people: what other programs wrote is entered first; shown or as CSV, oldest first."""

import os
from pathlib import Path

from grader.course import Course
from grader.grading.batch import matching
from grader.grading.output.gradebook import Book
from grader.grading.output.mark_log import COLUMNS, LoggedMark
from grader.grading.output.spreadsheet import table
from grader.whole_files import write_named


def catch_up(course: Course, name: str, command: str) -> None:
    """Enter marks given by hand, and those of stock nbgrader, into the log as seen by `command`, each once.

    A gradebook that this user may only read is left as it is, and so is one that does not know `name`.
    """
    if not os.access(course.database, os.W_OK):
        return
    with course.gradebook() as opened:
        if name in {assignment.name for assignment in opened.assignments}:
            Book(course, opened, name, command=command).catch_up()


def logged_marks(course: Course, name: str, student: str = "*") -> list[LoggedMark]:
    """The log of an exercise for students that match, oldest first. Raises `GraderError` if nobody knows `name`."""
    with course.gradebook() as book:
        course.require_known(book, name)
    catch_up(course, name, "marks")
    with course.gradebook() as opened:
        rows = Book(course, opened, name).log.rows()
    chosen = matching(sorted({row.student for row in rows}), student, name) if rows else []
    return [row for row in rows if row.student in chosen]


def write_marks(rows: list[LoggedMark], to: Path) -> None:
    """Write the rows as CSV. Raises `GraderError` if the file cannot be written."""
    text = table(COLUMNS, ([_plain(getattr(row, name)) for name in COLUMNS] for row in rows))
    write_named(to, text, text.partition("\n")[0])


def _plain(value: str | float | None) -> str | float:
    return "" if value is None else value
