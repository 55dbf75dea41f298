"""Marks as tables: what a learning platform's upload takes, one row a student, one row a student and item.

All as they stand in the gradebook, students by name and then id, items in the notebook's order. nbgrader's own
exporter writes without quoting and has no items; the columns of our own form begin with its columns. What a platform's
file looks like is in `grader.workflow.platforms`.
"""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.errors import GraderError
from grader.grading.output.gradebook import Book
from grader.grading.output.lateness import count, deadlines, length, local
from grader.grading.output.spreadsheet import table
from grader.whole_files import write_named
from grader.workflow.collect import read_report
from grader.workflow.groups import spread_marks
from grader.workflow.late_days import take_late_days, taken
from grader.workflow.marks import catch_up
from grader.workflow.platforms import PLATFORMS, Item, Marks, Upload
from grader.workflow.roster import Person, everyone

CANVAS_FIXED = 5  # columns before those of the exercises
TOTALS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score", "needs_manual_grade",
    "section", "due", "received", "late", "late_days_used", "late_days_left",
)  # fmt: skip
ITEMS = (
    "assignment", "student_id", "notebook", "item", "points", "maximum", "automatic", "by_hand", "extra_credit", "open",
    "comment",
)  # fmt: skip
REFUSED = ("assignment", "source", "student", "reason")


@dataclass
class Exported:
    """The files written: `marks` first; how many rows of marks; what a person should know, and what is missing."""

    marks: Path
    items: Path
    refused: Path
    rows: int
    totals: Path | None = None
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def export(
    course: Course, name: str | None, to: Path, form: str = "csv", zero: bool = False, column: str = ""
) -> Exported:
    """Write the marks of one exercise, or of all, in a platform's form; `zero`: who handed in nothing has 0.

    `column` is Canvas's heading of the exercise. Raises `GraderError` if the gradebook does not know `name` or holds no
    exercise at all, and for a form that is none or takes one exercise only.
    """
    if form not in ("csv", *PLATFORMS):
        raise GraderError(f"--format is {form!r}; it must be csv or one of {', '.join(PLATFORMS)}")
    if name is None and (form in ("moodle", "gradescope") or column):
        raise GraderError(
            f"--format {form} is one exercise a file: name it, {course.command(f'export NAME --format {form}')}"
        )
    if not to.name or to.is_dir():
        raise GraderError(f"--to is {to}; it must name a file, e.g. --to marks.csv")
    if not column.isprintable():
        raise GraderError(f"--column is {column!r}; it has signs that cannot be seen. Copy Canvas's heading.")
    with course.gradebook() as book:
        if name is not None:
            course.require_known(book, name)
        chosen = sorted(assignment.name for assignment in book.assignments if name in (None, assignment.name))
    take_late_days(course)
    differing = [line for assignment in chosen for line in spread_marks(course, assignment)]
    with course.gradebook() as book:
        if not chosen:
            raise GraderError(f"the gradebook {course.database} knows no exercise. First: {course.command('release')}")
        marks = [mark for name in chosen for mark in _marks(course, book, name)]
        pending = sum(len(Book(course, book, name).pending(_students(book))) for name in chosen)
    for assignment in sorted({mark.assignment for mark in marks if mark.handed_in}):
        catch_up(course, assignment, "export")
    done = Exported(to, _beside(to, "items"), _beside(to, "refused"), len(marks))
    if form == "csv":
        _write(to, TOTALS, (_total(mark, zero) for mark in marks))
    else:
        upload: Upload = PLATFORMS[form](marks, zero, column)
        done.totals, done.notes, done.missing = _beside(to, "marks"), upload.notes, upload.missing
        _write(to, upload.heading, upload.rows, CANVAS_FIXED if form == "canvas" else None)
        _write(done.totals, TOTALS, (_total(mark, zero) for mark in marks))
    _write(done.items, ITEMS, (row for mark in marks for row in _items(mark)))
    refused = [row for name in chosen for row in _refused(course, name, marks)]
    _write(done.refused, REFUSED, refused)
    done.notes += [f"{count(len(refused), 'hand-in')} refused or not graded: {done.refused}"] if refused else []
    waiting = sorted({mark.person.id for mark in marks if mark.waits})
    done.notes += [f"points by hand are still open: {', '.join(waiting)}"] if waiting else []
    done.notes += [f"members of a group have different points: {line}" for line in differing]
    done.notes += [f"late penalties of {pending} are not those of the deadlines: run mlsd grade"] if pending else []
    return done


def _students(book: Any) -> list[str]:
    return [student.id for student in book.students]


