"""The reader's own record, kept outside the notebooks: predictions, what was measured, outcomes of checks,
claims.

It lies in the user's data folder (or `MLSD_HOME`), so that a new edition of a notebook loses nothing. No grade is
kept here and nothing leaves the machine. Only what a reader runs is written to it.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from notebook_runner.errors import CourseError

SCHEMA = """
CREATE TABLE IF NOT EXISTS predictions (
    id TEXT PRIMARY KEY, question TEXT NOT NULL, unit TEXT NOT NULL,
    low REAL, high REAL, measured REAL, asked_at REAL NOT NULL, measured_at REAL
);
CREATE TABLE IF NOT EXISTS checks (id TEXT PRIMARY KEY, outcome TEXT NOT NULL, checked_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS failures (id TEXT PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS claims (
    notebook TEXT NOT NULL, statement TEXT NOT NULL, holds INTEGER NOT NULL, measured TEXT NOT NULL,
    seen_at REAL NOT NULL, PRIMARY KEY (notebook, statement)
);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, state INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS recalls (id TEXT PRIMARY KEY, card TEXT NOT NULL);
"""
RUNS_BY_NBGRADER = ("NBGRADER_VALIDATING", "NBGRADER_EXECUTION")
"""What nbgrader sets, for as long as it lasts, while it validates or grades a notebook."""


class LessonError(CourseError):
    """A lesson was called with something that it cannot use."""

    def reported(self) -> str:
        """What a reader sees instead of a traceback: the message says all, our own lines nothing."""
        return f"{type(self).__name__}: {self}"

    @property
    def _render_traceback_(self) -> Callable[[], list[str]]:
        """IPython asks for this name. Where nobody is there, the report needs the line of the cell: there is none."""
        if not someone_is_there():
            raise AttributeError("_render_traceback_")
        return lambda: [self.reported()]


def home() -> Path:
    """The folder of the reader's record: `MLSD_HOME`, or the user's data folder of the operating system."""
    if os.environ.get("MLSD_HOME"):
        return Path(os.environ["MLSD_HOME"])
    import platformdirs

    return platformdirs.user_data_path("mlsd")


@contextlib.contextmanager
def record() -> Iterator[sqlite3.Connection]:
    """An open connection to the reader's record; what was done in it is committed at the end.

    Where the record is not kept (`keeps_record`), it is a copy in memory, and what was done is lost. A record that is
    not a database is set aside under another name, never overwritten. Raises `LessonError` where it cannot be used.
    """
    connection = _open(_folder() / "reader.db") if keeps_record() else _copy(home() / "reader.db")
    try:
        with connection:
            yield connection
    except sqlite3.OperationalError as error:  # a table of another version, too
        raise _unusable(home() / "reader.db", error) from error
    finally:
        connection.close()


def _folder() -> Path:
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LessonError(
            f"The folder for your predictions, {folder}, cannot be made ({error.strerror}). "
            "Set the environment variable MLSD_HOME to a folder that you can write to."
        ) from error
    return folder


def _copy(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:")
    copy.row_factory = sqlite3.Row
    if path.is_file():
        with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(sqlite3.connect(path)) as kept:
            kept.backup(copy)
    copy.executescript(SCHEMA)
    return copy


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=10)
    except sqlite3.OperationalError as error:  # a folder of its name, or no right to read
        raise _unusable(path, error) from error
    connection.row_factory = sqlite3.Row
    try:
        connection.executescript(SCHEMA)
    except sqlite3.OperationalError as error:
        connection.close()
        raise _unusable(path, error) from error
    except sqlite3.DatabaseError:
        connection.close()
        path.rename(path.with_name(f"reader-unreadable-{time.time_ns()}.db"))
        return _open(path)
    return connection


def _unusable(path: Path, error: sqlite3.Error) -> LessonError:
    return LessonError(
        f"Your record {path} cannot be used ({error}). Free some space, close the program that holds it, move it away "
        "if another version of the course wrote it, or set MLSD_HOME to another folder."
    )


def someone_is_there() -> bool:
    """True if a person runs this cell: the front end could answer a question, and the runner did not say otherwise.

    Papermill and nbclient, so nbgrader's Validate too, send every cell with `allow_stdin` false; JupyterLab sends it
    true.
    """
    return os.environ.get("MLSD_RUN") != "headless" and bool(getattr(_kernel(), "_allow_stdin", False))


def keeps_record() -> bool:
    """True if what happens now is the reader's own doing: never in a run of notebooks, nbgrader's Validate included.

    What nbgrader sets in its own process is seen by a kernel that a reader starts meanwhile, so a kernel is judged by
    how its cells are sent.
    """
    if _kernel() is not None:
        return someone_is_there()
    return os.environ.get("MLSD_RUN") != "headless" and not any(name in os.environ for name in RUNS_BY_NBGRADER)


def _kernel() -> object | None:
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return getattr(get_ipython(), "kernel", None)
