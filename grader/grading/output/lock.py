"""One grader a course, one who collects: a lock that the system gives back when its holder ends, however it ends."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".mlsd-grade.lock"


@contextmanager
def one_grader(home: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Meanwhile this process is the only grader of the course; a second one says so and waits for its turn."""
    try:
        import fcntl
    except ImportError:
        say("this system has no file locks: do not grade one course twice at the same time")
        yield
        return
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            say(f"another grader (process {holder}) is at work on this course; waiting for it to end")
            fcntl.flock(handle, fcntl.LOCK_EX)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)  # a process forked meanwhile would hold it on
        os.close(handle)


@contextmanager
def one_in(folder: Path) -> Iterator[None]:
    """Meanwhile nobody else is in here with this folder, which is made; without file locks, others may be."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
