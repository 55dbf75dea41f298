"""Grading a class: nbgrader's Autograde, one student at a time, so that no submission ends the batch for the others.

Marks go into nbgrader's gradebook, executed notebooks into its autograded folder; both stay valid for formgrader.
"""

import csv
import fnmatch
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from grader import intake, secret
from grader.course import Course, reason
from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.engine.nursery import Nurseries

STAMP = "timestamp.txt"


@dataclass
class Graded:
    """One student's outcome: points by hand are apart in `waiting` (the most that is still to be given)."""

    student: str
    points: float = 0.0
    maximum: float = 0.0
    waiting: float = 0.0
    skipped: bool = False
    failure: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def needs_a_look(self) -> bool:
        """True if it was not graded or something was repaired, stopped or left out."""
        return bool(self.failure or self.notes)


@dataclass(frozen=True)
class Options:
    """How the engine grades: `jobs` workers (0: one a processor), `timeout_s` a cell (None: as the course says).

    `level` names a level of the sandbox ("": the best there is); `require_level` refuses to grade below it.
    """

    jobs: int = 0
    timeout_s: float | None = None
    force: bool = False
    seed: int = 0
    level: str = ""
    require_level: bool = False
    require_sealed: bool = False
    memory_mb: int = 2048


def chosen(course: Course, name: str, pattern: str) -> list[str]:
    """The students to grade. Raises `GraderError` if the exercise is not released or nobody handed it in."""
    with course.gradebook() as book:
        known = sorted(one.name for one in book.assignments)
    if name not in known:
        listed = ", ".join(known) or "none"
        raise GraderError(f"the gradebook knows no exercise {name!r} (known: {listed}). First: mlsd release {name}")
    everyone = course.students(name)
    students = [one for one in everyone if fnmatch.fnmatchcase(one, pattern)]
    if not everyone:
        raise GraderError(
            f"nobody handed in {name} below {course.folder('submitted')}. First: mlsd collect {name} FROM"
        )
    if not students:
        raise GraderError(f"none of the {len(everyone)} students who handed in {name} matches {pattern!r}")
    return students


def grade(
    course: Course, name: str, students: list[str], timeout_s: int | None = None, force: bool = False
) -> Iterator[Graded]:
    """Each student's outcome as it comes. Who is graded is skipped unless a newer submission came or `force`."""
    from grader.execute import for_grading
    from grader.surroundings import kernel_environment

    if course.secret_file.is_file():
        secret.read(course.secret_file)
    with kernel_environment(course), tempfile.TemporaryDirectory(prefix="mlsd-intake-") as scratch:
        prepared = for_grading(course, Path(scratch), timeout_s)
        for student in students:
            if not force and is_graded(course, name, student):
                outcome = Graded(student, skipped=True, notes=_earlier_notes(course, name, student))
            else:
                outcome = _grade_one(course, prepared, name, student, Path(scratch))
            yield _with_points(course, name, outcome)


def ahead(folder: Path, name: str) -> "AbstractContextManager[Nurseries]":
    """What the engine can begin while nbgrader is loaded; for `grade_sealed`, within it."""
    from grader.engine.ahead import ahead as begin

    return begin(folder, name)


def grade_sealed(
    course: Course, name: str, students: list[str], options: Options, say: Callable[[str], None],
    begun: "Nurseries | None" = None,
) -> Iterator[Graded]:  # fmt: skip
    """Each student's outcome as it comes, from the engine. `say` gets what a person should know meanwhile.

    `begun` is what `grader.engine.ahead` has begun. Raises `GraderError` if nothing more can be recorded.
    """
    from grader.engine.run import grade as with_engine

    yield from with_engine(course, name, students, options, say, nurseries=begun)


def _grade_one(course: Course, prepared: Course, name: str, student: str, scratch: Path) -> Graded:
    outcome = Graded(student)
    try:
        outcome.notes = intake.prepare(course, name, student, scratch)
    except OSError as error:
        outcome.failure = f"the submission cannot be read: {error}"
        return outcome
    result = prepared.call(lambda api: api.autograde(name, student, force=True))
    if not result["success"]:
        outcome.failure = reason(result)
        return outcome
    outcome.notes += stopped_cells(course.folder("autograded", student, name))
    _keep_notes(course, name, outcome)
    return outcome


def is_graded(course: Course, name: str, student: str) -> bool:
    """True if the submission as it was received is the one that was graded."""
    done = course.folder("autograded", student, name)
    stamps = [place / STAMP for place in (course.folder("submitted", student, name), done)]
    received, graded = (stamp.read_text() if stamp.is_file() else "" for stamp in stamps)
    return any(done.glob("*.ipynb")) and received == graded


def stopped_cells(folder: Path) -> list[str]:
    """One sentence a cell that did not come to its end in the executed notebooks of `folder`."""
    from grader.execute import DIED, NOT_RUN, STOPPED

    found = []
    for path in sorted(folder.glob("*.ipynb")):
        for number, cell in enumerate(json.loads(path.read_text())["cells"], 1):
            named = intake.grade_id(cell) or f"number {number}"
            ends = [one for one in cell.get("outputs", []) if one.get("ename") in (DIED, NOT_RUN, STOPPED)]
            found += [f"{path.name}: the cell {named!r}: {one['evalue']}" for one in ends]
    return found


def _with_points(course: Course, name: str, outcome: Graded) -> Graded:
    from nbgrader.api import MissingEntry

    with course.gradebook() as book:
        try:
            submission = book.find_submission(name, outcome.student)
        except MissingEntry:
            return outcome
        outcome.points, outcome.maximum = submission.score, submission.max_score
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        unmarked = [one for one in grades if one.needs_manual_grade and one.manual_score is None]
        outcome.waiting = sum(one.max_score for one in unmarked if one.auto_score is None)
    return outcome


def report_file(course: Course, name: str) -> Path:
    """Where the notes on the last grading of every student lie."""
    return course.home / "reports" / f"{name}_grade.csv"


def _notes(course: Course, name: str) -> dict[str, list[str]]:
    path = report_file(course, name)
    kept: dict[str, list[str]] = {}
    if path.is_file():
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                kept.setdefault(row["student"], []).append(row["note"])
    return kept


def _earlier_notes(course: Course, name: str, student: str) -> list[str]:
    return _notes(course, name).get(student, [])


def _keep_notes(course: Course, name: str, outcome: Graded) -> None:
    kept = _notes(course, name) | {outcome.student: outcome.notes}
    path = report_file(course, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["student", "note"])
        table.writerows((student, note) for student, notes in sorted(kept.items()) for note in notes)
