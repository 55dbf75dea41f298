"""What `mlsd deadline` sets and shows; what follows from it is computed in `grader.grading.output.lateness`."""

from datetime import datetime
from typing import Any

from grader.course import Course, write_alone
from grader.errors import GraderError
from grader.grading.output.gradebook import Book
from grader.grading.output.lateness import (
    Deadlines,
    count,
    deadlines,
    extended,
    local,
    moment,
    policy_of,
    round_of,
    rounds,
    tables,
    zone_named,
)
from grader.workflow.late_days import taken
from grader.workflow.receipts import lack_of, without_time
from notebook_runner.errors import was_meant


def set_policy(
    course: Course, name: str, due: str = "", zone: str = "", late_days: int | None = None, penalty: str | None = None
) -> None:
    """Set what is named, leave the rest. Raises `GraderError` for a value that cannot be, and then sets nothing."""
    course.require_writable()
    with course.gradebook() as book:
        write_alone(book)
        whole = _assignment(course, book, name)
        table, _ = _made(book)
        row = book.db.execute(table.select().where(table.c.assignment == name)).first()
        values = dict(row._mapping) if row else {"assignment": name}
        chosen = {"zone": zone or None, "late_days": late_days, "penalty": penalty}
        values |= {key: value for key, value in chosen.items() if value is not None}
        known = zone_named(zone) if zone else deadlines(book.db.connection(), course.config, name, None).zone
        policy_of(known, late_days or 0, "0%" if penalty is None else penalty)
        if due:
            if not (values.get("zone") or course.config.LatePenalty.get("timezone")) and due != "none":
                raise GraderError(f"whose clock is {due!r} of? Name it: --timezone Europe/Berlin, or --timezone UTC")
            whole.duedate = None if due == "none" else moment(due, known)
            values["due"] = True
        elif zone and whole.duedate and known != deadlines(book.db.connection(), course.config, name, None).zone:
            raise GraderError(f"--timezone {zone} alone would leave the due date where it was. Name it again: --due")
        book.db.execute(table.delete().where(table.c.assignment == name))
        book.db.execute(table.insert().values(**values))
        book.db.commit()


def require_extension(course: Course, name: str, student: str, text: str) -> None:
    """Raises `GraderError` for a student whom nobody knows and for a text that is no length; sets nothing."""
    with course.gradebook() as book:
        _assignment(course, book, name)
        known = {person.id for person in book.students} | set(course.students(name))
    if student not in known:
        fix = was_meant(student, known) or f"Enter the class first: {course.command('roster FILE')}"
        raise GraderError(f"neither the gradebook nor a hand-in knows a student {student!r}. {fix}")
    extended(datetime(2027, 1, 1), text, zone_named("UTC"))


def extend(course: Course, name: str, student: str, text: str) -> None:
    """Give a student an extension in the place of an earlier one; "0" takes it away.

    It waits for who has not handed in yet. Raises `GraderError` as `require_extension` does.
    """
    course.require_writable()
    require_extension(course, name, student, text)
    with course.gradebook() as book:
        write_alone(book)
        whole = _assignment(course, book, name)
        _, table = _made(book)
        book.db.execute(table.delete().where((table.c.assignment == name) & (table.c.student == student)))
        if text.strip() != "0":
            book.db.execute(table.insert().values(assignment=name, student=student, extension=text.strip()))
        else:
            for submission in whole.submissions:
                if submission.student.id == student:
                    submission.extension = None
        book.db.commit()


def next_round(course: Course, name: str) -> int:
    """The number of the round that is open from now on: new hand-ins meet hidden cases of their own.

    A hand-in that is graded keeps its round, and its marks.
    """
    course.require_writable()
    with course.gradebook() as book:
        write_alone(book)
        _assignment(course, book, name)
        number = round_of(book.db.connection(), name) + 1
        table = rounds()
        table.create(book.db.connection(), checkfirst=True)
        book.db.execute(table.delete().where(table.c.assignment == name))
        book.db.execute(table.insert().values(assignment=name, number=number))
        book.db.commit()
    return number


def shown(course: Course, name: str) -> list[str]:
    """Due date, rules, extensions, and who was late at what cost, as lines."""
    with course.gradebook() as book:
        whole = _assignment(course, book, name)
        known = deadlines(book.db.connection(), course.config, name, whole.duedate)
        received = {submission.student.id: submission for submission in whole.submissions}
        lines = [f"{name}: {_due(known)}", _rules(known)]
        if (number := round_of(book.db.connection(), name)) > 1:
            meets = "hidden cases of its own, where a suite draws them; hidden lines stay as they were released"
            lines.append(f"round      {number}: what is handed in from now on meets {meets}")
        days = taken(book.db.connection(), name)
        for student, text in sorted(known.extensions.items()):
            until = known.due_of(student)
            waits = "" if student in received else ", nothing handed in yet"
            until_told = f"until {local(until, known.zone)}" if until else "no due date yet"
            with_days = f", {str(days[student]).rstrip('.')}" if student in days and days[student].days else ""
            lines.append(f"extension  {student}: {text}, {until_told}{waits}{with_days}")
        pending = Book(course, book, name).pending(list(received))
        for student, submission in sorted(received.items()):
            penalty = pending.get(student, submission.late_submission_penalty or 0.0)
            if sentence := known.told(student, submission.timestamp, submission.extension, penalty):
                lines.append(f"late       {student}: {sentence}" + (" Not charged yet." if student in pending else ""))
    if lack := lack_of(course, name, without_time(course, name)):
        lines.append(f"unknown    {lack}")
    if pending:
        lines.append(f"{count(len(pending), 'submission')} to be charged anew: {course.command(f'grade {name}')}")
    return lines


def uncharged(course: Course, name: str) -> str:
    """Who cannot be charged for lateness for want of a time, and what to bring; empty where lateness costs nothing."""
    students = without_time(course, name)
    if not students:
        return ""
    with course.gradebook() as book:
        known = deadlines(book.db.connection(), course.config, name, _assignment(course, book, name).duedate)
    costs = known.due is not None and (known.policy is None or known.policy.percent > 0)
    return lack_of(course, name, students) if costs else ""


def _due(known: Deadlines) -> str:
    if known.due is None:
        return "no due date"
    return f"due {local(known.due, known.zone)} ({known.zone.key}), {known.due:%Y-%m-%d %H:%M:%S} UTC"


def _rules(known: Deadlines) -> str:
    if known.policy is None:
        return "late: what the course's own plugin says (nbgrader_config.py)"
    policy = known.policy
    charged = f"{policy.percent:g}% of the maximum" + (f" for each {policy.unit} begun" if policy.unit else ", once")
    free = f"{count(policy.late_days, 'day')} free, then " if policy.late_days else ""
    return f"late: {free}{charged if policy.percent else 'no penalty'}"


def _assignment(course: Course, book: Any, name: str) -> Any:
    course.require_known(book, name)
    return book.find_assignment(name)


def _made(book: Any) -> tuple[Any, Any]:
    made = tables()
    for table in made:
        table.create(book.db.connection(), checkfirst=True)
    return made
