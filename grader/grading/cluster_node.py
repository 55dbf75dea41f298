"""What runs at a worker of a Dask cluster: one submission after the other, as in a worker of this machine's own pool.

A Dask worker never grades by itself: each of its threads has a process that does, with a pool of one (so that what a
submission breaks is replaced) and this machine's own secret. Nothing of the course is written here.
"""

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from grader import secret
from grader.grading.cluster_wire import keyed_secret, sealed
from grader.grading.environment import kernel_environment
from grader.grading.mark_digests import project_digest, suites_of
from grader.grading.worker import Done, Spec, Task, WorkerProcess
from grader.grading.worker_pool import Pool
from grader.sandbox import best_level
from grader.sandbox.isolation import syscalls

IDLE_S = 600.0  # a process that nobody has asked for so long ends itself
_SPECS: dict[str, Spec] = {}
_PROCESSES: dict[int, "Process"] = {}


class Process:
    """A process that grades for one thread, by one spec."""

    def __init__(self, key: str, spec: Spec) -> None:
        self.key = key
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "grader.grading.cluster_node", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self.pipe = Connection(ours.detach())
        self.pipe.send(spec)

    def grade(self, task: Task) -> Done:
        """The answer about one submission. Raises `EOFError` or `OSError` if the process is no more."""
        self.pipe.send(task)
        done: Done = self.pipe.recv()
        return done

    def close(self) -> None:
        """The process ends when its pipe does."""
        self.pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()


def about(nonce: str, suites: Sequence[str]) -> dict[str, str]:
    """What must be as it is where marks are recorded: code, Python, secret (keyed with `nonce`), isolation."""
    return {
        "version": project_digest(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "secret": keyed_secret(nonce, suites),
        "level": best_level().name.lower(),
    }


def begin(key: str, spec: Spec) -> None:
    """From now on submissions under `key` are graded by `spec`."""
    _SPECS[key] = spec


def end(key: str) -> None:
    """Nothing more comes under `key`: end the processes that grade by it."""
    _SPECS.pop(key, None)
    for thread, process in list(_PROCESSES.items()):
        if process.key == key:
            del _PROCESSES[thread]
            process.close()


def grade(key: str, task: Task) -> bytes:
    """The answer about one submission, which the task carries, as `cluster_wire` sends it.

    Raises `LookupError` if nothing began under `key`.
    """
    spec, thread = _SPECS.get(key), threading.get_ident()
    if spec is None:
        raise LookupError(f"this worker was started anew and knows nothing of {key}")
    process = _PROCESSES.get(thread)
    if process is None or process.key != key or process.process.poll() is not None:
        if process is not None:
            process.close()
        process = _PROCESSES[thread] = Process(key, spec)
    try:
        return sealed(process.grade(task), key, suites_of(spec.shared))
    except (EOFError, OSError):
        if _PROCESSES.pop(thread, None) is process:
            process.close()
        raise


def main(handle: int) -> None:
    """Answer what comes through the socket `handle` until it is closed."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.pop("MLSD_HOME", None)
    pipe = Connection(handle)
    with suppress(EOFError, OSError):
        spec: Any = pipe.recv()
        with (
            kernel_environment(secret.secret_file()),
            Pool(partial(WorkerProcess, spec, None), 1, spec.shared.most_s) as pool,
        ):
            while pipe.poll(IDLE_S):
                for answers in pool.run([pipe.recv()]):
                    pipe.send(answers[0])


if __name__ == "__main__":
    main(int(sys.argv[1]))
