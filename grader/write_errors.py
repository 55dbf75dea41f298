"""What may not or cannot be written is reported in one line that names file, rule and fix, never by a traceback."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import GraderError

REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
NO_NAME = {errno.ENAMETOOLONG, errno.ELOOP}
IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_GRADEBOOK = ("file is not a database", "database disk image is malformed")
OTHER_VERSION = ("no such column", "no such table", "has no column named")
HELD = ("database is locked",)
BY_SQLITE = ("attempt to write a readonly database", "unable to open database file")
FULL_BY_SQLITE = ("disk is full", "disk I/O error")


class DiskFull(GraderError):
    """There was no room to write; what was recorded before stays valid."""


def unwritable(path: Path | str, why: str) -> GraderError:
    """The error that says so of `path`."""
    return GraderError(
        f"{path} cannot be opened or written ({why}). To go on, give yourself the right to write there, or name "
        "another place (the folders of a course stand in its nbgrader_config.py)."
    )


def no_room(where: str) -> DiskFull:
    """The error that says that the disk is full at a place, which `where` names, e.g. "below /home/ada/cs101"."""
    return DiskFull(
        f"there is no room to write {where}. What was recorded so far is whole; nothing is half-written. "
        "Free some space and run the same command again: it goes on where it stopped."
    )


def of_the_system(error: Exception) -> GraderError | None:
    """The error to raise where the system refuses a file, has none of its name or no room for it; else None."""
    place = getattr(error, "filename2", None) or getattr(error, "filename", None)
    if is_full(error):
        return no_room(place or "the gradebook or the folders of this course")
    if not isinstance(error, OSError) or place is None:
        return None
    why = error.strerror or "refused"
    if error.errno in IN_THE_WAY:
        return GraderError(
            f"{place} cannot be written ({why}): a file is where a folder must be, or a folder where a file must be. "
            "Move it away and run the same command again."
        )
    if error.errno == errno.ENOENT:
        return GraderError(f"{place} is not there ({why}). Name a file or folder that is, or put it back.")
    return unwritable(place, why) if error.errno in REFUSED | NO_NAME else None


def is_full(error: Exception) -> bool:
    """True for an error that means "no room", also one of SQLite's or one of copying many files."""
    if isinstance(error, shutil.Error):
        return is_full_by_text(str(error))
    return (isinstance(error, OSError) and error.errno in FULL) or bool(_of_sqlite(error, FULL_BY_SQLITE))


def is_full_by_text(text: str) -> bool:
    """True if a traceback or a list of errors tells that there was no room."""
    return any(words in text for words in (*map(os.strerror, FULL), *FULL_BY_SQLITE))


@contextmanager
def full_disk_told(place: Path) -> Iterator[None]:
    """Meanwhile errors that mean "no room" raise `DiskFull`, which names `place`."""
    try:
        yield
    except Exception as error:
        if not is_full(error):
            raise
        raise no_room(f"below {place}") from error


def _of_sqlite(error: Exception, refusals: Iterable[str]) -> str:
    """Which of SQLite's refusals an error holds; empty for another error."""
    if not type(error).__module__.startswith(("sqlalchemy", "sqlite3")):
        return ""
    return next((words for words in refusals if words in str(error)), "")


@contextmanager
def database_told(path: Path) -> Iterator[None]:
    """Meanwhile SQLite's refusals of the database at `path` raise `GraderError`."""
    try:
        yield
    except Exception as error:
        if _of_sqlite(error, FULL_BY_SQLITE):
            raise no_room(str(path)) from error
        if _of_sqlite(error, HELD):
            raise GraderError(f"another program holds {path}. Close it and run this again.") from error
        if words := _of_sqlite(error, NO_GRADEBOOK):
            raise GraderError(
                f"{path} is no gradebook ({words}). Put a copy of yours in its place, or move it away: the next "
                "release begins an empty one."
            ) from error
        if words := _of_sqlite(error, OTHER_VERSION):
            raise GraderError(
                f"{path} was written by an older nbgrader ({words}). Keep a copy, then run in its course: "
                "nbgrader db upgrade"
            ) from error
        if not (refusal := _of_sqlite(error, BY_SQLITE)):
            raise
        raise unwritable(path, refusal) from error
