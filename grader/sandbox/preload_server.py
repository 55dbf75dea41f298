"""A warmed process that holds libraries and nothing else; workers and sandboxes are forked from it.

So a library is imported once a batch, not twice a worker. No test, no solution, no secret and no student code enters
it: what a fork becomes is sent to the fork. Without it every process starts by itself, and the marks are the same.
"""

import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from grader.sandbox import protocol
from grader.sandbox.isolation import bubblewrap, namespaces
from grader.sandbox.isolation.filesystem_view import parts_of_suites, view
from grader.sandbox.level import unprivileged_user
from grader.sandbox.preload_client import (
    PreloadClient,
    library_environment,
    library_path,
    outer_setting,
)

# What every fork of it needs, whatever becomes of it.
OURS = (
    "grader.sandbox.fork_server", "grader.sandbox.student_process", "grader.grading.worker_process",
    "numpy.random",
    "IPython.core.completer", "IPython.core.magics", "stack_data", "pygments.formatters", "pygments.styles",
)  # fmt: skip
PATIENCE_S = 300.0
# Where to look for modules comes first: this package need not be installed.
BEGIN = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from grader.sandbox import preload_server
preload_server.begin(int(sys.argv[1]))
"""


class PreloadServer(PreloadClient):
    """The preload server itself, for whoever starts it; a context manager. Linux only.

    `hidden` None leaves it in the open, for the lower levels; else it stands in the outer layer that bubblewrap
    makes, as the user `user`, and sees what tests need, except `hidden`: those alone can be forked from it then that
    stand in this layer. `readable` are shown to all.
    """

    def __init__(
        self, modules: Collection[str] = (), hidden: Sequence[Path] | None = None, readable: Sequence[Path] = ()
    ) -> None:
        ours, theirs = socket.socketpair()
        covered = [*map(str, parts_of_suites("hidden"))] if hidden is not None else []
        super().__init__(ours, unprivileged_user(), hidden is not None, covered)
        ours.settimeout(PATIENCE_S)
        self.folder = tempfile.mkdtemp(prefix="mlsd-preload-")
        home = self.folder if hidden is None else namespaces.HOME
        command = [sys.executable, "-s", "-P", "-B", "-c", BEGIN, str(theirs.fileno()), json.dumps(library_path())]
        passed = [theirs.fileno()]
        self._in_bubblewrap = hidden is not None
        if hidden is not None:
            behind = view(readable, hidden, tests=True)
            prefix, texts = bubblewrap.arguments(outer_setting(behind, self.user), writable=True)
            command, passed = [*prefix, *command], [*passed, *texts]
        with theirs, open(Path(self.folder) / "words", "wb") as words:
            self.process = subprocess.Popen(
                command, pass_fds=passed, stdin=subprocess.DEVNULL, stdout=words, stderr=words,
                env=library_environment(home), cwd="/", start_new_session=True,
            )  # fmt: skip
        for text in passed[1:]:
            os.close(text)
        self.prepare(modules)

    def __enter__(self) -> "PreloadServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it. What was forked from it lives on, as long as those who asked for it."""
        self.way.close()
        self._kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self) -> None:
        """Kill it; behind bubblewrap its whole group, since a child of bubblewrap's that was not yet told how to begin
        would wait for that for ever."""
        if not self._in_bubblewrap:
            self.process.kill()
        elif self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def begin(control: int) -> None:
    """The server's whole life; `control` is the descriptor of the way to the one who started it."""
    main(socket.socket(fileno=control))


def main(control: socket.socket) -> None:
    """Serve until the one who started it is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # what is freed here leaves holes that each fork would fill by copying a page
    for folder in (os.environ["HOME"], namespaces.SCRATCH + "/tmp"):
        if folder.startswith(namespaces.SCRATCH) and os.path.isdir(namespaces.SCRATCH):
            os.makedirs(folder, exist_ok=True)
    _import(OURS)
    with contextlib.suppress(protocol.Closed):
        while True:
            _serve(control, *protocol.receive_with_files(control))


def _serve(control: socket.socket, message: protocol.Message, files: list[int]) -> None:
    if isinstance(message, protocol.Import):
        _import(message.modules)
        return
    order = protocol.expected(message, protocol.Fork)
    _import(order.modules)
    born = _fork(order, files)
    for file in files:
        os.close(file)
    protocol.send_message(control, protocol.NewProcess(), files=[born] if born >= 0 else [])
    if born >= 0:
        os.close(born)


def _fork(order: protocol.Fork, files: list[int]) -> int:
    """A descriptor of the new process; -1 if none was made, because a library has started threads."""
    if len(os.listdir("/proc/self/task")) > 1:
        return -1
    gc.freeze()
    gate, opener = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(opener)
        os.read(gate, 1)  # nobody could name a process that ends sooner than its descriptor is opened
        _become(order.call, order.setting, files)
    os.close(gate)
    try:
        return os.pidfd_open(process)
    except ProcessLookupError:
        return -1  # it was killed
    finally:
        os.close(opener)


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
