"""Keeps what a student's code prints, warns and logs out of a test cell, and ends it after a time limit.

nbgrader gives 0 points to a test cell with a single character on stderr. What was said is kept for the message.
"""

import contextlib
import io
import logging
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator

from grader.suite_kit.answer import PassThrough


class TimeLimit(PassThrough):
    """The time of a test was over while the student's code ran."""


@contextlib.contextmanager
def quiet() -> Iterator[io.StringIO]:
    """Nothing reaches stdout or stderr meanwhile, by Python or by file descriptor; yields what Python code wrote."""
    heard = io.StringIO()
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            _descriptors_aside(),
            contextlib.redirect_stdout(heard),
            contextlib.redirect_stderr(heard),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield heard
    finally:
        logging.disable(disabled)


@contextlib.contextmanager
def _descriptors_aside() -> Iterator[None]:
    """File descriptors 1 and 2 point to an unnamed file meanwhile: libraries written in C write there."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with tempfile.TemporaryFile() as aside:
        kept = [os.dup(1), os.dup(2)]
        try:
            os.dup2(aside.fileno(), 1)
            os.dup2(aside.fileno(), 2)
            yield
        finally:
            for descriptor, original in enumerate(kept, start=1):
                os.dup2(original, descriptor)
                os.close(original)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises `TimeLimit` in the body after `seconds` of wall time, where that is possible (main thread, POSIX).

    A part of the body within `time_limit_waits` is finished before.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        if _WAITING:
            _WAITING[-1] = True
        else:
            raise TimeLimit

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_WAITING: list[bool] = []  # parts of the body that no time limit may cut, and whether one was reached meanwhile


@contextlib.contextmanager
def time_limit_waits() -> Iterator[None]:
    """A time limit that is reached meanwhile is raised at the end.

    The signal is not blocked for that: a library's thread would take it, and Python would run its handler here.
    """
    _WAITING.append(False)
    try:
        yield
    finally:
        reached = _WAITING.pop()
        if reached and _WAITING:
            _WAITING[-1] = True
    if reached and not _WAITING and threading.current_thread() is threading.main_thread():
        raise TimeLimit
