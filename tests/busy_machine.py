"""`python -m tests.busy_machine N COMMAND...`: a command beside N processes that compute without a pause.

So is a test found that fails on a busy machine alone: `make test-often` repeats tests this way.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from notebook_runner.environment import threads

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


def run_busy(number: int, command: Sequence[str]) -> int:
    """The exit status of a command beside so many busy processes; an interrupt is for the command to answer."""
    signal.signal(signal.SIGINT, lambda *_: None)  # the keyboard's reaches the command, which inherits no handler
    with busy(number):
        process = subprocess.Popen(command, env=threads() | os.environ)  # as `mlsd test` runs them
        signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
        return process.wait()


if __name__ == "__main__":
    sys.exit(run_busy(int(sys.argv[1]), sys.argv[2:]))
