"""What may not be written is reported in one line that names file, rule and fix, and never by a traceback."""

import errno
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from grader.errors import GraderError

REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
BY_SQLITE = ("attempt to write a readonly database", "unable to open database file")
Result = TypeVar("Result")


def unwritable(path: Path | str, why: str) -> GraderError:
    """The error that says so of `path`."""
    return GraderError(
        f"{path} cannot be opened or written ({why}). The gradebook and the folders of a course belong to "
        "whoever grades it: give yourself the right to write there, or name other folders in nbgrader_config.py."
    )


def unwritable_told(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command, raising `GraderError` where the system refuses a file."""

    @functools.wraps(command)
    def run(*arguments: Any, **named: Any) -> Result:
        try:
            return command(*arguments, **named)
        except OSError as error:
            if error.errno not in REFUSED or error.filename is None:
                raise
            raise unwritable(error.filename2 or error.filename, error.strerror or "refused") from error

    return run


@contextmanager
def database_told(path: Path) -> Iterator[None]:
    """Meanwhile SQLite's refusals of the database at `path` raise `GraderError`."""
    try:
        yield
    except Exception as error:
        refusals = [words for words in BY_SQLITE if words in str(error)]
        if not refusals or not type(error).__module__.startswith(("sqlalchemy", "sqlite3")):
            raise
        raise unwritable(path, refusals[0]) from error
