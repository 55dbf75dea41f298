"""The grader's handle on one warmed process: start it, have it fork sessions, end it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grader.engine.sandbox import levels, namespaces, wire
from grader.engine.sandbox.channel import Channel
from grader.engine.sandbox.gvisor import Cage
from grader.engine.sandbox.levels import Level, SandboxError
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.session import Session
from grader.engine.sandbox.view import View, view

if TYPE_CHECKING:
    from grader.engine.nursery import Born, Nursery

START_S = 120.0
OPEN_S = 30.0
NO_FILES: Mapping[str, bytes] = {}
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


class Zygote:
    """One warmed process; a context manager. It is started by the first `open` and again if it died.

    `imports` are loaded ahead, `forbids` may not be imported by student code, `readable` is shown to it and `hidden`
    is not, on top of the usual view. `level` None takes the best. `server` names the class that answers `Session.ask`,
    made with (names, ask). `wall` says what raises the outer wall ("bubblewrap", "direct", "gvisor") without asking
    whether it can. It is forked from `nursery` where that can be, else started by itself; for the wall "bubblewrap" the
    nursery must stand behind such a wall of the same view. Raises `SandboxError` if `level` is not available. May be
    used by several threads.
    """

    def __init__(
        self,
        imports: Sequence[str] = (),
        level: Level | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        readable: Sequence[Path] = (),
        forbids: Sequence[str] = (),
        *,
        hidden: Sequence[Path] = (),
        server: str = "grader.answer:Server",
        wall: str = "",
        nursery: "Nursery | None" = None,
    ) -> None:
        self.level = levels.best_level() if level is None else level
        if not wall:
            levels.require(self.level)
        self.wall = wall or (levels.wall() if self.level == Level.NAMESPACES else "")
        self.imports, self.limits, self.forbids, self.server = tuple(imports), limits, tuple(forbids), server
        self.view: View = view(readable, hidden)
        self.user = levels.user() if self.level != Level.NONE else None
        if nursery is not None and self.wall == "bubblewrap":
            self.user = nursery.user  # who stands in its /etc/passwd
        self.starts = self._opened = 0
        self.threads = 0  # of the warmed process; more than one means that a library started some on import
        self.warm_s = 0.0
        self._nursery = nursery
        self._process: subprocess.Popen[bytes] | Born | None = None
        self._control: socket.socket | None = None
        self._lock = threading.RLock()
        self._sessions: set[Session] = set()
        self._folder = ""
        self._cage: Cage | None = self._make_cage() if self.level == Level.GVISOR else None

    def __enter__(self) -> "Zygote":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process to kill if all of it must end; 0 if it does not run."""
        if self._cage is not None:
            return self._cage.pid
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the warmed process if it does not run; raises `SandboxError` with its last words if it cannot."""
        with self._lock:
            if self._cage is not None:
                self.starts += self._cage.start()
                self.warm_s = self._cage.warm_s
                return
            if self._process is not None and self._process.poll() is None:
                return
            self.close()
            self._folder = tempfile.mkdtemp(prefix="mlsd-sandbox-")
            os.chmod(self._folder, 0o711)
            ours, theirs = socket.socketpair()
            with tempfile.TemporaryFile() as words:
                self._process = self._launch(theirs, words)
                theirs.close()
                self._control = ours
                self._await_ready(words)
            self.starts += 1

    def open(self, files: Mapping[str, bytes] = NO_FILES, seed: int = 0, limits: Limits | None = None) -> Session:
        """A fresh session: a fork of the warmed process with `files` in its folder and its random numbers seeded.

        `limits` are this session's, if not those of all. Raises `SandboxError` if the sandbox cannot be entered.
        """
        with self._lock:
            self.start()
            if self._cage is not None:
                return cast(Session, self._cage.open(files, seed, limits or self.limits))
            try:
                return self._open(files, seed, limits or self.limits)
            except wire.Closed:
                self.close()  # it died since the last look: once more with a fresh one
                self.start()
                return self._open(files, seed, limits or self.limits)

    def close(self) -> None:
        """End the warmed process and every session of it; nothing of it is left afterwards."""
        with self._lock:
            if self._cage is not None:
                self._cage.close()
            for session in list(self._sessions):
                session.abandon()
            self._sessions.clear()
            if self._control is not None:
                self._control.close()
                self._control = None
            if self._process is not None:
                assert self._process.stdin is not None
                self._process.stdin.close()
                self._process.wait()
                self._process = None
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = ""

    def end(self, session: Session) -> dict[str, Any]:
        """Bury a session's process: its wait status and CPU seconds, {} if the warmed one is gone. For `Session`."""
        with self._lock:
            self._sessions.discard(session)
            try:
                return self._ask(wire.END, {"process": session.number}, [])
            except wire.Closed:
                return {}

    def _make_cage(self) -> Cage:
        setting = {
            "imports": self.imports,
            "forbids": self.forbids,
            "server": self.server,
            "path": library_path(),
        }
        return Cage(setting, self.view.steps(), self._environment())

    def _launch(self, theirs: socket.socket, words: Any) -> "subprocess.Popen[bytes] | Born":
        environment = self._environment()
        if self._nursery is not None:
            setting = self._setting() | {"environment": environment, "inside": self.wall == "bubblewrap"}
            files = [theirs.fileno(), words.fileno()]
            born = self._nursery.fork("grader.engine.sandbox.launch:begin", setting, files, self.imports)
            if born is not None:
                return born
        launcher = Path(__file__).with_name("launch.py")
        process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", str(launcher)],
            stdin=subprocess.PIPE, stdout=words, stderr=words, env=environment, cwd="/",
            pass_fds=[theirs.fileno()], start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        setting = self._setting() | {"control": theirs.fileno(), "environment": environment}
        try:
            process.stdin.write(json.dumps(setting).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended at once: `_await_ready` says why
        return process

    def _await_ready(self, words: Any) -> None:
        assert self._control is not None
        self._control.settimeout(START_S)
        try:
            _, payload = wire.receive(self._control)
        except wire.Closed as error:
            assert self._process is not None
            self._process.kill()
            self._process.wait()
            words.seek(0)
            said = words.read().decode("utf-8", "replace").strip().splitlines()
            self.close()
            raise SandboxError(f"the sandbox could not be started: {said[-1] if said else error}") from None
        told = json.loads(payload)
        self.threads, self.warm_s = told["threads"], told["warm_s"]

    def _open(self, files: Mapping[str, bytes], seed: int, limits: Limits) -> Session:
        self._opened += 1
        user = None if self.level == Level.NONE else levels.user(self._opened)
        folder = self._session_folder(user)
        request = {
            "user": user,  # of no use where sessions have processes of their own
            "seed": seed,
            "folder": folder,
            "others": self._others(),
            "limits": limits.as_dict(),
        }
        channel = Channel()
        try:
            told = self._ask(wire.OPEN, request, channel.theirs)
        except BaseException:
            channel.close()
            raise
        finally:
            channel.handed_over()
        session = Session(self, limits, channel, told.get("process", 0), folder)
        try:
            if "error" in told:
                raise SandboxError(f"no session could be forked: {told['error']}")
            session.greet(files, OPEN_S)
        except SandboxError:
            session.close()
            raise
        self._sessions.add(session)
        return session

    def _ask(self, kind: int, value: dict[str, Any], files: list[int]) -> dict[str, Any]:
        if self._control is None:
            raise wire.Closed("the warmed process does not run")
        if files:
            wire.send_with_files(self._control, kind, value, files)
        else:
            wire.send_json(self._control, kind, value)
        return dict(json.loads(wire.receive(self._control)[1]))

    def _session_folder(self, user: int | None) -> str:
        """Where a session writes at levels without a file system of its own; empty where it has one."""
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
        return _threads_of(os.getuid())

    def _environment(self) -> dict[str, str]:
        return library_environment(namespaces.HOME if self.level >= Level.NAMESPACES else self._folder)

    def _setting(self) -> dict[str, Any]:
        return outer_setting(self.view, self.user) | {
            "level": int(self.level),
            "wall": self.wall,
            "readable": self.view.readable() if self.level == Level.LANDLOCK else [],
            "path": library_path(),
            "imports": self.imports,
            "forbids": self.forbids,
            "server": self.server,
            "folder": self._folder,
        }


def outer_setting(view: View, user: int | None) -> dict[str, Any]:
    """What the outer wall is built from; `user` is as in `levels.user`."""
    own = os.getuid() if user is None else user
    return {
        "bubblewrap": shutil.which("bwrap") or "",
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
    root = str(Path(__file__).parents[3])
    return [*(path for path in sys.path if os.path.isabs(path) and path != root), root]


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
