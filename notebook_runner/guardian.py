"""The process between a `KeptProcess` and its command: whatever happens to the parent, the command ends.

Run as a file by `KeptProcess`, never imported by the course. It starts the command, says its process id on stdout
and waits until the command exits, the parent closes our stdin, or the parent is gone. Then it ends the command and
every process that came from it. On Linux orphans of the command become our children (subreaper), so that none is
missed, and the command dies with us should we be killed ourselves.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psutil

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LINUX = sys.platform == "linux"
libc = ctypes.CDLL(None) if LINUX else None


class Command:
    """The running command; `over` is set once it has to end or has ended, `nobody_left` once all it started has."""

    def __init__(self, command: list[str]):
        self.code, self.over, self.nobody_left = 0, threading.Event(), threading.Event()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            start_new_session=True,
            preexec_fn=die_with_guardian if LINUX else None,  # safe here: no thread runs yet
        )
        self.pid = self._process.pid

    def watch(self) -> None:
        """Waits for the command and, on Linux, for every process that it left behind."""
        if LINUX:
            try:
                while True:
                    pid, status = os.waitpid(-1, 0)
                    if pid == self.pid:
                        self.code = os.waitstatus_to_exitcode(status)
                        self.over.set()
            except ChildProcessError:
                pass
        else:
            self.code = self._process.wait()
        self.over.set()
        self.nobody_left.set()

    def watch_stdin(self) -> None:
        """Waits until the parent closes our stdin, or its death does."""
        sys.stdin.buffer.read()
        self.over.set()

    def end(self, grace_s: float) -> None:
        """Asks every process below this one to end; from `grace_s` on kills what is left, until nothing is."""
        family = psutil.Process().children(recursive=True)
        for process in family:
            quietly(process.terminate)
        deadline = time.monotonic() + grace_s
        while not self.nobody_left.wait(0.01):
            if time.monotonic() > deadline:
                for process in psutil.Process().children(recursive=True):
                    quietly(process.kill)
        for process in family:  # where orphans do not become our children
            quietly(process.kill)


def quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except psutil.NoSuchProcess:
        pass


def die_with_guardian() -> None:
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main(parent: int, grace_s: float, command: list[str]) -> None:
    """The guardian's whole life."""
    if libc is not None:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        kept = Command(command)
    except OSError as error:
        print(f"{command[0]} cannot be started: {error}", file=sys.stderr)
        print("exit 127", flush=True)
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: kept.over.set())
    print(f"pid {kept.pid}", flush=True)
    for watch in (kept.watch, kept.watch_stdin):
        threading.Thread(target=watch, daemon=True).start()
    # A process forked by the parent may hold our stdin open after the parent's death: look at the parent too.
    while not kept.over.wait(0.5) and os.getppid() == parent:
        pass
    kept.end(grace_s)
    try:
        print(f"exit {kept.code}", flush=True)
    except OSError:
        pass  # nobody is left to read it
    os._exit(0)  # the thread that reads stdin cannot be joined


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
