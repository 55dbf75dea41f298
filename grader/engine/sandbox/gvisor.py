"""The level GVISOR: warmed process and sessions run in a sandbox of gVisor's, behind a kernel of its own.

The grader cannot reach into that kernel: no process ids, clocks or sockets of its own. A relay inside (`relay.py`, no
student code in it, another user than the student's) holds the sessions and answers calls through one pipe each way.
Slower: a session takes some 50 ms, a question 1 ms. Source: OCI runtime specification; runsc(1).
"""

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.engine.sandbox import namespaces, wire
from grader.engine.sandbox.levels import SandboxError
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.namespaces import Step
from grader.engine.sandbox.session import CellRun, Leftovers, SessionDead, TimedOut, nobody

QUESTION = struct.Struct("<Id")  # session, patience in seconds; the frame follows
DEAD = ord("x")
START_S = 180.0
SLACK_S = 60.0  # beyond what the relay itself allows
CAPABILITIES = ["CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_KILL", "CAP_FOWNER", "CAP_DAC_OVERRIDE"]


class Pipes:
    """The two pipes to a relay, as `wire` wants a socket; reading ends after `patience_s`."""

    def __init__(self, reading: int, writing: int, patience_s: float | None = None) -> None:
        self._reading, self._writing, self.patience_s = reading, writing, patience_s

    def recv(self, count: int) -> bytes:
        """Up to `count` bytes; none at the end. Raises TimeoutError."""
        if self.patience_s is not None and not select.select([self._reading], [], [], self.patience_s)[0]:
            raise TimeoutError("no answer came")
        return os.read(self._reading, count)

    def sendall(self, data: bytes) -> None:
        """Write all of it."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._writing, rest) :]


class Cage:
    """One sandbox of gVisor's with a relay in it. `setting` is what the relay makes its `Zygote` from."""

    def __init__(self, setting: Mapping[str, Any], steps: Sequence[Step], environment: Mapping[str, str]) -> None:
        self._setting, self._steps = dict(setting), list(steps)
        self._environment = {**environment, "TMPDIR": namespaces.SCRATCH}
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = ""
        self._lock = threading.RLock()  # one call at a time: the relay has one pipe
        self.warm_s = 0.0

    @property
    def pid(self) -> int:
        """The process id of runsc; 0 if it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> bool:
        """Start it if it does not run; whether that was needed. Raises `SandboxError` with its last words."""
        if self._process is not None and self._process.poll() is None:
            return False
        self.close()
        started = time.monotonic()
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        self.warm_s = time.monotonic() - started
        return True

    def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="mlsd-gvisor-")
        relay = str(Path(__file__).with_name("relay.py"))
        write_bundle(self._folder, self._steps, [sys.executable, "-s", "-P", "-B", relay], self._environment)
        with tempfile.TemporaryFile() as words:
            self._process = subprocess.Popen(
                [*self._runsc(), "run", "--bundle", self._folder, self._name()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, bufsize=0, start_new_session=True,
            )  # fmt: skip
            try:
                self.call({"do": "start", "setting": self._setting}, START_S)
            except SessionDead:
                words.seek(0)
                said = words.read().decode("utf-8", "replace").strip().splitlines()
                raise SandboxError(f"gVisor could not be started: {said[-1] if said else 'no reason given'}") from None

    def open(self, files: Mapping[str, bytes], seed: int, limits: Limits) -> "CagedSession":
        """A fresh session. Raises `SandboxError`."""
        packed = {name: base64.b64encode(content).decode() for name, content in files.items()}
        request = {"do": "open", "files": packed, "seed": seed, "limits": limits.as_dict()}
        return CagedSession(self, int(self.call(request, SLACK_S)["value"]), limits)

    def call(self, request: Mapping[str, Any], patience_s: float) -> dict[str, Any]:
        """The relay's reply. Raises `SandboxError` with its words, `SessionDead` if it does not answer."""
        kind, payload = self.exchange(wire.OPEN, json.dumps(request).encode(), patience_s, None)
        told = dict(json.loads(payload))
        if kind != wire.REPLY or "error" in told:
            raise SandboxError(str(told.get("error", "the relay in gVisor answered what was not asked")))
        return told

    def exchange(
        self, kind: int, payload: bytes, patience_s: float, serve: Callable[[bytes], bytes] | None
    ) -> tuple[int, bytes]:
        """Send one message and serve what comes until its answer does."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise SessionDead("crashed", "The sandbox is closed.")
        pipes: Any = Pipes(self._process.stdout.fileno(), self._process.stdin.fileno(), patience_s)
        try:
            with self._lock:
                wire.send(pipes, kind, payload)
                while True:
                    came, content = wire.receive(pipes)
                    if came != wire.SERVE:
                        return came, content
                    wire.send(pipes, wire.SERVED, serve(content) if serve else nobody())
        except wire.Closed as error:
            self.close()
            raise SessionDead("crashed", f"The sandbox of gVisor's ended: {error}.") from None

    def close(self) -> None:
        """End the sandbox and all in it. Safe to call again."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
            subprocess.run([*self._runsc(), "delete", "--force", self._name()], capture_output=True, check=False)
            self._process.wait()
            self._process = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def _runsc(self) -> list[str]:
        rootless = [] if os.getuid() == 0 else ["--rootless"]
        state = f"{self._folder}/state"
        return [shutil.which("runsc") or "runsc", *rootless, "--network=none", "--ignore-cgroups", "--root", state]

    def _name(self) -> str:
        return os.path.basename(self._folder)


