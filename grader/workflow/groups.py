"""Groups that hand in one notebook: who belongs to which, and a person's marks of one member given to the others.

Each member has a submission in nbgrader's folders and gradebook, so feedback and export know nothing of groups.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grader.course import Course, write_alone
from grader.errors import GraderError
from grader.names import is_student_id
from grader.workflow.roster import People
from grader.workflow.tables import named_rows

TABLE = "mlsd_group"
BY_HAND = {"grades": ("manual_score", "extra_credit", "needs_manual_grade"), "comments": ("manual_comment",)}


def read_groups(path: Path, people: People | None) -> dict[str, list[str]]:
    """Group, in lower case, to the ids of its members, from a CSV group,student: a line a member, with a heading.

    Raises `GraderError` that names everybody who is in two groups, or whom the roster does not know.
    """
    groups: dict[str, list[str]] = {}
    of: dict[str, str] = {}
    faults = []
    for number, (group, student) in named_rows(path, "groups", ("group", "student")):
        found, refusal = people.find((student,)) if people else (student, "")
        if refusal or not (group and is_student_id(found)):
            faults.append(f"line {number}: {refusal or 'it must name a group and a student'} ({group}, {student})")
        elif of.setdefault(found, group).casefold() != group.casefold():
            faults.append(f"line {number}: {found} is in two groups, {of[found]} and {group}")
        else:
            members = groups.setdefault(group.casefold(), [])
            members += [found] if found not in members else []
    if faults or not groups:
        listed = "\n  ".join(faults or ["it names no group"])
        raise GraderError(f"the groups {path} were not taken:\n  {listed}")
    return groups


def enter_groups(course: Course, name: str, groups: dict[str, list[str]]) -> None:
    """Keep the groups of an exercise in the gradebook, in the place of those that it had."""
    with course.gradebook() as book:
        table = _table()
        table.create(book.db.connection(), checkfirst=True)
        book.db.execute(table.delete().where(table.c.assignment == name))
        rows = [
            {"assignment": name, "student": member, "team": group}
            for group, members in groups.items()
            for member in members
        ]
        book.db.execute(table.insert(), rows)
        book.db.commit()


def groups_of(book: Any, name: str) -> dict[str, list[str]]:
    """The groups of an exercise, members by id; empty where everybody hands in alone."""
    from sqlalchemy import inspect

    if not inspect(book.db.connection()).has_table(TABLE):
        return {}
    table = _table()
    found: dict[str, list[str]] = {}
    for row in book.db.execute(table.select().where(table.c.assignment == name).order_by(table.c.student)):
        found.setdefault(row.team, []).append(row.student)
    return found


def spread_marks(course: Course, name: str) -> list[str]:
    """Give what a person gave one member of a group (points, extra credit, comments) to those who have none of it yet.

    Only where both handed in the same text. Returns a line for each item on which members have different points.
    """
    with course.gradebook() as book:
        if not (groups := groups_of(book, name)):
            return []
        write_alone(book)
        there = {submission.student.id: submission for submission in book.assignment_submissions(name)}
        differing = []
        for members in groups.values():
            graded = [there[member] for member in members if member in there]
            for alike in _of_one_text(course, name, graded):
                differing += _spread(alike)
        book.db.commit()
    return differing


def _of_one_text(course: Course, name: str, submissions: Iterable[Any]) -> list[list[Any]]:
    found: dict[tuple[bytes, ...], list[Any]] = {}
    for submission in submissions:
        place = course.folder("submitted", submission.student.id, name)
        found.setdefault(tuple(path.read_bytes() for path in sorted(place.glob("*.ipynb"))), []).append(submission)
    return list(found.values())


def _spread(submissions: list[Any]) -> list[str]:
    rows: dict[tuple[str, str, str], list[tuple[str, Any]]] = {}
    for submission in submissions:
        for notebook in submission.notebooks:
            for kind in BY_HAND:
                for entry in getattr(notebook, kind):
                    rows.setdefault((kind, notebook.name, entry.name), []).append((submission.student.id, entry))
    differing = []
    for (kind, _, item), all_of_it in rows.items():
        first, *rest = BY_HAND[kind]
        given = [(who, entry) for who, entry in all_of_it if getattr(entry, first) is not None]
        if len({getattr(entry, first) for _, entry in given}) > 1:
            if kind == "grades":
                differing.append(f"{item}: " + ", ".join(f"{who} {getattr(entry, first):g}" for who, entry in given))
            continue
        for _, entry in all_of_it:
            if given and getattr(entry, first) is None:
                for column in (first, *rest):
                    setattr(entry, column, getattr(given[0][1], column))
    return differing


def _table() -> Any:
    from sqlalchemy import Column, MetaData, String, Table

    keys = [Column(name, String(128), primary_key=True) for name in ("assignment", "student")]
    return Table(TABLE, MetaData(), *keys, Column("team", String(128), nullable=False))
