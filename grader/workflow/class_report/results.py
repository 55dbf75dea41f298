"""What the gradebook holds of a class's work on one exercise, as plain records. Reads, never writes."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.errors import GraderError
from grader.grading.output.gradebook import Book
from grader.grading.output.reports import notes_of
from notebook_runner.course import read_json

STOPPED = ("timeout", "memory", "crashed")


@dataclass(frozen=True)
class Item:
    """What earns points: `key` is NOTEBOOK/CELL; `answer` the cell whose comments a student reads about it."""

    key: str
    notebook: str
    cell: str
    maximum: float
    by_hand: bool
    answer: str


@dataclass(frozen=True)
class Reported:
    """One test of one submission, as it was recorded."""

    points: float
    maximum: float
    verdict: str
    message: str


@dataclass
class Submission:
    """One student's work. `marks` by item, None while a person has still to mark; `tests` by item, empty if graded by
    `--stock`; `notes` say why a person should look, `flagged` that one asked for that in formgrader."""

    student: str
    shown: str
    marks: dict[str, float | None] = field(default_factory=dict)
    tests: dict[str, Reported] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    flagged: bool = False

    @property
    def total(self) -> float:
        """The points so far, before penalties."""
        return sum(points for points in self.marks.values() if points is not None)

    @property
    def stopped(self) -> list[str]:
        """The items in which it was stopped or died."""
        return [key for key, test in self.tests.items() if test.verdict in STOPPED]


@dataclass
class ClassResults:
    """Everybody's work on one exercise; items in the notebook's order, students sorted."""

    name: str
    items: list[Item]
    submissions: list[Submission]

    @property
    def maximum(self) -> float:
        """The most that can be earned."""
        return sum(item.maximum for item in self.items)


def read(course: Course, name: str) -> ClassResults:
    """What is recorded of `name`. Raises `GraderError` if the gradebook does not know it or nothing was graded."""
    with course.gradebook() as opened:
        course.require_known(opened, name)
        book = Book(course, opened, name)
        items = _items(course, name, book)
        found: dict[str, Submission] = {}
        for row in opened.db.execute(_query(book.row)):
            shown = " ".join(part for part in (row.first_name, row.last_name) if part)
            submission = found.setdefault(row.student, Submission(row.student, shown))
            submission.flagged = submission.flagged or bool(row.flagged)
            points = row.manual_score if row.manual_score is not None else row.auto_score
            submission.marks[f"{row.notebook}/{row.cell}"] = (
                None if points is None else points + (row.extra_credit or 0.0)
            )
        for text in book.all_results():
            _add_recorded(found, json.loads(text))
    submissions = [found[student] for student in sorted(found)]
    if not submissions:
        raise GraderError(f"no submission of {name} was graded yet. First: {course.command(f'grade {name}')}")
    return ClassResults(name, items, submissions)


def _query(assignment: str) -> Any:
    from nbgrader.api import BaseCell, Grade, Notebook, Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    models = (Grade, SubmittedNotebook, SubmittedAssignment, Student, Notebook, BaseCell)
    grade, own, whole, student, notebook, cell = (model.__table__ for model in models)
    joined = grade.join(own, own.c.id == grade.c.notebook_id).join(whole, whole.c.id == own.c.assignment_id)
    joined = joined.join(student, student.c.id == whole.c.student_id).join(notebook, notebook.c.id == own.c.notebook_id)
    joined = joined.join(cell, cell.c.id == grade.c.cell_id)
    marks = (grade.c.manual_score, grade.c.auto_score, grade.c.extra_credit, own.c.flagged)
    names = (student.c.first_name, student.c.last_name, student.c.id.label("student"))
    where = (notebook.c.name.label("notebook"), cell.c.name.label("cell"))
    return select(*marks, *names, *where).select_from(joined).where(whole.c.assignment_id == assignment)


def _items(course: Course, name: str, book: Book) -> list[Item]:
    items = []
    for notebook, (_, cells) in sorted(book.notebooks.items()):
        comments = {cell.name for cell in cells if cell.comments}
        graded = {cell.name: cell for cell in cells if cell.earns}
        order = _order(course.folder("release", name=name) / f"{notebook}.ipynb")
        answer = next((cell for cell in order if cell in comments), "")
        for cell in [*order, *sorted(graded.keys() - set(order))]:
            answer = cell if cell in comments else answer
            if cell in graded:
                by_hand = graded[cell].earns != "test"
                items.append(Item(f"{notebook}/{cell}", notebook, cell, graded[cell].maximum, by_hand, answer))
    return items


def _order(path: Path) -> list[str]:
    """The grade ids in a released notebook's order; none if it is not there any more."""
    if not path.is_file():
        return []
    cells = read_json(path)["cells"]
    return list(dict.fromkeys(name for cell in cells if (name := cell["metadata"].get("nbgrader", {}).get("grade_id"))))


def _add_recorded(found: dict[str, Submission], results: dict[str, Any]) -> None:
    submission = found.get(results["extra_data"]["student"])
    if submission is None:
        return
    for test in results["tests"]:
        verdict = test["extra_data"]["verdict"]
        submission.tests[test["name"]] = Reported(test["score"], test["max_score"], verdict, test["output"])
    submission.notes, submission.seconds = notes_of(results), float(results["execution_time"])