class CagedSession:
    """A session as its relay tells of it; the same methods as `Session`."""

    process = 0  # it has none that could be seen from here

    def __init__(self, cage: Cage, number: int, limits: Limits) -> None:
        self._cage, self._number, self.limits = cage, number, limits
        self.alive, self.verdict, self.end_text = True, "", ""
        self._closed: Leftovers | None = None
        self._last: dict[str, float] = {}

    def __enter__(self) -> "CagedSession":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run_cell(self, source: str, cell_id: str = "") -> CellRun:
        """See `Session.run_cell`."""
        try:
            told = self._call("run_cell", self.limits.wall_s, source=source)
            error = told["error"]
            return CellRun(**(told | {"error": None if error is None else tuple(error)}))
        except SessionDead as dead:
            return CellRun.stopped(dead.verdict, str(dead))

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes:
        """See `Session.ask`."""
        if not self.alive:
            raise SessionDead(self.verdict or "crashed", self.end_text or "The session is closed.")
        question = QUESTION.pack(self._number, timeout_s) + frame
        try:
            kind, payload = self._cage.exchange(wire.ASK, question, timeout_s + SLACK_S, serve)
        except SessionDead as dead:
            self._ended(dead.verdict, str(dead))
            raise
        if kind == wire.ANSWER:
            return payload
        told = json.loads(payload)
        if told["alive"]:
            raise TimedOut(told["verdict"], told["text"])
        self._ended(told["verdict"], told["text"])
        raise SessionDead(told["verdict"], told["text"])

    def said(self) -> list[dict[str, Any]]:
        """See `Session.said`."""
        return list(self._call("said")) if self.alive else []

    def cpu_s(self) -> float:
        """See `Session.cpu_s`; in steps of 10 ms."""
        return self._number_of("cpu_s")

    def delegated_s(self) -> float:
        """See `Session.delegated_s`."""
        return self._number_of("delegated_s")

    def helpers(self) -> int:
        """See `Session.helpers`."""
        return int(self._number_of("helpers")) if self.alive else 0

    def peak_mb(self) -> float:
        """See `Session.peak_mb`."""
        return self._number_of("peak_mb")

    def close(self) -> Leftovers:
        """See `Session.close`."""
        if self._closed is None:
            self._closed = Leftovers()
            try:
                told = self._call("close")
                self._closed = Leftovers(tuple(told["processes"]), told["threads"])
            except SandboxError:
                pass  # it went with its sandbox
            self.alive = False
        return self._closed

    def _number_of(self, what: str) -> float:
        try:
            self._last[what] = float(self._call(what))
        except SandboxError:
            pass
        return self._last.get(what, 0.0)

    def _call(self, what: str, patience_s: float = 0.0, **more: Any) -> Any:
        try:
            told = self._cage.call({"do": what, "session": self._number, **more}, patience_s + SLACK_S)
        except SessionDead as dead:
            self._ended(dead.verdict, str(dead))
            raise
        self.alive = told["alive"]
        return told["value"]

    def _ended(self, verdict: str, text: str) -> None:
        self.alive, self.verdict, self.end_text = False, verdict, text


def write_bundle(folder: str, steps: Sequence[Step], command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Write what runsc runs: a root with a place for each step, and the configuration that fills it."""
    root = Path(folder) / "rootfs"
    mounts: list[dict[str, Any]] = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
        {"destination": namespaces.SCRATCH, "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]},
    ]
    for mount in mounts:
        (root / mount["destination"].strip("/")).mkdir(parents=True)
    for step in steps:
        place = root / step.path.strip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if step.kind == "link":
            place.symlink_to(step.target)
        elif step.kind == "mask":
            mounts.append({"destination": step.path, "type": "tmpfs", "source": "tmpfs", "options": ["ro"]})
        else:
            if os.path.isdir(step.target):
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.touch()
            options = ["rbind", "ro"]
            mounts.append({"destination": step.path, "type": "bind", "source": step.target, "options": options})
    for name, text in namespaces.names(0, 0).items():
        (root / "etc").mkdir(exist_ok=True)
        (root / "etc" / name).write_text(text)
    if not (root / "tmp").exists():  # it exists if something below it is shown
        (root / "tmp").symlink_to(namespaces.SCRATCH)
    (Path(folder) / "config.json").write_text(json.dumps(_configuration(mounts, command, environment)))


def _configuration(mounts: list[Any], command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    rights = dict.fromkeys(("bounding", "effective", "permitted"), CAPABILITIES)
    process = {
        "user": {"uid": 0, "gid": 0},  # root of the sandbox only; the student's code is another user there
        "args": list(command),
        "env": [f"{name}={value}" for name, value in environment.items()],
        "cwd": "/",
        "capabilities": rights,
        "noNewPrivileges": True,
    }
    spaces = [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]
    return {
        "ociVersion": "1.0.2",
        "process": process,
        "root": {"path": "rootfs", "readonly": True},
        "mounts": mounts,
        "linux": {"namespaces": spaces},
    }
