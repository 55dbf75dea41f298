"""Processes that keep the machine busy, and surely end."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SPIN = "import os, sys\nwhile os.getppid() == int(sys.argv[1]):\n    sum(range(100_000))"
"""Ends some milliseconds after its parent, whatever ended that."""


@contextmanager
def busy(number: int) -> Iterator[list[int]]:
    """Meanwhile `number` processes compute without a pause; their process ids."""
    command = [sys.executable, "-S", "-c", SPIN, str(os.getpid())]
    # In sessions of their own: an interrupt from the keyboard is for this process.
    running = [subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) for _ in range(number)]
    try:
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