def _marks(course: Course, book: Any, name: str) -> list[Marks]:
    """Every student's marks, by name and then id."""
    whole = book.find_assignment(name)
    known = deadlines(book.db.connection(), course.config, name, whole.duedate)
    order, identifiers = _order(course, name), _identifiers(course, name)
    there = {row.student.id: row for row in book.assignment_submissions(name)}
    late_days = taken(book.db.connection(), name)
    found = []
    for person in sorted(everyone(book), key=_by_name):
        due = known.due_of(person.id)
        marks = Marks(name, person, whole.max_score, identifiers.get(person.id, ""), due_utc=whole.duedate)
        if submission := there.get(person.id):
            due = known.due_of(person.id, submission.extension)
            marks.handed_in, marks.received_utc, marks.waits = True, submission.timestamp, submission.needs_manual_grade
            marks.raw, marks.penalty = submission.score, submission.late_submission_penalty or 0.0
            marks.items = _items_of(submission, order)
            marks.late_days = late_days.get(person.id)
            days = str(marks.late_days) if marks.late_days and marks.late_days.days else ""
            marks.told = f"{known.told_of(person.id, submission)} {days}".strip()
            if marks.received_utc:
                marks.received = local(marks.received_utc, known.zone)
                marks.late_by = max(marks.late_by, marks.received_utc - due) if due else marks.late_by
        marks.due = local(due, known.zone) if due else ""
        found.append(marks)
    return found


def _by_name(person: Person) -> tuple[str, str, str]:
    """Names as people look them up: no capitals, no accents."""
    plain = (
        unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name
        for name in (person.last, person.first)
    )
    last, first = (name.casefold() for name in plain)
    return last, first, person.id


def _order(course: Course, name: str) -> dict[tuple[str, str], int]:
    """The place of each graded cell in the released notebooks; empty where they cannot be read."""
    found: dict[tuple[str, str], int] = {}
    for path in sorted(course.folder("release", name=name).glob("*.ipynb")):
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            names = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in cells]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        found |= {(path.stem, cell): len(found) + number for number, cell in enumerate(names)}
    return found


def _items_of(submission: Any, order: dict[tuple[str, str], int]) -> list[Item]:
    items = []
    for notebook in submission.notebooks:
        comments = {comment.name: comment.comment for comment in notebook.comments}
        for grade in notebook.grades:
            points = grade.score if grade.manual_score is not None or grade.auto_score is not None else None
            by = (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade)
            items.append(Item(notebook.name, grade.name, points, grade.max_score, *by, comments.get(grade.name) or ""))
    return sorted(items, key=lambda item: (item.notebook, order.get((item.notebook, item.name), len(order)), item.name))


def _identifiers(course: Course, name: str) -> dict[str, str]:
    """How Moodle's worksheet of this exercise names each student, as the newest download that holds them says."""
    return {row["student"]: row["identifier"] for row in read_report(course, name) if row.get("identifier")}


def _refused(course: Course, name: str, marks: Iterable[Marks]) -> list[dict[str, Any]]:
    rows = [row for row in read_report(course, name) if row["outcome"] == "refused"]
    found = [{**row, "assignment": name, "reason": row["detail"]} for row in rows]
    graded = {mark.person.id for mark in marks if mark.assignment == name and mark.handed_in}
    waiting = [student for student in course.students(name) if student not in graded]
    return found + [{"assignment": name, "student": student, "reason": "handed in, not graded"} for student in waiting]


def _total(marks: Marks, zero: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "assignment": marks.assignment,
        "duedate": marks.due_utc,
        "timestamp": marks.received_utc,
        "due": marks.due,
    }
    row |= {"student_id": marks.person.id, "last_name": marks.person.last, "first_name": marks.person.first}
    row |= {"email": marks.person.email, "section": marks.person.section, "max_score": marks.maximum}
    if marks.handed_in or zero:
        row |= {"raw_score": marks.raw, "late_submission_penalty": marks.penalty, "score": marks.final}
    late = length(marks.late_by) if marks.late_by else ""
    row |= {"late_days_used": marks.late_days.days, "late_days_left": marks.late_days.left} if marks.late_days else {}
    return row | {
        "needs_manual_grade": marks.waits if marks.handed_in else "",
        "received": marks.received,
        "late": late,
    }


def _items(marks: Marks) -> list[dict[str, Any]]:
    return [
        {"assignment": marks.assignment, "student_id": marks.person.id, "notebook": item.notebook, "item": item.name}
        | {"points": item.points, "maximum": item.maximum, "automatic": item.automatic, "by_hand": item.by_hand}
        | {"extra_credit": item.extra_credit, "open": item.is_open, "comment": item.comment}
        for item in marks.items
    ]


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.stem}_{what}{path.suffix}")


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]], fixed: int | None = None) -> None:
    empty = {None: ""}
    text = table(columns, ([empty.get(row.get(column), row.get(column)) for column in columns] for row in rows))
    write_named(path, text, table(columns[:fixed], []).rstrip())
