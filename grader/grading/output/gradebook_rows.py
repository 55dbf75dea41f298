"""nbgrader's gradebook as it is read: the cells that earn points, what was given for them, who handed in when.

Plain functions on an open session; nothing is written here, and no transaction ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.grading.output.mark_log import WAYS
from grader.suite_kit.points import clamp

LATEST = datetime(9999, 1, 1)  # a week can be added to it, and its zone be another


@dataclass(frozen=True)
class GradedCell:
    """A cell of the gradebook: its row, and how it earns points: by "test", by "hand", as "task", or "" for not."""

    name: str
    row: str
    maximum: float
    earns: str
    comments: bool


def cells_of(notebook: Any) -> list[GradedCell]:
    solutions = {cell.name: cell.id for cell in notebook.solution_cells}
    grades = {cell.name: cell for cell in notebook.grade_cells}
    found = [
        GradedCell(name, cell.id, cell.max_score, _way(cell, name in solutions), False) for name, cell in grades.items()
    ]
    found += [GradedCell(name, row, 0.0, "", True) for name, row in solutions.items()]
    return found + [GradedCell(cell.name, cell.id, cell.max_score, "task", True) for cell in notebook.task_cells]


def worth(grade: Any) -> float:
    """Points so far, extra credit included, as nbgrader counts them."""
    given = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return (given + (grade.extra_credit or 0.0)) if given is not None else 0.0


def maximum_of(cells: list[GradedCell]) -> float:
    return sum(cell.maximum for cell in cells if cell.earns)


def _way(cell: Any, is_answer: bool) -> str:
    return "hand" if is_answer else "test" if cell.cell_type == "code" else "task"


def automatic_of(cell: GradedCell, earned: dict[str, float], answered: set[str]) -> float | None:
    """Points without a person: those of a test, 0 for an untouched answer, None for what a person must mark."""
    if cell.earns == "test":
        return clamp(earned.get(cell.name, 0.0), cell.maximum)
    return 0.0 if cell.earns == "hand" and cell.name not in answered else None


def grades_by_student(db: Any, assignment: str) -> Any:
    """Every row of nbgrader's table of grades that belongs to an assignment (its row), with `student_id`."""
    from nbgrader.api import Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    grade, notebook, whole = Grade.__table__, SubmittedNotebook.__table__, SubmittedAssignment.__table__
    joined = grade.join(notebook, notebook.c.id == grade.c.notebook_id)
    joined = joined.join(whole, whole.c.id == notebook.c.assignment_id)
    return db.execute(select(whole.c.student_id, grade).select_from(joined).where(whole.c.assignment_id == assignment))


def grades_by_item(db: Any, assignment: str, students: Sequence[str] | None = None) -> Any:
    """`student`, `notebook`, `item` by name, and the columns of `WAYS`, in this order; of all students, or of some."""
    from nbgrader.api import BaseCell, Grade, Notebook, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    tables = (Grade, SubmittedNotebook, SubmittedAssignment, Notebook, BaseCell)
    grade, mine, whole, notebook, cell = (table.__table__ for table in tables)
    joined = grade.join(mine, mine.c.id == grade.c.notebook_id).join(whole, whole.c.id == mine.c.assignment_id)
    joined = joined.join(notebook, notebook.c.id == mine.c.notebook_id).join(cell, cell.c.id == grade.c.cell_id)
    names = whole.c.student_id.label("student"), notebook.c.name.label("notebook"), cell.c.name.label("item")
    query = select(*names, *(grade.c[column] for column in WAYS.values())).select_from(joined)
    query = query.where(whole.c.assignment_id == assignment)
    if students is not None:
        query = query.where(whole.c.student_id.in_(students))
    return db.execute(query.order_by(*names))


def submitted_notebooks(db: Any, assignment: str) -> list[Any]:
    """Of each notebook handed in its row (`own`), `notebook_id` and penalty; of its submission `id` and what counts."""
    from nbgrader.api import SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    notebook, whole = SubmittedNotebook.__table__, SubmittedAssignment.__table__
    joined = notebook.join(whole, whole.c.id == notebook.c.assignment_id)
    columns = [whole.c.id, whole.c.student_id, whole.c.timestamp, whole.c.extension]
    columns += [notebook.c.id.label("own"), notebook.c.notebook_id, notebook.c.late_submission_penalty]
    return list(db.execute(select(*columns).select_from(joined).where(whole.c.assignment_id == assignment)))


def received(stamp: str) -> datetime | None:
    """The time in a time stamp file, in UTC, `LATEST` at most; None if it holds none or leaves out a day."""
    from dateutil.parser import parse
    from nbgrader.utils import parse_utc

    try:
        # What a stamp leaves out would be that of the day on which it is read: "10:00" is in time every day.
        early, late = (parse(stamp, default=day, ignoretz=True) for day in (datetime(2001, 1, 1), datetime(2002, 2, 2)))
        found: datetime | None = parse_utc(stamp) if early == late else None
    except (ValueError, OverflowError, TypeError):
        return None
    return min(found, LATEST) if found else None
