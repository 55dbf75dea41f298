"""Late days as a budget over a term: a student has some, and each exercise that is late takes what it needs of them.

They are written as extensions, which nbgrader's gradebook and the penalties know; worked out again from the due dates
and times of receipt at each command, so that a regrade, a correction or a second run takes no day twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from grader.course import Course, write_alone
from grader.grading.intake.submission import stamp_of
from grader.grading.output.gradebook_rows import received
from grader.grading.output.lateness import LENGTH, Deadlines, count, deadlines, later, tables

TABLE = "mlsd_late_days"
LAST = datetime.max - timedelta(weeks=1)  # a day can be added to it, and its zone be another
OF_ALL = ""  # the name under which the course's budget stands among the exercises' rules


@dataclass(frozen=True)
class Taken:
    """Late days that a student took for an exercise, and those `left` after it and all others."""

    days: int
    left: int
    budget: int

    def __str__(self) -> str:
        return f"{count(self.days, 'late day')} of {self.budget} taken for this, {self.left} left in the term."


def set_budget(course: Course, days: int) -> None:
    """Give every student so many late days for the term; 0 takes them away."""
    course.require_writable()
    with course.gradebook() as book:
        policies, _, _ = _made(book)
        book.db.execute(policies.delete().where(policies.c.assignment == OF_ALL))
        book.db.execute(policies.insert().values(assignment=OF_ALL, late_days=days))
        book.db.commit()


def take_late_days(course: Course) -> None:
    """Work out who takes how many days for which exercise, earliest due date first, and write them as extensions.

    Days are taken only where lateness costs something, and where a penalty is charged once only if they avoid it.
    """
    if course.directory.db_url.startswith("sqlite:") and not course.database.is_file():
        return
    with course.gradebook() as book:
        if _budget(book.db.connection()) is None:
            return
        write_alone(book)
        budget = _budget(book.db.connection()) or 0
        _, extensions, table = _made(book)
        left: dict[str, int] = {}
        whole = {row.name: (row, deadlines(book.db.connection(), course.config, row.name, row.duedate))
                 for row in book.assignments}  # fmt: skip
        due = sorted((known.due, name) for name, (_, known) in whole.items() if known.due)
        for _, name in due:
            assignment, known = whole[name]
            before = {row.student: row for row in book.db.execute(table.select().where(table.c.assignment == name))}
            times = _received(course, assignment)
            for student in sorted({*times, *before}):
                own = _own(known, before.get(student), student, assignment)
                days = min(_needed(known, own, times.get(student)), left.setdefault(student, budget))
                if days and known.policy and not known.policy.unit and days < _needed(known, own, times[student]):
                    days = 0
                left[student] -= days
                text = _with_days(own, days)
                for one in (extensions, table):
                    book.db.execute(one.delete().where((one.c.assignment == name) & (one.c.student == student)))
                if days:
                    values = {"assignment": name, "student": student}
                    book.db.execute(table.insert().values(**values, days=days, own=own, written=text))
                if text:
                    book.db.execute(extensions.insert().values(assignment=name, student=student, extension=text))
                elif student in before:
                    for one in assignment.submissions:
                        one.extension = None if one.student.id == student else one.extension
        book.db.commit()


def taken(connection: Any, name: str = "") -> dict[str, Taken]:
    """By student the late days taken for an exercise, or for all; empty where the course has no budget."""
    budget = _budget(connection)
    if budget is None:
        return {}
    of_all: dict[str, int] = {}
    here: dict[str, int] = {}
    for row in connection.execute(_table().select()):
        of_all[row.student] = of_all.get(row.student, 0) + row.days
        if name in ("", row.assignment):
            here[row.student] = here.get(row.student, 0) + row.days
    return {student: Taken(here.get(student, 0), budget - days, budget) for student, days in of_all.items()}


def budget_told(course: Course) -> list[str]:
    """The course's late days, and how many each student has taken for what, as lines."""
    with course.gradebook() as book:
        budget = _budget(book.db.connection())
        if budget is None:
            return [f"no late days for the term. To give some: {course.command('deadline --late-days 5')}"]
        found: dict[str, list[str]] = {}
        for row in book.db.execute(_table().select().order_by(_table().c.assignment)):
            found.setdefault(row.student, []).append(f"{row.assignment} {row.days}")
        left = taken(book.db.connection())
    lines = [f"late days for the term: {budget} a student, {len(found)} have taken some"]
    return lines + [f"{student}: {', '.join(where)}; {left[student].left} left" for student, where in found.items()]


def _budget(connection: Any) -> int | None:
    from sqlalchemy import inspect

    if not inspect(connection).has_table(TABLE):
        return None
    policies, _ = tables()
    row = connection.execute(policies.select().where(policies.c.assignment == OF_ALL)).first()
    return int(row.late_days) if row else None


def _received(course: Course, assignment: Any) -> dict[str, datetime]:
    """When each student's hand-in was received, as the gradebook or else the folder says."""
    found = {submission.student.id: submission.timestamp for submission in assignment.submissions}
    for student in course.students(assignment.name):
        found[student] = received(stamp_of(course.folder("submitted", student, assignment.name)))
    return {student: min(when, LAST) for student, when in found.items() if when}


def _own(known: Deadlines, before: Any, student: str, assignment: Any) -> str:
    """The extension that a person gave: what stands there, without the days that were added to it."""
    there = known.extensions.get(student, "")
    if before is not None and there == before.written:
        return str(before.own)
    granted = next(
        (submission.extension for submission in assignment.submissions if submission.student.id == student), None
    )
    typed_elsewhere = granted if not there and before is None else None
    return there or (f"{int(typed_elsewhere / timedelta(minutes=1))}m" if typed_elsewhere else "")


def _needed(known: Deadlines, own: str, when: datetime | None) -> int:
    """The days begun after a student's due date and the exercise's own free days; 0 where lateness costs nothing."""
    if when is None or known.due is None or known.policy is None or not known.policy.percent:
        return 0
    weeks, days, hours, minutes = _parts(own)
    rest = timedelta(hours=hours, minutes=minutes)
    free, number = 7 * weeks + days + known.policy.late_days, 0
    number = max(0, (when - rest - known.due).days - free - 1)
    while later(known.due, free + number, known.zone) + rest < when:
        number += 1
    return number


def _with_days(own: str, days: int) -> str:
    weeks, more, hours, minutes = _parts(own)
    named = (("w", weeks), ("d", more + days), ("h", hours), ("m", minutes))
    return "".join(f"{number}{unit}" for unit, number in named if number) if days else own


def _parts(own: str) -> tuple[int, int, int, int]:
    match = LENGTH.fullmatch(own)
    weeks, days, hours, minutes = (int(number or 0) for number in match.groups()) if match else (0, 0, 0, 0)
    return weeks, days, hours, minutes


def _made(book: Any) -> tuple[Any, Any, Any]:
    made = (*tables(), _table())
    for table in made:
        table.create(book.db.connection(), checkfirst=True)
    return made


def _table() -> Any:
    """Days taken, the extension that a person had given, and the one that was written with them."""
    from sqlalchemy import Column, Integer, MetaData, String, Table

    keys = [Column(name, String(128), primary_key=True) for name in ("assignment", "student")]
    texts = [Column(name, String(32), nullable=False) for name in ("own", "written")]
    return Table(TABLE, MetaData(), *keys, Column("days", Integer(), nullable=False), *texts)
