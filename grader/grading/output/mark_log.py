"""Every mark ever written, oldest first: rows are added in the transaction that writes the marks, and stay.

What another program wrote (formgrader, stock nbgrader) is entered when a command of ours next sees it, once.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

TABLE = "mlsd_mark_log"
WAYS = {"automatic": "auto_score", "by hand": "manual_score", "extra credit": "extra_credit"}


@dataclass(frozen=True)
class LoggedMark:
    """One mark as it was written. `time` in UTC; `before`, `after` in points, None where there are none.

    `way` is a key of `WAYS`; `command` is what wrote it, "seen by NAME" if that was no command of ours. `digest` is the
    job's for an automatic mark, and that of the text which the person had before them for one given by hand.
    """

    time: str
    command: str
    assignment: str
    student: str
    notebook: str
    item: str
    way: str
    before: float | None
    after: float | None
    digest: str


COLUMNS = tuple(field.name for field in fields(LoggedMark))


class MarkLog:
    """The log of one assignment in an open gradebook. `db` is nbgrader's session, `engine` its database."""

    def __init__(self, db: Any, engine: Any, assignment: str, command: str) -> None:
        from sqlalchemy import Column, Float, Integer, MetaData, String, Table, text

        self.db, self.assignment, self.command = db, assignment, command
        points = [Column(name, Float()) for name in ("before", "after")]
        texts = [Column(name, String(128), nullable=False) for name in COLUMNS if name not in ("before", "after")]
        self.table = Table(TABLE, MetaData(), Column("number", Integer, primary_key=True), *texts, *points)
        self.table.create(engine, checkfirst=True)
        if engine.dialect.name == "sqlite":
            for change in ("update", "delete"):
                self.db.execute(
                    text(
                        f"CREATE TRIGGER IF NOT EXISTS {TABLE}_{change} BEFORE {change} ON {TABLE} "
                        "BEGIN SELECT RAISE(ABORT, 'what the log of marks holds stays as it is'); END"
                    )
                )
            self.db.commit()

    def row(self, student: str, notebook: str, item: str, way: str, points: tuple[Any, Any], digest: str) -> Any:
        """A row to insert, written now by this command; `points` before and after."""
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        values = (now, self.command, self.assignment, student, notebook, item, way, *points, digest)
        return dict(zip(COLUMNS, values, strict=True))

    def rows(self) -> list[LoggedMark]:
        """Everything that was logged, in the order in which it was."""
        mine = self.table.select().where(self.table.c.assignment == self.assignment).order_by(self.table.c.number)
        found = [LoggedMark(*(getattr(row, name) for name in COLUMNS)) for row in self.db.execute(mine)]
        self.db.rollback()
        return found

    def last(self, students: Iterable[str] | None = None) -> dict[tuple[str, str, str, str], Any]:
        """The newest row by student, notebook, item and way."""
        from sqlalchemy import func, select

        key = [self.table.c[name] for name in ("student", "notebook", "item", "way")]
        newest = select(func.max(self.table.c.number)).where(self.table.c.assignment == self.assignment)
        if students is not None:
            newest = newest.where(self.table.c.student.in_(list(students)))
        found = self.db.execute(self.table.select().where(self.table.c.number.in_(newest.group_by(*key))))
        return {(mark.student, mark.notebook, mark.item, mark.way): mark for mark in found}

    def unlogged(self, grades: Iterable[Any], last: Mapping[Any, Any], folder: Any) -> list[Any]:
        """Rows for what `grades` (student, notebook, item, the three ways' columns) hold and the log does not.

        `folder(student)` holds the notebooks that whoever gave a mark by hand has seen.
        """
        found = []
        for grade in grades:
            for way, column in WAYS.items():
                before = last.get((grade.student, grade.notebook, grade.item, way))
                points = (before.after if before else None, getattr(grade, column))
                if way == "extra credit" and not points[1]:
                    points = (points[0], 0.0 if points[0] else points[0])  # nbgrader stores no credit in two ways
                if points[0] != points[1]:
                    path = folder(grade.student) / f"{grade.notebook}.ipynb"
                    digest = "" if way == "automatic" else seen_digest(_notebook(path), grade.item)
                    command = {"command": f"seen by {self.command}"}
                    found.append(self.row(grade.student, grade.notebook, grade.item, way, points, digest) | command)
        return found


def seen_digest(notebook: Mapping[str, Any] | None, item: str) -> str:
    """A digest of what decides a mark by hand: the item's own cell, and for a test the answers too; empty for None."""
    if notebook is None:
        return ""
    entries = [(cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in notebook["cells"]]
    own = [(entry, text) for entry, text in entries if entry.get("grade_id") == item]
    texts = [text for _, text in own]
    if own and own[0][0].get("locked"):
        texts += [text for entry, text in entries if entry and not entry.get("locked")]
    return sha256(json.dumps(texts).encode()).hexdigest()


def _notebook(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
