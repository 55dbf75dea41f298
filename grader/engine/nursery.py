"""A warmed process that holds libraries and nothing else; sandboxes and checkers are forked from it.

So a library is imported once a batch, not twice a worker. No test, no solution, no secret and no student code enters
it: what a fork becomes is told to the fork. Without it every process starts by itself, and the marks are the same.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.engine.sandbox import bubblewrap, levels, namespaces, wire
from grader.engine.sandbox.view import View
from grader.engine.sandbox.zygote import library_environment, library_path, outer_setting

FORK, IMPORT, JOIN = map(ord, "fij")
# What every fork of it needs, whatever becomes of it.
OURS = ("grader.engine.sandbox.warm", "grader.engine.checking", "grader.engine.objects", "numpy.random")
PATIENCE_S = 300.0


class Born:
    """A process forked in the nursery: what `subprocess.Popen` offers of one. It is told to end by `line` closing.

    `handle` is a process descriptor: the nursery may know the process by another number than we.
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


class Nursery:
    """A way to the nursery, for one thread of one process. `user`: see `NurseryProcess`."""

    def __init__(self, way: socket.socket, user: int | None = None) -> None:
        self.way, self.user = way, user

    def prepare(self, modules: Collection[str]) -> None:
        """Have it import `modules` as soon as it can; nothing is waited for."""
        self._send(IMPORT, {"modules": list(modules)}, [])

    def join(self) -> socket.socket:
        """The end of a new way to it, for another process."""
        theirs, ours = socket.socketpair()
        self._send(JOIN, {}, [ours.fileno()])
        ours.close()
        return theirs

    def fork(self, call: str, setting: dict[str, Any], files: list[int], modules: Collection[str] = ()) -> Born | None:
        """A fork in which `call`, "module:function", runs with `setting` and `files`; before it `modules` are imported.

        None if the nursery is gone or has threads, which a fork would not have: start a process of its own then.
        """
        line, end = socket.socketpair()
        with end:
            request = {"call": call, "setting": setting, "modules": list(modules)}
            self._send(FORK, request, [end.fileno(), *files])
            try:
                _, _, handles = wire.receive_with_files(self.way)
            except wire.Closed:
                handles = []
        if not handles:
            line.close()
            return None
        return Born(handles[0], line)

    def _send(self, kind: int, request: dict[str, Any], files: list[int]) -> None:
        with contextlib.suppress(wire.Closed):  # the answer will not come either
            if files:
                wire.send_with_files(self.way, kind, request, files)
            else:
                wire.send_json(self.way, kind, request)


class NurseryProcess(Nursery):
    """The nursery itself, for whoever starts it; a context manager. Linux only.

    `behind` puts it behind the outer wall that bubblewrap raises with this `View`: sandboxes alone can be forked from
    it then, and those of bubblewrap from no other. They are all of the user `user`.
    """

    def __init__(self, modules: Collection[str] = (), behind: View | None = None) -> None:
        ours, theirs = socket.socketpair()
        super().__init__(ours, levels.user())
        ours.settimeout(PATIENCE_S)
        self.folder = tempfile.mkdtemp(prefix="mlsd-nursery-")
        home = self.folder if behind is None else namespaces.HOME
        command = [sys.executable, "-s", "-P", "-B", __file__, str(theirs.fileno()), json.dumps(library_path())]
        passed = [theirs.fileno()]
        if behind is not None:
            wall, texts = bubblewrap.arguments(outer_setting(behind, self.user), writable=True)
            command, passed = [*wall, *command], [*passed, *texts]
        with theirs, open(Path(self.folder) / "words", "wb") as words:
            self.process = subprocess.Popen(
                command, pass_fds=passed, stdin=subprocess.DEVNULL, stdout=words, stderr=words,
                env=library_environment(home), cwd="/", start_new_session=True,
            )  # fmt: skip
        for text in passed[1:]:
            os.close(text)
        self.prepare(modules)

    def __enter__(self) -> "NurseryProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it. What was forked from it lives on, as long as those who asked for it."""
        self.way.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Nurseries:
    """Those that there are: one in the open, and one behind bubblewrap's wall. Can be sent to another process."""

    open: Nursery | None = None
    behind_bubblewrap: Nursery | None = None

    def joined(self) -> "Nurseries":
        """Ways of another process to the same."""
        return Nurseries(*(one and Nursery(one.join(), one.user) for one in (self.open, self.behind_bubblewrap)))

    def leave(self) -> None:
        """Close the ways."""
        for one in (self.open, self.behind_bubblewrap):
            if one is not None:
                one.way.close()


def main(control: socket.socket) -> None:
    """Serve all who have a way here, until the one who started it is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # what is freed here leaves holes that each fork would fill by copying a page
    for folder in (os.environ["HOME"], namespaces.SCRATCH + "/tmp"):
        if folder.startswith(namespaces.SCRATCH) and os.path.isdir(namespaces.SCRATCH):
            os.makedirs(folder, exist_ok=True)
    _import(OURS)
    ways = [control]
    while True:
        for way in select.select(ways, [], [])[0]:
            try:
                kind, payload, files = wire.receive_with_files(way)
                _serve(way, kind, json.loads(payload), files, ways)
            except wire.Closed:
                if way is control:
                    return
                ways.remove(way)
                way.close()


def _serve(way: socket.socket, kind: int, request: dict[str, Any], files: list[int], ways: list[socket.socket]) -> None:
    if kind == JOIN:
        ways.append(socket.socket(fileno=files[0]))
        return
    _import(request["modules"])
    if kind == FORK:
        born = _fork(request, files)
        for one in files:
            os.close(one)
        if born >= 0:
            wire.send_with_files(way, wire.REPLY, {}, [born])
            os.close(born)
        else:
            wire.send_json(way, wire.REPLY, {})


def _fork(request: dict[str, Any], files: list[int]) -> int:
    """A descriptor of the new process; -1 if none was made, because a library has started threads."""
    if len(os.listdir("/proc/self/task")) > 1:
        return -1
    gc.freeze()
    process = os.fork()
    if process == 0:
        _become(request["call"], request["setting"], files)
    try:
        return os.pidfd_open(process)
    except ProcessLookupError:
        return -1  # it has ended already


def _become(call: str, setting: dict[str, Any], files: list[int]) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        gc.enable()
        kept = {0, 1, 2, *files}
        for name in os.listdir("/proc/self/fd"):
            if int(name) not in kept:
                with contextlib.suppress(OSError):
                    os.close(int(name))
        module, _, name = call.partition(":")
        function: Callable[[dict[str, Any], list[int]], None] = getattr(importlib.import_module(module), name)
        function(setting, files)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(1)


def _import(modules: Collection[str]) -> None:
    """Import what can be imported; what cannot is missed by the cell that needs it."""
    for module in modules:
        if module not in sys.modules:
            with contextlib.suppress(BaseException):
                importlib.import_module(module)


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[2])
    main(socket.socket(fileno=int(sys.argv[1])))
