"""The worker's handle on the checker: a warmed process with the tests, and an isolated fork of it a submission.

A fork asks the student's session itself; the worker watches both and reads no frame. What a fork tells is held to its
form and never imported, executed or remembered: it may be the student's by then. One that dies costs one test.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from grader import secret
from grader.errors import GraderError
from grader.grading.analysis.grading_plan import Plans
from grader.grading.records import Outcome
from grader.sandbox import Level, Limits, Sandbox, SandboxError, Session, SessionDead, best_level, protocol
from grader.sandbox.preload_client import PreloadClient

BODY = "grader.grading.sealed.checker_process"
LEAST_MB = 1024
GRACE_S = 5.0
LONGEST_S = 600.0
ALL_S = 3 * 3600.0  # of one fork; each of its cells has a limit of its own
MOST_MESSAGES = 1_000_000
SUITES = "grader.suites."
Replicator = Callable[[protocol.Replicate], protocol.Replicated]


class CheckerError(GraderError):
    """The checker could not be started; the message says why."""


class CheckerDied(Exception):
    """A fork of the checker gave no outcome. `verdict` is "timeout", "memory" or "crashed"."""

    def __init__(self, verdict: str, text: str) -> None:
        super().__init__(text)
        self.verdict = verdict


class Checker:
    """One warmed process for an assignment; a context manager. `files` are the course's own, beside the notebook.

    It is isolated as `level` says, the best there is by default, and sees of this machine what student code
    sees, and what is hidden of the suites. It is forked from `preload` where that can be, else started by itself.
    Hidden cases are those of the round of hand-ins `round_number`.
    """

    def __init__(
        self, plans: Plans, files: Mapping[str, bytes] | None = None, memory_mb: int = 2048,
        preload: PreloadClient | None = None, level: Level | None = None, hidden: Sequence[Path] = (),
        round_number: int = 1,
    ) -> None:  # fmt: skip
        self.plans, self.files, self.hidden = plans, dict(files or {}), tuple(hidden)
        self.round_number = round_number
        self.level = best_level() if level is None else level
        self.limits = Limits(wall_s=LONGEST_S, total_s=ALL_S, memory_mb=max(LEAST_MB, memory_mb))
        self.modules: set[str] = set()  # what tests import later, by the instructor's own answers
        self.ahead = True
        self._preload = preload if preload and preload.serves(self.level) else None
        self._sandbox: Sandbox | None = None
        self._folder = ""

    def __enter__(self) -> "Checker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failed(self) -> list[str]:
        """What went wrong in the cells before the student's first."""
        return list(self._sandbox.reported.get("failed", ())) if self._sandbox else []

    def begin(self) -> None:
        """Start the warmed process if it does not run, and wait for nothing."""
        if self._sandbox is None or not self._sandbox.running:
            self.close()
            self._sandbox = self._begun()

    def start(self) -> None:
        """Start the warmed process if it does not run, and wait until it is warm. Raises `CheckerError`."""
        try:
            self._warm().start()
            if self._warm().threads > 1 and self.ahead:
                # A cell has started threads, which a fork would not have: forks run the first cells themselves.
                self.ahead = False
                self.close()
                self._warm().start()
        except SandboxError as error:
            self.close()
            raise CheckerError(f"the checker could not be started: {error}") from None

    def open(
        self, notebook: str, session: Session, seed: int = 0, starters: frozenset[str] = frozenset()
    ) -> "CheckerFork":
        """A fork that checks one submission of `notebook`, which asks `session`, for as long as both live.

        Names in `starters` are still as they were released. Raises `CheckerError`.
        """
        self.start()
        descriptor, number = session.lend()
        request = {"notebook": notebook, "seed": seed, "starters": sorted(starters), "number": number}
        try:
            fork = self._warm().fork(request | {"modules": sorted(self.modules)}, descriptors=[descriptor])
        except SandboxError as error:
            raise CheckerError(f"no test could be begun: {error}") from None
        ahead = {cell for cell, _ in self.plans.notebooks[notebook].prefix} if self.ahead else set()
        return CheckerFork(fork, ahead)

    def close(self) -> None:
        """End the warmed process; its forks end with it."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def _warm(self) -> Sandbox:
        self.begin()
        assert self._sandbox is not None
        return self._sandbox

    def _begun(self) -> Sandbox:
        stage = self._preload.stage if self._preload is not None else None
        self._folder = tempfile.mkdtemp(prefix="mlsd-checker-", dir=stage)
        suites = [module.removeprefix(SUITES) for module in self.plans.modules if module.startswith(SUITES)]
        more = {
            "plans": [notebook.setting() for notebook in self.plans.notebooks.values()],
            "ahead": self.ahead,
            "files": self._folder if self.files else "",
            "keys": {name: secret.exercise_key(name, self.round_number) for name in suites},
        }
        sandbox = Sandbox(
            self.plans.modules, self.level, self.limits, [Path(self._folder)], hidden=self.hidden,
            preload=self._preload, body=BODY, more=more, tests=True,
        )  # fmt: skip
        place(self.files, Path(self._folder), sandbox.user)
        sandbox.begin()
        return sandbox


class CheckerFork:
    """A fork of the checker at work on one submission; a context manager. `ran_ahead`: cells that it need not run."""

    def __init__(self, process: Session, ran_ahead: Collection[str]) -> None:
        self.process, self.ran_ahead = process, frozenset(ran_ahead)
        self.imported: list[str] = []  # by its own word: only to be used if no student code ran

    def __enter__(self) -> "CheckerFork":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self, session: Session, cell: str, source: str, points: float, limit_s: float, forget: Collection[str] = (),
        allowed: Collection[str] | None = None, written_back: bool = True, replicate: Replicator | None = None,
    ) -> Outcome:  # fmt: skip
        """The outcome of one trusted cell; `session` answers what it asks. Raises `CheckerDied`.

        Names in `forget` are the student's from now on. `allowed`, `written_back`: see `grader.grading.sealed.client`.
        `replicate` opens a fresh process of the student's, which a test may ask for once.
        """
        may = None if allowed is None else sorted(allowed)
        number = session.lend()[1]
        order = protocol.RunTest(cell, source, points, limit_s, number, sorted(forget), may, written_back)
        try:
            self.process.command(order.KIND, protocol.packed(order), max(limit_s, 0.0) + GRACE_S)
            return self._outcome(session, points, replicate)
        except SessionDead as dead:
            self.close()
            reported = (
                "The test did not end with what the answer gave." if dead.verdict == "timeout" else DIED[dead.verdict]
            )
            raise CheckerDied(dead.verdict, reported) from None
        except (protocol.BadMessage, ValueError):
            self.close()
            raise CheckerDied("crashed", DIED["crashed"]) from None

    def close(self) -> None:
        """End the fork. Safe to call again."""
        self.process.close()

    def _outcome(self, session: Session, points: float, replicate: Replicator | None) -> Outcome:
        for _ in range(MOST_MESSAGES):
            message = protocol.unpacked(*self.process.hear(session))
            if isinstance(message, protocol.SetTimeLimit):
                self.process.allow(min(LONGEST_S, message.limit_s) + GRACE_S)
            elif isinstance(message, protocol.Measure):
                use = (session.cpu_s(), session.delegated_s(), session.started(), session.peak_mb())
                self._answer(protocol.Measured(*use))
            elif isinstance(message, protocol.Replicate) and replicate is not None:
                with session.halted():
                    found, replicate = replicate(message), None
                self.process.allow(LONGEST_S + GRACE_S)
                self._answer(found)
            elif isinstance(message, protocol.Interrupt):
                session.interrupt()
            elif isinstance(message, protocol.NoAnswer):
                dead = session.lost(message.why, message.text[:2_000])
                self._answer(protocol.ProcessEnded(dead.verdict, str(dead)))
            elif isinstance(message, protocol.TestDone):
                return self._done(session, message, points)
            else:
                break
        raise protocol.BadMessage("a checker sent what only a worker sends, or without an end")

    def _done(self, session: Session, reported: protocol.TestDone, points: float) -> Outcome:
        """What a fork says of a cell; the session is ours again."""
        self.imported += reported.imported
        session.take_back(reported.number, reported.asked_s)
        if not reported.settled:
            session.lost("forged")
        return Outcome.untrusted(reported.outcome, points)

    def _answer(self, message: protocol.Message) -> None:
        self.process.answer(message.KIND, protocol.packed(message))


DIED = {
    "timeout": "The test did not end with what the answer gave.",
    "memory": "What the answer gave needs more memory than the test may use.",
    "crashed": "The checker broke while it read what the answer gave.",
}


def place(files: Mapping[str, bytes], folder: Path, user: int | None) -> None:
    """Lay files into a folder that belongs to `user` afterwards, None for this process's own."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if user is not None:
        for entry in (folder, *folder.rglob("*")):
            os.chown(entry, user, user, follow_symlinks=False)
