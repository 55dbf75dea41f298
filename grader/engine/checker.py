"""The worker's handle on the checker: a warmed process with the tests, and a fork of it a submission.

A fork asks the student's session itself; the worker watches both and reads no frame, so nothing that student code sends
can harm it. A fork that dies or does not answer costs one test.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from grader.engine import checking, direct
from grader.engine.evaluate import Outcome
from grader.engine.nursery import Born, Nursery
from grader.engine.plan import Plans
from grader.engine.sandbox import Session, wire, zygote
from grader.errors import GraderError

START_S = 300.0
GRACE_S = 5.0
LONGEST_S = 600.0
COPIED_BYTES = 8 * 2**20
# Threads would not survive the fork, and the order of a set must not depend on which worker graded.
ONE_THREAD = dict.fromkeys(zygote.ONE_THREAD, "1") | {
    name: zygote.ENVIRONMENT[name] for name in ("PYTHONHASHSEED", "OMP_WAIT_POLICY", "JE_ARROW_MALLOC_CONF")
}
_now_s = time.monotonic


class CheckerError(GraderError):
    """The checker could not be started; the message says why."""


class CheckerDied(Exception):
    """A fork of the checker gave no outcome. `verdict` is "timeout" or "crashed"."""

    def __init__(self, verdict: str, text: str) -> None:
        super().__init__(text)
        self.verdict = verdict


class Checker:
    """One warmed process for an assignment; a context manager. `files` are the course's own, beside the notebook.

    It is forked from `nursery` where that can be, else started by itself.
    """

    def __init__(
        self, plans: Plans, files: Mapping[str, bytes] | None = None, memory_mb: int = 2048,
        nursery: Nursery | None = None,
    ) -> None:  # fmt: skip
        self.plans, self.memory_mb = plans, memory_mb
        self.files = dict(files or {})
        self.failed: list[str] = []
        self.meant_to_import: set[str] = set()  # by cells of forks: done before the next fork, for all that follow
        self.ahead = True
        self._nursery = nursery
        self._process: subprocess.Popen[bytes] | Born | None = None
        self._control: socket.socket | None = None
        self._folder = ""
        self._clean: list[str] = []

    def __enter__(self) -> "Checker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the warmed process if it does not run. Raises `CheckerError`."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._folder = tempfile.mkdtemp(prefix="mlsd-checker-")
        place(self.files, Path(self._folder) / "course")
        told = self._launch()
        if told["threads"] > 1 and self.ahead:
            # A cell has started threads, which a fork would not have: forks run the first cells themselves.
            self.ahead = False
            self._stop()
            told = self._launch()
        self.failed = told["failed"]

    def open(
        self, notebook: str, session: Session, seed: int = 0, starters: frozenset[str] = frozenset()
    ) -> "Checking":
        """A fork that checks one submission of `notebook`, which asks `session`, for as long as both live.

        Names in `starters` are still as they were released.
        """
        self.start()
        try:
            return self._open(notebook, session, seed, starters)
        except wire.Closed:
            self.close()  # it died since the last look
            self.start()
            return self._open(notebook, session, seed, starters)

    def close(self) -> None:
        """End the warmed process; its forks end with it."""
        self._stop()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""
            self._clean.clear()

    def _launch(self) -> dict[str, Any]:
        ours, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as words:
            self._process = self._begun(theirs, words)
            theirs.close()
            self._control = ours
            ours.settimeout(START_S)
            try:
                wire.send_json(ours, wire.OPEN, self._setting())
                told: dict[str, Any] = json.loads(wire.receive(ours)[1])
            except wire.Closed:
                words.seek(0)
                said = words.read().decode("utf-8", "replace").strip().splitlines()
                self.close()
                raise CheckerError(f"the checker could not be started: {said[-1] if said else 'no reason'}") from None
        return told

    def _begun(self, theirs: socket.socket, words: Any) -> subprocess.Popen[bytes] | Born:
        environment = os.environ | ONE_THREAD
        if self._nursery is not None:
            setting = {"environment": environment, "path": sys.path}
            files = [theirs.fileno(), words.fileno()]
            born = self._nursery.fork("grader.engine.checking:begin", setting, files, self.plans.modules)
            if born is not None:
                return born
        command = [sys.executable, "-P", "-B", "-m", "grader.engine.checking", str(theirs.fileno())]
        return subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)}, cwd=self._folder,
        )  # fmt: skip

    def _setting(self) -> dict[str, Any]:
        return {
            "folder": str(Path(self._folder) / "course"),
            "modules": self.plans.modules,
            "plans": [one.setting() for one in self.plans.notebooks.values()],
            "ahead": self.ahead,
            "memory_mb": self.memory_mb,
        }

    def _open(self, notebook: str, session: Session, seed: int, starters: frozenset[str]) -> "Checking":
        assert self._control is not None
        if self._clean:
            folder = self._clean.pop()
        else:
            folder = tempfile.mkdtemp(prefix="fork-", dir=self._folder)
            place(self.files, Path(folder), beside=Path(self._folder) / "course")
        ours, theirs = socket.socketpair()
        modules, self.meant_to_import = sorted(self.meant_to_import), set()
        request = {
            "notebook": notebook,
            "seed": seed,
            "folder": folder,
            "starters": sorted(starters),
            "modules": modules,
        }
        descriptor, request["number"] = session.lend()
        request["process"] = session.process
        wire.send_with_files(self._control, wire.OPEN, request, [theirs.fileno(), descriptor])
        theirs.close()
        process = json.loads(wire.receive(self._control)[1])["process"]
        return Checking(self, ours, process, folder, notebook)

    def leave(self, folder: str) -> None:
        """A fork is gone: an empty folder is the next one's, any other is removed. For `Checking`."""
        with contextlib.suppress(OSError):
            if not self.files and not os.listdir(folder):
                self._clean.append(folder)
                return
        shutil.rmtree(folder, ignore_errors=True)

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Checking:
    """A fork of the checker at work on one submission; a context manager."""

    def __init__(self, checker: Checker, channel: socket.socket, process: int, folder: str, notebook: str) -> None:
        self.checker, self.channel, self.folder = checker, channel, folder
        self.process = process
        self.handle = os.pidfd_open(process) if sys.platform == "linux" else -1
        self.ran_ahead = {cell for cell, _ in checker.plans.notebooks[notebook].prefix} if checker.ahead else set()

    def __enter__(self) -> "Checking":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self, session: Session, cell: str, source: str, points: float, limit_s: float, forget: Collection[str] = (),
        allowed: Collection[str] | None = None,
    ) -> Outcome:  # fmt: skip
        """The outcome of one trusted cell; `session` answers what it asks. Raises `CheckerDied`.

        Names in `forget` are the student's from now on. `allowed`: see `grader.engine.link.Link`.
        """
        order = {"cell": cell, "source": source, "points": points, "limit_s": limit_s, "forget": list(forget)}
        order["allowed"] = None if allowed is None else sorted(allowed)
        end_s = _now_s() + max(limit_s, 0.0) + GRACE_S
        try:
            wire.send_json(self.channel, checking.RUN, order | {"number": session.lend()[1]})
            while True:
                if not session.attend(self.channel.fileno(), end_s - _now_s()):
                    self.close()
                    raise CheckerDied("timeout", "The test did not end with what the answer gave.")
                kind, payload = wire.receive(self.channel)
                if kind == checking.TAKES:
                    limit_s = min(LONGEST_S, checking.SECONDS.unpack(payload)[0])
                    end_s = max(end_s, _now_s() + limit_s + GRACE_S)
                elif kind == direct.LOST:
                    dead = session.lost(*map(str, json.loads(payload)))
                    wire.send_json(self.channel, direct.DEAD, [dead.verdict, str(dead)])
                else:
                    return self._done(session, json.loads(payload), points)
        except (wire.Closed, ValueError, TypeError, KeyError, struct.error):
            self.close()
            raise CheckerDied("crashed", "The checker broke while it read what the answer gave.") from None

    def close(self) -> None:
        """End the fork and remove its folder. Safe to call again."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                if self.handle >= 0:
                    signal.pidfd_send_signal(self.handle, signal.SIGKILL)
                else:
                    os.kill(self.process, signal.SIGKILL)
            if self.handle >= 0:
                os.close(self.handle)
            self.process = 0
            self.channel.close()
            self.checker.leave(self.folder)

    def _done(self, session: Session, told: dict[str, Any], points: float) -> Outcome:
        """What a fork says of a cell, held to its form; the session is ours again."""
        self.checker.meant_to_import |= set(map(str, told["imported"]))
        session.take_back(int(told["number"]), float(told["asked_s"]))
        if not told["settled"]:
            session.lost("forged")
        outcome = Outcome(**told["outcome"])
        outcome.points = min(max(float(outcome.points), 0.0), points)
        return outcome


def place(files: Mapping[str, bytes], folder: Path, beside: Path | None = None) -> None:
    """Lay files into a folder; large ones as links to those that lie `beside` already."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if beside is not None and len(content) > COPIED_BYTES:
            path.symlink_to(beside / name)
        else:
            path.write_bytes(content)
