"""Copies of the gradebook from before a command that replaces or removes; the last five are kept."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from grader.course import Course
from grader.whole_files import partial_of, unused
from grader.write_errors import database_told, full_disk_told

FOLDER = "gradebook_copies"
KEPT = 5


def copied(course: Course) -> Path | None:
    """The copy that now lies in the classroom; None where no gradebook is a file yet.

    It is whole also while others write the gradebook. Raises `GraderError` if it cannot be written.
    """
    if not course.directory.db_url.startswith("sqlite:///") or not course.database.is_file():
        return None
    folder = course.home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    copy = unused(folder / f"gradebook-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.db")
    with database_told(course.database), full_disk_told(folder):
        with closing(sqlite3.connect(course.database)) as book, closing(sqlite3.connect(partial_of(copy))) as target:
            book.backup(target)
        partial_of(copy).replace(copy)
    for old in sorted(folder.glob("gradebook-*.db"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
        old.unlink()
    return copy
