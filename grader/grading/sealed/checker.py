"""The worker's handle on the checker: a warmed process with the suites, and an isolated fork of it a submission.

A fork asks the student's session itself; the worker watches both and reads no frame. What a fork tells is held to its
form and never imported, executed or remembered: it may be the student's by then. One that dies costs one test.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from grader import secret
from grader.errors import GraderError
from grader.grading.analysis.grading_plan import SUITES, Plans, SuiteCall
from grader.grading.records import Outcome
from grader.sandbox import Level, Limits, Sandbox, SandboxError, Session, SessionDead, best_level, protocol
from grader.sandbox.preload_client import PreloadClient

BODY = "grader.grading.sealed.checker_process"
LEAST_MB = 1024
GRACE_S = 5.0
LONGEST_S = 600.0
ALL_S = 3 * 3600.0  # of one fork; each of its cells has a limit of its own
MOST_MESSAGES = 1_000_000
Replicator = Callable[[protocol.Replicate], protocol.Replicated]


class CheckerError(GraderError):
    """The checker could not be started; the message says why."""


class CheckerDied(Exception):
    """A fork of the checker gave no outcome. `verdict` is "timeout", "memory" or "crashed"."""

    def __init__(self, verdict: str, text: str) -> None:
        super().__init__(text)
        self.verdict = verdict


class Checker:
    """One warmed process for an assignment; a context manager.

    It is isolated as `level` says, the best there is by default, and sees of this machine what student code
    sees, and what is hidden of the suites. It is forked from `preload` where that can be, else started by itself.
    Hidden cases are those of the round of hand-ins `round_number`.
    """

    def __init__(
        self, plans: Plans, memory_mb: int = 2048, preload: PreloadClient | None = None, level: Level | None = None,
        hidden: Sequence[Path] = (), round_number: int = 1,
    ) -> None:  # fmt: skip
        suites = [module for module in plans.modules if module.startswith(SUITES)]
        keys = {name: secret.exercise_key(name, round_number) for name in (suite[len(SUITES) :] for suite in suites)}
        self._sandbox = Sandbox(
            suites,
            best_level() if level is None else level,
            Limits(wall_s=LONGEST_S, total_s=ALL_S, memory_mb=max(LEAST_MB, memory_mb)),
            hidden=hidden,
            preload=preload,
            body=BODY,
            more={"keys": keys},
            tests=True,
        )

    def __enter__(self) -> "Checker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failed(self) -> list[str]:
        """Suites that could not be warmed, and why."""
        return list(self._sandbox.reported.get("failed", ()))

    def begin(self) -> None:
        """Start the warmed process if it does not run, and wait for nothing."""
        self._sandbox.begin()

    def start(self) -> None:
        """Start the warmed process if it does not run, and wait until it is warm. Raises `CheckerError`."""
        try:
            self._sandbox.start()
        except SandboxError as error:
            self.close()
            raise CheckerError(f"the checker could not be started: {error}") from None

    def open(self, session: Session, seed: int = 0, starters: frozenset[str] = frozenset()) -> "CheckerFork":
        """A fork that checks one submission, which asks `session`, for as long as both live.

        Names in `starters` are still as they were released. Raises `CheckerError`.
        """
        self.start()
        descriptor, number = session.lend()
        try:
            asks = {"seed": seed, "starters": sorted(starters), "number": number}
            return CheckerFork(self._sandbox.fork(asks, descriptors=[descriptor]))
        except SandboxError as error:
            raise CheckerError(f"no test could be begun: {error}") from None

    def close(self) -> None:
        """End the warmed process; its forks end with it."""
        self._sandbox.close()


class CheckerFork:
    """A fork of the checker at work on one submission; a context manager."""

    def __init__(self, process: Session) -> None:
        self.process = process

    def __enter__(self) -> "CheckerFork":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self, session: Session, call: SuiteCall, points: float, limit_s: float, replicate: Replicator | None = None
    ) -> Outcome:
        """The outcome of one test; `session` answers what it asks. Raises `CheckerDied`.

        `replicate` opens a fresh process of the student's, which a test may ask for once.
        """
        number = session.lend()[1]
        order = protocol.RunTest(call.suite, call.test, list(call.names), points, number)
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
