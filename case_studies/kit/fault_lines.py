"""What an operator is told of an error: one line. Errors that are ours to fix have none and keep their traceback."""

import errno
import sqlite3
from typing import Any

from typer.exceptions import TyperException

from case_studies.kit.decision_store import NO_WRITE, UNREADABLE
from mlsd_lib.serving.batcher import Shed
from notebook_runner.errors import CourseError

FAULTS = (TyperException, CourseError, OSError, Shed, sqlite3.DatabaseError)


def fault_line(error: Exception) -> str | None:
    """The line for one of `FAULTS`; None for one that is no fault of the operator's or of his files."""
    if isinstance(error, TyperException):
        return _misspelled(error)
    if isinstance(error, CourseError):
        return str(error)
    if isinstance(error, Shed):
        return f"{error.reason} Repeat the command when it can be: it finishes what it began."
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in NO_WRITE or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"The run cannot be written now: {error}. Make room, or end what holds it, and repeat the command."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}. Name another place, or make this one usable."
    if code in UNREADABLE:
        return f"The run's store.db cannot be read: {error}. Take the file from a backup, or train again."
    return None


def _misspelled(error: TyperException) -> str:
    """What is wrong with the words of a command, what was typed, and where the right ones are shown."""
    said, context = " ".join(error.format_message().split()), getattr(error, "ctx", None)
    if not said or context is None:  # no words at all were answered with the help
        return said
    read: list[Any] = getattr(error.__cause__, "errors", list)()
    typed = f" It is {read[0]['input']!r}." if read else ""
    return f"{said.rstrip('.')}{'' if said.endswith('?') else '.'}{typed} See {context.command_path} --help."
