"""Copies of the gradebook from before a command that replaces or removes; the last five are kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from grader.course import Course
from grader.whole_files import unused
from grader.write_errors import database_told, full_disk_told

FOLDER = "gradebook_copies"
KEPT = 5


@contextmanager
def kept_copy(course: Course) -> Iterator[Path | None]:
    """The copy that lies in the classroom meanwhile, and afterwards if the gradebook changed; None without a gradebook.

    It is whole also while others write the gradebook. Raises `GraderError` if it cannot be written.
    """
    if not course.directory.db_url.startswith("sqlite:///") or not course.database.is_file():
        yield None
        return
    folder, before = course.home / FOLDER, _state(course)
    copy = unused(folder / f"gradebook-{datetime.now(UTC):%Y-%m-%dT%H%M%S-%fZ}.db")  # others copy in this second, too
    try:
        _copy(course.database, copy)
        yield copy
    finally:
        if _state(course) == before:
            for path in (copy, _unfinished(copy)):
                path.unlink(missing_ok=True)
            with suppress(OSError):  # it holds other copies, or was never made
                folder.rmdir()
        else:
            for old in sorted(folder.glob("gradebook-*.db"))[:-KEPT]:
                old.unlink(missing_ok=True)


def _copy(database: Path, copy: Path) -> None:
    with database_told(database), full_disk_told(copy.parent):
        copy.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(database)) as book, closing(sqlite3.connect(_unfinished(copy))) as target:
            book.execute("BEGIN")
            book.execute("SELECT * FROM sqlite_master").fetchall()  # raises where `backup` would wait without end
            book.backup(target)
        _unfinished(copy).replace(copy)


def _unfinished(copy: Path) -> Path:
    return copy.with_name(f".{copy.name}.part")


def _state(course: Course) -> list[tuple[int, int]]:
    """What differs once the gradebook, or the log of what is to enter it, was written."""
    files = [course.database, course.database.with_name(f"{course.database.name}-wal")]
    return [(path.stat().st_mtime_ns, path.stat().st_size) for path in files if path.exists()]
