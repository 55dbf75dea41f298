"""The grader's handle on one warmed process: start it, have it fork sessions, end it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from grader.sandbox import protocol
from grader.sandbox.channel import Channel
from grader.sandbox.isolation import namespaces
from grader.sandbox.isolation.filesystem_view import View, view
from grader.sandbox.isolation.limits import Limits
from grader.sandbox.level import Level, SandboxError, unprivileged_user
from grader.sandbox.preload_client import ForkedProcess, PreloadClient, library_environment, library_path, outer_setting
from grader.sandbox.resource_monitor import remove_folder
from grader.sandbox.session import Session

START_S = 120.0
OPEN_S = 30.0
STUDENT = "grader.sandbox.student_process"
NO_FILES: Mapping[str, bytes] = {}
NOTHING: Mapping[str, Any] = {}


class Sandbox:
    """One warmed process; a context manager. It is started by the first `open` and again if it died.

    `imports` are loaded ahead, `forbids` may not be imported by student code, `readable` is shown to it and `hidden`
    is not, on top of the usual view. It is forked from `preload` where that can be, else started by itself; it and its
    forks have the processor cores of the thread that makes it, and no others. `probe.make_sandbox` chooses a level that
    works.

    `body` names the module of what runs in it: its `prepare(setting)` is called once, its `main(prepared, setting,
    request, files)` in each fork; `setting` holds `more`. `tests`: it holds tests, and is shown what they need. May be
    used by several threads.
    """

    def __init__(
        self,
        imports: Sequence[str] = (),
        level: Level = Level.NAMESPACES,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        readable: Sequence[Path] = (),
        forbids: Sequence[str] = (),
        *,
        hidden: Sequence[Path] = (),
        preload: PreloadClient | None = None,
        body: str = STUDENT,
        more: Mapping[str, Any] = NOTHING,
        tests: bool = False,
    ) -> None:
        self.level, self.imports, self.limits, self.forbids = level, tuple(imports), limits, tuple(forbids)
        self.body, self.more, self.tests = body, more, tests
        self.view: View = view(readable, hidden, tests)
        self.user = unprivileged_user() if self.level != Level.NONE else None
        self._preload = preload if preload and preload.serves(self.level) else None
        if self._preload and self.level == Level.NAMESPACES:
            self.user = self._preload.user  # who stands in its /etc/passwd
        self.starts = self._opened = 0
        self.reported: dict[str, Any] = {}  # what the warmed process said of itself
        self._process: subprocess.Popen[bytes] | ForkedProcess | None = None
        self._control: socket.socket | None = None
        self._words: IO[bytes] | None = None  # of a process that has not yet said that it is warm
        self._lock = threading.RLock()
        self._sessions: set[Session] = set()
        self._folder = ""

    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process to kill if all of it must end; 0 if it does not run."""
        return self._process.pid if self._process else 0

    @property
    def running(self) -> bool:
        """Whether the warmed process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def warm_s(self) -> float:
        """Seconds that warming took."""
        return float(self.reported.get("warm_s", 0.0))

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

    def open(
        self, files: Mapping[str, bytes] = NO_FILES, seed: int = 0, limits: Limits | None = None, aside: bool = False
    ) -> Session:
        """A fresh session: a fork of the warmed process with `files` in its folder and its random numbers seeded.

        `limits` are this session's, if not those of all. `aside`: values of cells are wanted as text, and no other
        output. Raises `SandboxError` if the sandbox cannot be entered.
        """
        return self.fork({"seed": seed, "aside": aside}, files, limits)

    def fork(
        self, asks: Mapping[str, Any], files: Mapping[str, bytes] = NO_FILES, limits: Limits | None = None,
        descriptors: Sequence[int] = (),
    ) -> Session:  # fmt: skip
        """As `open`; `asks` holds what the body must know, `descriptors` are open files handed over to it."""
        with self._lock:
            self.start()
            try:
                return self._fork(asks, files, limits or self.limits, descriptors)
            except protocol.Closed:
                self.close()  # it died since the last look: once more with a fresh one
                self.start()
                return self._fork(asks, files, limits or self.limits, descriptors)

    def close(self) -> None:
        """End the warmed process and every session of it; nothing of it is left afterwards."""
        with self._lock:
            for session in list(self._sessions):
                session.abandon()
            self._sessions.clear()
            if self._control is not None:
                self._control.close()
                self._control = None
            if self._process is not None:
                assert self._process.stdin is not None
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

    def end(self, session: Session) -> int | None:
        """Bury a session's process: its wait status, None if the warmed one is gone. For `Session`."""
        with self._lock:
            self._sessions.discard(session)
            try:
                return self._ask(protocol.End(session.number), protocol.Ended).status
            except protocol.Closed:
                return None

    def _launch(self, theirs: socket.socket, words: Any) -> "subprocess.Popen[bytes] | ForkedProcess":
        environment = library_environment(namespaces.HOME if self.level >= Level.NAMESPACES else self._folder)
        setting = self._setting() | {"environment": environment}
        if self._preload is not None:
            inside = {"inside": self.level == Level.NAMESPACES}
            files = [theirs.fileno(), words.fileno()]
            forked = self._preload.fork("grader.sandbox.launcher:begin", setting | inside, files, self.imports)
            if forked is not None:
                return forked
        launcher = Path(__file__).with_name("launcher.py")
        process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", str(launcher)],
            stdin=subprocess.PIPE, stdout=words, stderr=words, env=environment, cwd="/",
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
            warm = protocol.expected(protocol.receive_message(self._control)[0], protocol.Warm)
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

    def _fork(
        self, asks: Mapping[str, Any], files: Mapping[str, bytes], limits: Limits, descriptors: Sequence[int]
    ) -> Session:
        self._opened += 1
        user = None if self.level == Level.NONE else unprivileged_user(self._opened)
        if self.tests:
            user = self.user  # to whom its files belong
        folder = self._session_folder(user)
        order = protocol.Open(user, folder, self._others(), limits.as_dict(), dict(asks))
        channel = Channel()
        try:
            forked = self._ask(order, protocol.Forked, [*channel.theirs, *descriptors])
        except BaseException:
            channel.close()
            raise
        finally:
            channel.handed_over()
        session = Session(self, limits, channel, forked.process, folder)
        try:
            if forked.error:
                raise SandboxError(f"no session could be forked: {forked.error}")
            session.greet(files, OPEN_S)
        except SandboxError:
            session.close()
            raise
        self._sessions.add(session)
        return session

    def _ask(self, message: protocol.Message, wanted: type[protocol.M], files: Sequence[int] = ()) -> protocol.M:
        if self._control is None:
            raise protocol.Closed("the warmed process does not run")
        protocol.send_message(self._control, message, files=files)
        return protocol.expected(protocol.receive_message(self._control)[0], wanted)

    def _session_folder(self, user: int | None) -> str:
        """Where a session has its home and its temporary files; empty at a level with a file system of its own."""
        if self.level >= Level.NAMESPACES:
            return ""
        folder = tempfile.mkdtemp(prefix="session-", dir=self._folder)
        if user is not None:
            os.chown(folder, user, user)
        return folder

    def _others(self) -> int:
        """How many processes and threads the kernel will count that are not the session's."""
        if self.level >= Level.NAMESPACES and _kernel_counts_by_namespace():
            return 2 * len(self._sessions) + 8  # sessions of one warmed process are counted together
        if self.user is not None:
            return 8
        return _threads_of(os.getuid()) + self.limits.processes // 2  # for what of the same user starts meanwhile

    def _setting(self) -> dict[str, Any]:
        covered = [] if self._preload is None or self.tests else self._preload.covered
        return outer_setting(self.view, self.user) | {
            "level": int(self.level),
            "readable": self.view.readable() if self.level == Level.LANDLOCK else [],
            "covered": covered if self.level == Level.NAMESPACES else [],
            "path": library_path(),
            "imports": self.imports,
            "forbids": self.forbids,
            "folder": self._folder,
            "cores": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [],
            "body": self.body,
            **self.more,
        }


def _kernel_counts_by_namespace() -> bool:
    """Since Linux 5.14 the limit on processes counts those of the user namespace, before it those of the user."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)) or 0)) >= (5, 14)


def _threads_of(user: int) -> int:
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            pass
    return count
