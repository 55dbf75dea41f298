"""The reader's own record, kept outside the notebooks: predictions, what was measured, outcomes of checks.

It lies in the user's data folder (or `MLSD_HOME`), so that a new edition of a notebook loses nothing. No grade is
kept here and nothing leaves the machine.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlsd_lib.errors import CourseError

SCHEMA = """
CREATE TABLE IF NOT EXISTS predictions (
    id TEXT PRIMARY KEY, question TEXT NOT NULL, unit TEXT NOT NULL,
    low REAL, high REAL, measured REAL, asked_at REAL NOT NULL, measured_at REAL
);
CREATE TABLE IF NOT EXISTS checks (id TEXT PRIMARY KEY, outcome TEXT NOT NULL, checked_at REAL NOT NULL);
"""


class LessonError(CourseError):
    """A lesson was called with something that it cannot use."""


def home() -> Path:
    """The folder of the reader's record: `MLSD_HOME`, or the user's data folder of the operating system."""
    if os.environ.get("MLSD_HOME"):
        return Path(os.environ["MLSD_HOME"])
    import platformdirs

    return platformdirs.user_data_path("mlsd")


@contextmanager
def record() -> Iterator[sqlite3.Connection]:
    """An open connection to the reader's record; what was done in it is committed at the end.

    A record that is not a database is set aside under another name, never overwritten.
    """
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LessonError(
            f"The folder for your predictions, {folder}, cannot be made ({error.strerror}). "
            "Set the environment variable MLSD_HOME to a folder that you can write to."
        ) from error
    path = folder / "reader.db"
    connection = _open(path)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        connection.executescript(SCHEMA)
    except sqlite3.OperationalError as error:
        connection.close()
        raise LessonError(
            f"Your record {path} cannot be written ({error}). Free some space, close the program that holds it, "
            "or set MLSD_HOME to another folder."
        ) from error
    except sqlite3.DatabaseError:
        connection.close()
        path.rename(path.with_name(f"reader-unreadable-{time.time_ns()}.db"))
        return _open(path)
    return connection


def someone_is_there() -> bool:
    """True if a person runs this cell: the front end could answer a question, and the runner did not say otherwise.

    Papermill and nbclient send every cell with `allow_stdin` false; JupyterLab sends it true.
    """
    if os.environ.get("MLSD_RUN") == "headless":
        return False
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))
