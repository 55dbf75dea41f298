"""The grader's handle on one warmed process that holds libraries: start it, have it fork sessions, end it."""

import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from grader.sandbox import protocol
from grader.sandbox.channel import Channel
from grader.sandbox.isolation.filesystem_view import parts_of_suites, view
from grader.sandbox.isolation.limits import Limits
from grader.sandbox.level import Level, SandboxError, unprivileged_user
from grader.sandbox.preload_client import PreloadClient
from grader.sandbox.session import Session
from grader.sandbox.warmed_process import Child, Process, WarmedProcess

OPEN_S = 30.0
MAIN = "grader.sandbox.fork_server:main"
NO_FILES: Mapping[str, bytes] = {}


class SandboxGone(SandboxError):
    """The warmed process has ended where no other can be started in its place."""


class Sandbox(WarmedProcess):
    """One warmed process; a context manager. It is started by the first `open` and again if it died.

    `imports` are loaded ahead, `forbids` may not be imported by student code, `readable` is shown to it and `hidden`
    is not, on top of the usual view. It is forked from `preload` where that can be, else started by itself; it and its
    forks have the processor cores of the thread that makes it, and no others. `probe.make_sandbox` chooses a level that
    works. May be used by several threads.

    `inside`: this process stands in the outer isolation already, and the warmed one becomes a fork of it. Its first
    start must come before anything is held here that students may not have; there is no second.
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
        inside: bool = False,
    ) -> None:
        super().__init__(MAIN, level, view(readable, hidden), imports, preload)
        self.limits, self.forbids, self.inside = limits, tuple(forbids), inside
        self.opened = 0
        self._sessions: set[Session] = set()

    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, files: Mapping[str, bytes] = NO_FILES, seed: int = 0, limits: Limits | None = None) -> Session:
        """A fresh session: a fork of the warmed process with `files` in its folder and its random numbers seeded.

        `limits` are this session's, if not those of all. Raises `SandboxError` if the sandbox cannot be entered.
        """
        asks = {"seed": seed}
        with self._lock:
            self.start()
            try:
                return self._fork(asks, files, limits or self.limits)
            except protocol.Closed:
                self.close()  # it died since the last look: once more with a fresh one
                self.start()
                return self._fork(asks, files, limits or self.limits)

    def close(self) -> None:
        """End the warmed process and every session of it; nothing of it is left afterwards."""
        with self._lock:
            for session in list(self._sessions):
                session.abandon()
            self._sessions.clear()
            super().close()

    def end(self, session: Session) -> int | None:
        """Bury a session's process: its wait status, None if the warmed one is gone. For `Session`."""
        with self._lock:
            self._sessions.discard(session)
            try:
                return self._ask(protocol.End(session.number), protocol.Ended).status
            except protocol.Closed:
                return None

    def _launch(self, theirs: socket.socket, words: IO[bytes]) -> Process:
        if not self.inside:
            return super()._launch(theirs, words)
        if self.starts:
            raise SandboxGone("the warmed process is gone, and this one may not start another")
        from grader.sandbox import fork_server  # loads IPython, which only a process of the sandbox's has at hand

        setting = self._setting()
        return Child(lambda: fork_server.begin_inside(setting, theirs, words.fileno()))

    def _fork(self, asks: Mapping[str, Any], files: Mapping[str, bytes], limits: Limits) -> Session:
        self.opened += 1
        user = None if self.level == Level.NONE else unprivileged_user(self.opened)
        folder = self._session_folder(user)
        order = protocol.Open(user, folder, self._others(), limits.as_dict(), dict(asks))
        channel = Channel()
        try:
            forked = self._ask(order, protocol.Forked, channel.theirs)
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
        return protocol.expected(protocol.receive_message(self._control), wanted)

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
        covered = [*map(str, parts_of_suites("hidden"))] if self.inside else self._preload and self._preload.covered
        return super()._setting() | {
            "covered": (covered or []) if self.level == Level.NAMESPACES else [],
            "forbids": self.forbids,
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
