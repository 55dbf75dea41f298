"""nbgrader's gradebook as the engine writes it: one transaction for some submissions, rows as stock nbgrader makes.

One table more (`mlsd_record`) holds the digest of the job and its results, so that they are committed together with
the marks; nbgrader does not look at it, nor at the log of marks. Points and comments given by hand are never touched.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from grader.course import Course
from grader.errors import GraderError
from grader.grading.intake.submission import stamp_of
from grader.grading.output.gradebook_rows import (
    GradedCell,
    automatic_of,
    cells_of,
    grades_by_item,
    grades_by_student,
    maximum_of,
    received,
    submitted_notebooks,
    worth,
)  # fmt: skip
from grader.grading.output.lateness import deadlines
from grader.grading.output.mark_log import MarkLog
from grader.grading.output.render import Graded
from grader.suite_kit.points import clamp

WAIT_S = 30.0
TABLE = "mlsd_record"


class Locked(GraderError):
    """Another program holds the gradebook."""


class Book:
    """The gradebook of one exercise; `book` is nbgrader's, open. `reached` as in `Record`; `command` is logged."""

    def __init__(
        self, course: Course, book: Any, assignment: str, reached: Callable[[str], None] | None = None,
        command: str = "grade",
    ) -> None:  # fmt: skip
        from sqlalchemy import Column, MetaData, String, Table, Text, text

        self.course, self.db, self.assignment = course, book.db, assignment
        self.reached = reached or (lambda point: None)
        found = book.find_assignment(assignment)
        self.row = found.id
        self.deadlines = deadlines(self.db.connection(), course.config, assignment, found.duedate)
        self.duedate = self.deadlines.due
        self.due_is_new = self.duedate != found.duedate
        self.notebooks = {notebook.name: (notebook.id, cells_of(notebook)) for notebook in found.notebooks}
        self.db.rollback()
        names = [Column(name, String(128), primary_key=True) for name in ("assignment", "student")]
        rest = [Column("digest", String(64), nullable=False), Column("results", Text(), nullable=False)]
        self.table = Table(TABLE, MetaData(), *names, *rest)
        self.table.create(book.engine, checkfirst=True)
        if book.engine.dialect.name == "sqlite":
            self.db.execute(text(f"PRAGMA busy_timeout={int(WAIT_S * 1000)}"))
            self.db.rollback()
        self.is_sqlite = book.engine.dialect.name == "sqlite"
        self.log = MarkLog(self.db, book.engine, assignment, command)
        self.digests = self._digests()
        self.late = _late_plugin(course) if self.duedate else None
        self.create_student = bool(course.config.Autograde.get("create_student", True))
        self.students = {student.id for student in book.students}
        self.db.rollback()

    def refusal(self, student: str) -> str:
        """Why a student cannot be recorded; empty if nothing is in the way."""
        if self.create_student or student in self.students:
            return ""
        return f"the gradebook knows no student {student!r}, and Autograde.create_student is off"

    def results(self, student: str) -> str:
        """The recorded `results.json` of a student."""
        found = self.db.execute(self.table.select().where(self._own(student))).one()
        self.db.rollback()
        return str(found.results)

    def all_results(self) -> list[str]:
        """The recorded `results.json` of every student."""
        found = self.db.execute(self.table.select().where(self.table.c.assignment == self.assignment)).all()
        self.db.rollback()
        return [str(row.results) for row in found if _is_whole(row.results)]

    def holds(self, student: str, results: Mapping[str, Any]) -> bool:
        """Whether the points of a student's tests are those of the recorded `results`, and not another program's."""
        earned = {test["name"]: test["score"] for test in results["tests"]}
        tests = {
            cell.row: clamp(earned.get(f"{name}/{cell.name}", 0.0), cell.maximum)
            for name, (_, cells) in self.notebooks.items()
            for cell in cells
            if cell.earns == "test"
        }
        there = self.automatic.get(student, {})
        return all(there.get(row) == points for row, points in tests.items())

    @cached_property
    def automatic(self) -> dict[str, dict[str, float | None]]:
        """Automatic points by student and cell (its row) as they stood when they were first asked for."""
        found: dict[str, dict[str, float | None]] = {}
        for grade in grades_by_student(self.db, self.row):
            found.setdefault(grade.student_id, {})[grade.cell_id] = grade.auto_score
        self.db.rollback()
        return found

    def marks(self) -> dict[str, tuple[float, float, float]]:
        """Points so far, maximum, and the most that a person has to give or look at again, by student."""
        maxima = {cell.row: cell.maximum for _, cells in self.notebooks.values() for cell in cells if cell.earns}
        found: dict[str, tuple[float, float, float]] = {}
        for grade in grades_by_student(self.db, self.row):
            points, maximum, waiting = found.get(grade.student_id, (0.0, 0.0, 0.0))
            given = grade.manual_score if grade.manual_score is not None else grade.auto_score
            most = maxima.get(grade.cell_id, 0.0)
            points += worth(grade)
            found[grade.student_id] = (
                points,
                maximum + most,
                waiting + (most if given is None or grade.needs_manual_grade else 0.0),
            )
        self.db.rollback()
        return found

    def write(self, batch: Sequence[Graded]) -> None:
        """Record some submissions, all or none. Raises `Locked` if another program does not let go of the book."""

        def record() -> None:
            self._catch_up([graded.student for graded in batch])
            self._write_all(batch)
            self.reached("commit")

        self._commit(record)
        self.digests |= {graded.student: graded.digest for graded in batch}

    def apply_deadlines(self, students: Collection[str]) -> dict[str, float]:
        """Write due date, extensions and penalties as they follow from what is known now; no code is run for it.

        The students among `students` whose penalties are others now, with them. Raises `Locked` as `write` does.
        """
        updates, changed = self._by_deadlines(students)
        if self.due_is_new:
            updates.append(("Assignment", self.row, {"duedate": self.duedate}))
        if updates:
            self._commit(lambda: self._update_all(updates))
        self.due_is_new = False
        return changed

    def enter_times(self, students: Collection[str]) -> None:
        """Take the times of receipt of these students from their hand-ins, whose marks stand. Raises `Locked`."""
        folder = partial(self.course.folder, "submitted", name=self.assignment)
        updates: Updates = [
            ("SubmittedAssignment", entry.id, {"timestamp": when})
            for entry in submitted_notebooks(self.db, self.row)
            if entry.student_id in students
            and (when := received(stamp_of(folder(student=entry.student_id)))) not in (None, entry.timestamp)
        ]
        self.db.rollback()
        if updates:
            self._commit(lambda: self._update_all(updates))

    def pending(self, students: Collection[str]) -> dict[str, float]:
        """What `apply_deadlines` would return."""
        return self._by_deadlines(students)[1]

    def _by_deadlines(self, students: Collection[str]) -> tuple["Updates", dict[str, float]]:
        """What to update, kind, row and values, and the penalty of each student that has another one."""
        if self.duedate is None and not self.deadlines.known:
            return [], {}
        scores: dict[str, float] = {}
        for entry in grades_by_student(self.db, self.row):
            scores[entry.notebook_id] = scores.get(entry.notebook_id, 0.0) + worth(entry)
        maxima = {row: maximum_of(cells) for row, cells in self.notebooks.values()}
        updates: Updates = []
        changed: dict[str, float] = {}
        totals: dict[str, float] = {}
        for entry in submitted_notebooks(self.db, self.row):
            if entry.student_id not in students:
                continue
            extension = self.deadlines.extension(entry.student_id, entry.extension)
            if extension != entry.extension:
                updates.append(("SubmittedAssignment", entry.id, {"extension": extension}))
            score, maximum = scores.get(entry.own, 0.0), maxima.get(entry.notebook_id, 0.0)
            penalty = self._penalty(entry.student_id, score, maximum, entry.extension, entry.timestamp)
            totals[entry.student_id] = totals.get(entry.student_id, 0.0) + (penalty or 0.0)
            if (penalty or 0.0) != (entry.late_submission_penalty or 0.0):
                updates.append(("SubmittedNotebook", entry.own, {"late_submission_penalty": penalty}))
                changed[entry.student_id] = 0.0
        self.db.rollback()
        return updates, {student: totals[student] for student in changed}

    def catch_up(self) -> None:
        """Enter into the log what another program wrote, marks given by hand above all. Raises `Locked`."""
        waits = self._unlogged()
        self.db.rollback()
        if waits:
            self._commit(self._catch_up)

    def _catch_up(self, students: Sequence[str] | None = None) -> None:
        if rows := self._unlogged(students):
            self.db.execute(self.log.table.insert(), rows)

    def _unlogged(self, students: Sequence[str] | None = None) -> list[Any]:
        folder = partial(self.course.folder, "autograded", name=self.assignment)
        return self.log.unlogged(grades_by_item(self.db, self.row, students), self.log.last(students), folder)

    def points_now(self) -> dict[str, dict[tuple[str, str], tuple[float | None, float | None, float]]]:
        """Automatic points, those given by hand and extra credit, by student and by notebook and item."""
        found: dict[str, dict[tuple[str, str], tuple[float | None, float | None, float]]] = {}
        for grade in grades_by_item(self.db, self.row):
            points = (grade.auto_score, grade.manual_score, grade.extra_credit or 0.0)
            found.setdefault(grade.student, {})[grade.notebook, grade.item] = points
        self.db.rollback()
        return found

    def automatic_points(self, graded: Graded) -> dict[tuple[str, str], float | None]:
        """What recording a submission would write as automatic points, by notebook and item."""
        earned = {(verdict.notebook, verdict.cell): verdict.points for verdict in graded.verdicts}
        return {
            (name, cell.name): automatic_of(
                cell, {cell.name: earned.get((name, cell.name), 0.0)}, graded.answered.get(name, set())
            )
            for name, (_, cells) in self.notebooks.items()
            for cell in cells
            if cell.earns
        }

    def _commit(self, act: Callable[[], None]) -> None:
        """What `act` writes, all or nothing. Nobody else writes from its first look on: the log holds nothing twice."""
        from sqlalchemy import text
        from sqlalchemy.exc import OperationalError

        until_s = time.monotonic() + WAIT_S
        while True:
            try:
                if self.is_sqlite:
                    self.db.execute(text("BEGIN IMMEDIATE"))
                act()
                self.db.commit()
                return
            except BaseException as error:
                self.db.rollback()
                if not (isinstance(error, OperationalError) and "locked" in str(error)):
                    raise
            if time.monotonic() > until_s:
                raise Locked(f"another program has held the gradebook for {WAIT_S:g} s. Close it and run this again.")
            time.sleep(0.1)

    def _digests(self) -> dict[str, str]:
        mine = self.table.select().where(self.table.c.assignment == self.assignment)
        found = {row.student: row.digest for row in self.db.execute(mine) if _is_whole(row.results)}
        self.db.rollback()
        return found

    def _own(self, student: str) -> Any:
        return (self.table.c.assignment == self.assignment) & (self.table.c.student == student)

    def _write_all(self, batch: Sequence[Graded]) -> None:
        """Write the rows of some submissions, each of another student; rows of one table together: a class is new."""
        from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook

        students, submissions = Student.__table__, SubmittedAssignment.__table__
        mine = [graded.student for graded in batch]
        known = {row.id for row in self.db.execute(students.select().where(students.c.id.in_(mine)))}
        asked = (submissions.c.assignment_id == self.row) & submissions.c.student_id.in_(mine)
        there = {row.student_id: row for row in self.db.execute(submissions.select().where(asked))}
        rest = (SubmittedNotebook.__table__, Grade.__table__, Comment.__table__, self.table, self.log.table)
        tables = (students, submissions, *rest)
        new: Rows = {table.name: [] for table in tables}
        new[students.name] = [{"id": student} for student in mine if student not in known]
        for graded in batch:
            self._write_one(graded, there.get(graded.student), new)
        for table in tables:
            if new[table.name]:
                self.db.execute(table.insert(), new[table.name])

    def _write_one(self, graded: Graded, there: Any, new: "Rows") -> None:
        """`there` is the row of an earlier submission, if there was one; rows to add go into `new`."""
        when = received(graded.stamp)
        submission = self._submission(graded, there, when, new)
        for name, (row, cells) in self.notebooks.items():
            notebook = self._submitted_notebook(submission, row) if there else None
            own = str(notebook.id) if notebook else _new_row()
            score = self._grades(own, name, cells, graded, new, is_new=notebook is None)
            self._comments(own, name, cells, graded, new, is_new=notebook is None)
            penalty = self._penalty(graded.student, score, maximum_of(cells), there.extension if there else None, when)
            if notebook is None:
                values = {"id": own, "assignment_id": submission, "notebook_id": row, "flagged": False}
                new["submitted_notebook"].append(values | {"late_submission_penalty": penalty})
            elif notebook.late_submission_penalty != penalty:
                self._update("SubmittedNotebook", own, late_submission_penalty=penalty)
        self.db.execute(self.table.delete().where(self._own(graded.student)))
        values = {
            "assignment": self.assignment,
            "student": graded.student,
            "digest": graded.digest,
            "results": graded.results,
        }
        new[TABLE].append(values)

    def _submission(self, graded: Graded, there: Any, when: datetime | None, new: "Rows") -> str:
        if there is None:
            row = _new_row()
            values = {"id": row, "assignment_id": self.row, "student_id": graded.student, "timestamp": when}
            new["submitted_assignment"].append(values | {"extension": self.deadlines.extension(graded.student)})
            return row
        if there.timestamp != when:
            self._update("SubmittedAssignment", there.id, timestamp=when)
        return str(there.id)

    def _submitted_notebook(self, submission: str, notebook: str) -> Any:
        from nbgrader.api import SubmittedNotebook

        table = SubmittedNotebook.__table__
        mine = (table.c.assignment_id == submission) & (table.c.notebook_id == notebook)
        return self.db.execute(table.select().where(mine)).first()

    def _grades(
        self, notebook: str, name: str, cells: list[GradedCell], graded: Graded, new: "Rows", is_new: bool
    ) -> float:
        """Write a notebook's points; what the notebook is worth with those given by hand."""
        there = {} if is_new else self._rows("Grade", notebook)
        earned = {verdict.cell: verdict.points for verdict in graded.verdicts if verdict.notebook == name}
        score = 0.0
        for cell in (cell for cell in cells if cell.earns):
            old = there.get(cell.row)
            auto = automatic_of(cell, earned, graded.answered.get(name, set()))
            by_hand = old.manual_score if old else None
            waits = auto is None or by_hand is not None
            worth = by_hand if by_hand is not None else auto
            score += (worth + ((old.extra_credit if old else None) or 0.0)) if worth is not None else 0.0
            marks = {"auto_score": auto, "needs_manual_grade": waits}
            points = (old.auto_score if old else None, auto)
            if points != (None, None):
                row = self.log.row(graded.student, name, cell.name, "automatic", points, graded.digest)
                new[self.log.table.name].append(row)
            if old is None:
                new["grade"].append({"id": _new_row(), "cell_id": cell.row, "notebook_id": notebook} | marks)
            elif (old.auto_score, bool(old.needs_manual_grade)) != (auto, waits):
                self._update("Grade", old.id, **marks)
        return score

    def _comments(
        self, notebook: str, name: str, cells: list[GradedCell], graded: Graded, new: "Rows", is_new: bool
    ) -> None:
        there = {} if is_new else self._rows("Comment", notebook)
        for cell in cells:
            answered = cell.earns == "task" or cell.name in graded.answered.get(name, set())
            old = there.get(cell.row)
            text = "No response." if cell.comments and not answered else None
            if old is None and text is None and not cell.comments:
                continue
            if old is None:
                values = {"id": _new_row(), "cell_id": cell.row, "notebook_id": notebook, "auto_comment": text}
                new["comment"].append(values)
            elif old.auto_comment != text:
                self._update("Comment", old.id, auto_comment=text)

    def _penalty(
        self, student: str, score: float, maximum: float, granted: timedelta | None, when: datetime | None
    ) -> float | None:
        """Points that a notebook loses; `granted` is the extension that the gradebook holds."""
        due = self.deadlines.due_of(student, granted)
        if due is None or when is None or when <= due:
            return None
        if self.deadlines.policy:
            return self.deadlines.policy.cost(score, maximum, due, when) or None
        penalty = self.late.late_submission_penalty(student, score, (when - due).total_seconds()) if self.late else None
        return None if penalty is None else min(max(penalty, 0.0), score)

    def _rows(self, kind: str, notebook: str) -> dict[str, Any]:
        """The rows of one of nbgrader's tables that belong to a student's notebook, by cell."""
        from nbgrader import api

        table = getattr(api, kind).__table__
        return {row.cell_id: row for row in self.db.execute(table.select().where(table.c.notebook_id == notebook))}

    def _update_all(self, updates: "Updates") -> None:
        for kind, row, values in updates:
            self._update(kind, row, **values)

    def _update(self, kind: str, row: str, **values: Any) -> None:
        from nbgrader import api

        table = getattr(api, kind).__table__
        self.db.execute(table.update().where(table.c.id == row).values(**values))


Rows = dict[str, list[dict[str, Any]]]
Updates = list[tuple[str, str, dict[str, Any]]]  # kind of row, row, new values


def _is_whole(results: str) -> bool:
    """Whether recorded results can be read; whose cannot is graded again."""
    try:
        whole = json.loads(results)
        return isinstance(whole["tests"], list) and {"student", "seed", "flags"} <= {*whole["extra_data"]}
    except (ValueError, TypeError, KeyError):
        return False


def _new_row() -> str:
    from nbgrader.api import new_uuid

    return str(new_uuid())


def _late_plugin(course: Course) -> Any:
    from nbgrader.preprocessors import AssignLatePenalties

    preprocessor = AssignLatePenalties(config=course.config)
    preprocessor.init_plugin()
    return preprocessor.plugin_inst
