"""Marks as tables: one row a student, and one row a student and item, both as they stand in the gradebook.

nbgrader's own exporter writes the first without quoting, so that a comma in a name shifts the columns, and has no
items; the columns here are its columns.
"""

from pathlib import Path
from typing import Any

from grader.course import Course
from grader.errors import GraderError
from grader.grading.output.spreadsheet import table

TOTALS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score", "needs_manual_grade",
)  # fmt: skip
ITEMS = ("assignment", "student_id", "notebook", "item", "points", "maximum", "automatic", "by_hand", "open", "comment")


def export(course: Course, name: str | None, to: Path) -> tuple[Path, Path, int]:
    """The two files written (totals, items) and how many students' rows the first has.

    Raises `GraderError` if the gradebook does not know `name` or holds no exercise at all.
    """
    with course.gradebook() as book:
        assignments = [one for one in book.assignments if name in (None, one.name)]
        if not assignments:
            known = ", ".join(sorted(one.name for one in book.assignments)) or "none"
            raise GraderError(
                f"the gradebook knows no exercise {name or ''!r} (known: {known}). "
                f"First: {course.command('grade NAME')}"
            )
        totals = [_total(book, one, student) for one in assignments for student in book.students]
        items = [row for one in assignments for submission in one.submissions for row in _items(submission)]
    by_item = to.with_name(f"{to.stem}_items{to.suffix}")
    _write(to, TOTALS, totals)
    _write(by_item, ITEMS, sorted(items, key=lambda row: (row["assignment"], row["student_id"])))
    return to, by_item, len(totals)


def _total(book: Any, assignment: Any, student: Any) -> dict[str, Any]:
    from nbgrader.api import MissingEntry

    row = {"assignment": assignment.name, "duedate": assignment.duedate, "student_id": student.id}
    row |= {key: getattr(student, key) for key in ("last_name", "first_name", "email")}
    row |= {"max_score": assignment.max_score, "raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
    try:
        submission = book.find_submission(assignment.name, student.id)
    except MissingEntry:
        return row
    penalty = submission.late_submission_penalty or 0.0
    row |= {"timestamp": submission.timestamp, "raw_score": submission.score, "late_submission_penalty": penalty}
    return row | {"score": max(0.0, submission.score - penalty), "needs_manual_grade": submission.needs_manual_grade}


def _items(submission: Any) -> list[dict[str, Any]]:
    rows = []
    for notebook in submission.notebooks:
        comments = {one.name: one.comment for one in notebook.comments}
        for grade in sorted(notebook.grades, key=lambda one: one.name):
            row = {"assignment": submission.name, "student_id": submission.student.id, "notebook": notebook.name}
            row |= {"item": grade.name, "points": grade.score, "maximum": grade.max_score}
            row |= {"automatic": grade.auto_score, "by_hand": grade.manual_score, "open": grade.needs_manual_grade}
            rows.append(row | {"comment": comments.get(grade.name)})
    return rows


def _write(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    text = table(columns, ([row.get(column, "") for column in columns] for row in rows))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise GraderError(f"{path} cannot be written ({error.strerror}). Name another file: --to FILE.csv") from error
