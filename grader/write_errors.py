"""What may not or cannot be written is reported in one line that names file, rule and fix, never by a traceback."""

import errno
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from grader.errors import GraderError

REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BY_SQLITE = ("attempt to write a readonly database", "unable to open database file")
FULL_BY_SQLITE = ("disk is full", "disk I/O error")
Result = TypeVar("Result")


def unwritable(path: Path | str, why: str) -> GraderError:
    """The error that says so of `path`."""
    return GraderError(
        f"{path} cannot be opened or written ({why}). The gradebook and the folders of a course belong to "
        "whoever grades it: give yourself the right to write there, or name other folders in nbgrader_config.py."
    )


def unwritable_told(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command, raising `GraderError` where the system refuses a file or has no room for it."""

    @functools.wraps(command)
    def run(*arguments: Any, **named: Any) -> Result:
        try:
            return command(*arguments, **named)
        except OSError as error:
            if error.errno in FULL:
                raise no_room(error) from error
            if error.errno not in REFUSED or error.filename is None:
                raise
            raise unwritable(error.filename2 or error.filename, error.strerror or "refused") from error
        except Exception as error:
            if not _of_sqlite(error, FULL_BY_SQLITE):
                raise
            raise no_room(error) from error

    return run


def no_room(error: Exception) -> GraderError:
    """The error that says that a disk is full."""
    place = getattr(error, "filename", None) or "the gradebook or the folders of this course"
    return GraderError(
        f"there is no room to write {place}. What was recorded so far is whole. Free some space and run the same "
        "command again."
    )


def _of_sqlite(error: Exception, refusals: tuple[str, ...]) -> str:
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
        if not (refusal := _of_sqlite(error, BY_SQLITE)):
            raise
        raise unwritable(path, refusal) from error
