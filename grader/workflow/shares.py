"""Several graders: the hand-ins that a person must mark, dealt among them once, each under a number and no name.

nbgrader's gradebook stays one; a table of ours says whose each hand-in is. Formgrader shows a grader's share at
`formgrader/shares/EXERCISE/GRADER` (`grader.formgrader_shares`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from grader.course import Course, write_alone
from grader.errors import GraderError
from grader.names import is_student_id
from grader.workflow.groups import groups_of

TABLE = "mlsd_share"


@dataclass(frozen=True)
class Share:
    """One hand-in of an exercise: its student, who marks it, and the number under which they see it."""

    student: str
    grader: str
    number: int


def deal(course: Course, name: str, graders: Sequence[str]) -> list[Share]:
    """Deal what needs a person and has no grader yet, each to the one with the fewest; all shares, by number.

    What is dealt stays, also when it is handed in again. The order is that of a digest of the name, so it is the same
    on every machine and no alphabet. Of a group one member is dealt. Raises `GraderError` for names that cannot be.
    """
    if faulty := [who for who in graders if not is_student_id(who)]:
        raise GraderError(f"a grader's name has letters, digits, '.', '_', '-' and '@' only: {', '.join(faulty)}")
    course.require_writable()
    with course.gradebook() as book:
        course.require_known(book, name)
        write_alone(book)
        table = _table()
        table.create(book.db.connection(), checkfirst=True)
        found = shares(book.db.connection(), name)
        dealt = {share.student for share in found}
        held = Counter(dict.fromkeys(dict.fromkeys(graders), 0))
        held.update(share.grader for share in found if share.grader in held)
        in_groups = {member: members for members in groups_of(book, name).values() for member in members}
        waiting = [
            submission.student.id for submission in book.assignment_submissions(name) if submission.needs_manual_grade
        ]
        for student in sorted(waiting, key=lambda who: sha256(f"{name}/{who}".encode()).digest()):
            if held and not dealt & {student, *in_groups.get(student, [])}:
                grader = min(held, key=lambda who: held[who])  # of equals the one that was named first
                share = Share(student, grader, len(found) + 1)
                book.db.execute(table.insert().values(assignment=name, **vars(share)))
                found.append(share)
                dealt.add(student)
                held[grader] += 1
        book.db.commit()
    return found


def shares(connection: Any, name: str) -> list[Share]:
    """All shares of an exercise, by number."""
    from sqlalchemy import inspect

    if not inspect(connection).has_table(TABLE):
        return []
    table = _table()
    rows = connection.execute(table.select().where(table.c.assignment == name).order_by(table.c.number))
    return [Share(row.student, row.grader, row.number) for row in rows]


def address(name: str, grader: str) -> str:
    """The page of a grader's share, below the address of the server."""
    return f"formgrader/shares/{quote(name)}/{quote(grader)}"


def _table() -> Any:
    from sqlalchemy import Column, Integer, MetaData, String, Table

    keys = [Column(name, String(128), primary_key=True) for name in ("assignment", "student")]
    return Table(
        TABLE,
        MetaData(),
        *keys,
        Column("grader", String(128), nullable=False),
        Column("number", Integer(), nullable=False),
    )
