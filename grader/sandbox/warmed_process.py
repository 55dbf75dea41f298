"""A process in its outer isolation, and the handle on it of the one who has it started."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from grader.sandbox import protocol
from grader.sandbox.isolation import namespaces
from grader.sandbox.isolation.filesystem_view import View
from grader.sandbox.level import Level, SandboxError, unprivileged_user
from grader.sandbox.preload_client import PreloadClient, library_environment, library_path, outer_setting
from grader.sandbox.resource_monitor import remove_folder

START_S = 120.0


class Process(Protocol):
    """What is needed of a process that was started: `Popen`, a fork of the preload server's, or a child."""

    @property
    def pid(self) -> int: ...

    @property
    def stdin(self) -> Any: ...

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def wait(self) -> int: ...


class Child:
    """A child of this process: what `Popen` offers of one. It ends with this process."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.stdin: IO[bytes] = open(os.devnull, "wb")  # noqa: SIM115 - until `wait`
        self.pid = os.fork()
        self._code: int | None = None
        if self.pid == 0:
            try:
                run()
            finally:
                os._exit(1)

    def poll(self) -> int | None:
        """None while it lives; a fork of its parent's cannot tell, and is told None."""
        if self._code is None:
            with contextlib.suppress(ChildProcessError):
                ended, status = os.waitpid(self.pid, os.WNOHANG)
                self._code = os.waitstatus_to_exitcode(status) if ended else None
        return self._code

    def kill(self) -> None:
        """End it at once."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """End it, and wait for that."""
        self.kill()
        with contextlib.suppress(ChildProcessError):
            if self._code is None:
                self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.stdin.close()
        return self._code or 0


class WarmedProcess:
    """A process that runs `main`, "module:function", with its setting and its end of a socket.

    It sees `view` of this machine, may become `user`, has `imports` at hand, and the processor cores of the thread that
    makes it. It is forked from `preload` where that can be, else started by itself, and sends `protocol.Warm` first.
    """

    def __init__(
        self, main: str, level: Level, view: View, imports: Sequence[str], preload: PreloadClient | None
    ) -> None:
        self.main, self.level, self.view, self.imports = main, level, view, tuple(imports)
        self.user = unprivileged_user() if self.level != Level.NONE else None
        self._preload = preload if preload and preload.serves(self.level) else None
        if self._preload and self.level == Level.NAMESPACES:
            self.user = self._preload.user  # who stands in its /etc/passwd
        self._readable = self.view.readable() if self.level == Level.LANDLOCK else []
        self.starts = 0
        self.reported: dict[str, Any] = {}  # what the warmed process said of itself
        self._process: Process | None = None
        self._control: socket.socket | None = None
        self._words: IO[bytes] | None = None  # of a process that has not yet said that it is warm
        self._lock = threading.RLock()
        self._folder = ""

    @property
    def pid(self) -> int:
        """The process to kill if all of it must end; 0 if it does not run."""
        return self._process.pid if self._process else 0

    @property
    def running(self) -> bool:
        """Whether the warmed process lives."""
        return self._process is not None and self._process.poll() is None

    def begin(self) -> None:
        """Start the warmed process if it does not run, and wait for nothing: others can be started meanwhile."""
        with self._lock:
            if self.running:
                return
            self.close()
            self._folder = tempfile.mkdtemp(prefix="mlsd-sandbox-")
            os.chmod(self._folder, 0o711)
            self._control, theirs = socket.socketpair()
            with theirs:
                self._words = tempfile.TemporaryFile()  # noqa: SIM115 - until it is ready
                self._process = self._launch(theirs, self._words)
            self.starts += 1

    def start(self) -> None:
        """Start the warmed process if it does not run, and wait until it is warm.

        Raises `SandboxError` with its last words if it cannot.
        """
        with self._lock:
            self.begin()
            if self._words is not None:
                self._await_ready()

    def close(self) -> None:
        """End the warmed process; nothing of it is left afterwards."""
        with self._lock:
            if self._control is not None:
                self._control.close()
                self._control = None
            if self._process is not None:
                with contextlib.suppress(BrokenPipeError):
                    self._process.stdin.close()
                self._process.wait()
                self._process = None
            if self._words is not None:
                self._words.close()
                self._words = None
            if self._folder:
                remove_folder(self._folder)
                self._folder = ""

    def _launch(self, theirs: socket.socket, words: IO[bytes]) -> Process:
        setting = self._setting()
        if self._preload is not None:
            inside = {"inside": self.level == Level.NAMESPACES}
            files = [theirs.fileno(), words.fileno()]
            forked = self._preload.fork("grader.sandbox.launcher:begin", setting | inside, files, self.imports)
            if forked is not None:
                return forked
        launcher = Path(__file__).with_name("launcher.py")
        process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", str(launcher)],
            stdin=subprocess.PIPE, stdout=words, stderr=words, env=setting["environment"], cwd="/",
            pass_fds=[theirs.fileno()], start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(setting | {"control": theirs.fileno()}).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended at once: `_await_ready` says why
        return process

    def _await_ready(self) -> None:
        assert self._control is not None
        assert self._words is not None
        self._control.settimeout(START_S)
        try:
            warm = protocol.expected(protocol.receive_message(self._control), protocol.Warm)
        except (protocol.Closed, protocol.BadMessage) as error:
            assert self._process is not None
            self._process.kill()
            self._process.wait()
            self._words.seek(0)
            said = self._words.read().decode("utf-8", "replace").strip().splitlines()
            self.close()
            raise SandboxError(f"the sandbox could not be started: {said[-1] if said else error}") from None
        self.reported = warm.reported
        self._words.close()
        self._words = None

    def _setting(self) -> dict[str, Any]:
        """What the process is sent, as JSON takes it."""
        return outer_setting(self.view, self.user) | {
            "main": self.main,
            "level": int(self.level),
            "environment": library_environment(namespaces.HOME if self.level >= Level.NAMESPACES else self._folder),
            "readable": self._readable,
            "covered": [],
            "path": library_path(),
            "imports": self.imports,
            "folder": self._folder,
            "cores": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [],
        }
