"""Grading a class: nbgrader's Autograde, one student at a time, so that no submission ends the batch for the others.

Marks go into nbgrader's gradebook, executed notebooks into its autograded folder; both stay valid for formgrader.
"""

import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader import secret
from grader.course import STAMP, Course, reason
from grader.grading.batch import require_secret
from grader.grading.environment import kernel_environment
from grader.grading.intake.submission import Assignment, Submission, assignment, stamp_of, submission
from grader.grading.output.gradebook import Book
from grader.grading.output.render import notice
from grader.grading.output.spreadsheet import table
from grader.grading.records import Flag, Job, Notebook, StudentOutcome
from grader.workflow.marks import catch_up

# A kernel picks its ports before it binds them: where another program is faster, it does not start.
ATTEMPTS = 2


def grade(
    course: Course, name: str, students: list[str], timeout_s: int | None = None, force: bool = False
) -> Iterator[StudentOutcome]:
    """Each student's outcome as it comes. Who is graded is skipped unless a newer submission came or `force`."""
    from grader.workflow.stock_execute import for_grading

    if course.secret_file.is_file():
        secret.read(course.secret_file)
    course.require_writable()
    with course.gradebook() as opened:
        require_secret(course, Book(course, opened, name))
    shared = assignment(course, name, Job(name, "", {}))
    catch_up(course, name, "grade")  # before marks by hand stand beside another text
    with kernel_environment(course.secret_file), tempfile.TemporaryDirectory(prefix="mlsd-intake-") as scratch:
        prepared = for_grading(course, Path(scratch), timeout_s)
        for student in students:
            if not force and is_graded(course, name, student):
                outcome = StudentOutcome(student, skipped=True, notes=_earlier_notes(course, name, student))
            else:
                outcome = _grade_one(course, prepared, shared, student, Path(scratch))
            yield _with_points(course, name, outcome)
    with course.gradebook() as opened:
        Book(course, opened, name).apply_deadlines(students)
    catch_up(course, name, "grade")


def _grade_one(course: Course, prepared: Course, shared: Assignment, student: str, scratch: Path) -> StudentOutcome:
    outcome, name = StudentOutcome(student), shared.name
    try:
        handed_in = submission(shared, student, course.folder("submitted", student, name))
        _write(handed_in, scratch / student / name)
    except OSError as error:
        outcome.failure = f"the submission cannot be read: {error}"
        return outcome
    for _attempt in range(ATTEMPTS):
        result = prepared.call(lambda api: api.autograde(name, student, force=True))
        if result["success"]:
            break
    else:
        outcome.failure = reason(result)
        return outcome
    outcome.notes = [str(flag) for flag in handed_in.flags if flag.look]
    outcome.notes += stopped_cells(course.folder("autograded", student, name))
    _keep_notes(course, name, outcome)
    return outcome


def _write(handed_in: Submission, place: Path) -> None:
    """Lay the rebuilt submission where nbgrader's Autograde reads it."""
    from grader.workflow.stock_execute import UNREAD

    unread = {
        name: document | {"metadata": document["metadata"] | {UNREAD: True}}
        for name, document in handed_in.unread.items()
    }
    files = dict(handed_in.own)
    for name, notebook in (*handed_in.job.notebooks.items(), *unread.items()):
        files[f"{name}.ipynb"] = json.dumps(_told(notebook, name, handed_in.flags)).encode()
    if handed_in.stamp:
        files[STAMP] = handed_in.stamp.encode()
    for relative, content in files.items():
        path = place / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _told(notebook: Notebook, name: str, flags: list[Flag]) -> Notebook:
    """The notebook with a cell in front that tells its student what was repaired, if anything was."""
    mine = [flag for flag in flags if flag.look and flag.notebook in ("", name)]
    return notebook | {"cells": [*([notice(mine)] if mine else []), *notebook["cells"]]}


def is_graded(course: Course, name: str, student: str) -> bool:
    """True if the submission as it was received is the one that was graded.

    Its time of receipt says so; where it has none, whether its folder was put there before the graded one.
    """
    place, done = course.folder("submitted", student, name), course.folder("autograded", student, name)
    if not any(done.glob("*.ipynb")):
        return False
    received, graded = stamp_of(place), stamp_of(done)
    return received == graded and (bool(received) or place.stat().st_ctime <= done.stat().st_ctime)


def stopped_cells(folder: Path) -> list[str]:
    """One sentence a cell that did not come to its end in the executed notebooks of `folder`."""
    from grader.workflow.stock_execute import DIED, NOT_RUN, STOPPED

    found = []
    for path in sorted(folder.glob("*.ipynb")):
        for number, cell in enumerate(json.loads(path.read_text())["cells"], 1):
            named = cell["metadata"].get("nbgrader", {}).get("grade_id") or f"number {number}"
            ends = [output for output in cell.get("outputs", []) if output.get("ename") in (DIED, NOT_RUN, STOPPED)]
            found += [f"{path.name}: the cell {named!r}: {end['evalue']}" for end in ends]
    return found


def _with_points(course: Course, name: str, outcome: StudentOutcome) -> StudentOutcome:
    from nbgrader.api import MissingEntry

    with course.gradebook() as book:
        try:
            submission = book.find_submission(name, outcome.student)
        except MissingEntry:
            return outcome
        outcome.points, outcome.maximum = submission.score, submission.max_score
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        unmarked = [grade for grade in grades if grade.needs_manual_grade and grade.manual_score is None]
        outcome.waiting = sum(grade.max_score for grade in unmarked if grade.auto_score is None)
    return outcome


def report_file(course: Course, name: str) -> Path:
    """Where the notes on the last grading of every student lie."""
    return course.home / "reports" / f"{name}_grade.csv"


def _notes(course: Course, name: str) -> dict[str, list[str]]:
    path = report_file(course, name)
    kept: dict[str, list[str]] = {}
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                kept.setdefault(row["student"], []).append(row["note"])
    return kept


def _earlier_notes(course: Course, name: str, student: str) -> list[str]:
    return _notes(course, name).get(student, [])


def _keep_notes(course: Course, name: str, outcome: StudentOutcome) -> None:
    kept = _notes(course, name) | {outcome.student: outcome.notes}
    path = report_file(course, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ((student, note) for student, notes in sorted(kept.items()) for note in notes)
    path.write_text(table(("student", "note"), rows), encoding="utf-8", newline="")
