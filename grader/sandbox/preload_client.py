"""The way to the preload server, and what every warmed process is sent about libraries and isolation."""

import contextlib
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from grader.sandbox import protocol
from grader.sandbox.isolation import bubblewrap, namespaces
from grader.sandbox.isolation.filesystem_view import View
from grader.sandbox.level import Level

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "ARROW_IO_THREADS")
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "TERM": "xterm-color",
    "PAGER": "cat",
    "PYTHONHASHSEED": "0",  # the order of a set must not depend on which worker graded
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a thread would not survive the fork
    "NBGRADER_EXECUTION": "autograde",
    "PIP_RETRIES": "0",  # there is no network: say so at once
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


class ForkedProcess:
    """A process forked in the preload server: what `Popen` offers of one. It is made to end by `line` closing.

    `handle` is a process descriptor: the preload server may know the process by another number than we.
    """

    def __init__(self, handle: int, line: socket.socket) -> None:
        self._handle, self.stdin = handle, line
        with open(f"/proc/self/fdinfo/{handle}") as file:
            self.pid = int(next(line for line in file if line.startswith("Pid:")).split()[1])

    def poll(self) -> int | None:
        """None while it lives."""
        return None if self._handle >= 0 and not select.select([self._handle], [], [], 0)[0] else 0

    def kill(self) -> None:
        """End it at once."""
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end."""
        if self._handle >= 0:
            select.select([self._handle], [], [])
            os.close(self._handle)
            self._handle = -1
        self.stdin.close()
        return 0


class PreloadClient:
    """The way to the preload server; threads take turns. `user`: see `PreloadServer`.

    `apart`: it stands in the outer layer; `covered` are folders that its forks see there and that are covered before
    student code runs in one.
    """

    def __init__(
        self, way: socket.socket, user: int | None = None, apart: bool = False, covered: Sequence[str] = ()
    ) -> None:
        self.way, self.user, self.apart, self.covered = way, user, apart, list(covered)
        self._turn = threading.RLock()

    def serves(self, level: Level) -> bool:
        """Whether a sandbox of this level can be forked from it: namespaces in the outer layer alone, the others only
        in the open."""
        return self.apart == (level == Level.NAMESPACES)

    def prepare(self, modules: Collection[str]) -> None:
        """Have it import `modules` as soon as it can; nothing is waited for."""
        self._send(protocol.Import(list(modules)))

    def fork(
        self, call: str, setting: dict[str, Any], files: list[int], modules: Collection[str] = ()
    ) -> ForkedProcess | None:
        """A fork in which `call`, "module:function", runs with `setting` and `files`; before it `modules` are imported.

        None if the preload server is gone or has threads, which a fork would not have: start a process of its own then.
        """
        line, end = socket.socketpair()
        with end, self._turn:
            self._send(protocol.Fork(call, setting, list(modules)), [end.fileno(), *files])
            try:
                _, handles = protocol.receive_with_files(self.way)
            except protocol.Closed:
                handles = []
        if not handles:
            line.close()
            return None
        return ForkedProcess(handles[0], line)

    def _send(self, message: protocol.Message, files: Sequence[int] = ()) -> None:
        with self._turn, contextlib.suppress(protocol.Closed):  # the answer will not come either
            protocol.send_message(self.way, message, files=files)


def outer_setting(view: View, user: int | None) -> dict[str, Any]:
    """What the outer layer of isolation is built from; `user` is as in `level.unprivileged_user`."""
    own = os.getuid() if user is None else user
    return {
        "bubblewrap": bubblewrap.program(),
        "user": user,
        "steps": [[step.kind, step.path, step.target] for step in view.steps()],
        "names": namespaces.names(own, own if user is not None else os.getgid()),
    }


def library_environment(home: str) -> dict[str, str]:
    """The environment in which libraries are imported for student code; nothing else of this process's is in it."""
    found = dict(ENVIRONMENT) | dict.fromkeys(ONE_THREAD, "1")
    found["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    found |= {"HOME": home, "IPYTHONDIR": f"{home}/.ipython", "MPLCONFIGDIR": f"{home}/.matplotlib"}
    if "LD_LIBRARY_PATH" in os.environ:
        found["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return found


def library_path() -> list[str]:
    """Where Python looks for modules, without the folder that it was started in."""
    root = str(Path(__file__).parents[2])
    return [*(path for path in sys.path if os.path.isabs(path) and path != root), root]
