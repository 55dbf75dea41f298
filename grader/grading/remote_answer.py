"""An answer in another process: a suite talks to it exactly as to `grader.suite_kit.answer.InKernel`.

The same frames, carried by a session. Every reply is held to its form, and nothing is believed beyond that. CPU time
and memory are those of the student's process, read from outside.
"""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from grader.sandbox.cell_run import SessionDead
from grader.suite_kit.answer import HANDLES, AnswerEnded, Framed, Handle
from grader.suite_kit.capture import time_limit_waits
from grader.suite_kit.codec import CodecError, decode, encode

PATIENCE_S = 30.0
_now_s = time.monotonic


class SessionLike(Protocol):
    """What an answer needs of `grader.sandbox.Session`."""

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes: ...

    def cpu_s(self) -> float: ...

    def delegated_s(self) -> float: ...

    def started(self) -> int: ...

    def peak_mb(self) -> float: ...


class RemoteAnswer(Framed):
    """The answer of `session`, from test to test. `starters` are names that are still as they were released.

    `deadline_s`, on the monotonic clock, bounds every question. `lent` are numbers of objects that the test holds
    handles of. `replicate` has a fresh process of the student's make what the test is given and answer a call; a test
    may ask for it once. Raises `AnswerEnded` where the session gives no answer or none that is in form.
    """

    def __init__(self, session: SessionLike, starters: Collection[str] = frozenset()) -> None:
        super().__init__()
        self.session, self.starters = session, frozenset(starters)
        self.deadline_s = _now_s() + PATIENCE_S
        self.lent: set[int] = set()
        self.replicate: Callable[[str], tuple[float, str]] | None = None

    def begin(self, names: Sequence[str], deadline_s: float) -> list[str]:
        """Begin a test of what `names` are now; those that are not defined."""
        self.deadline_s = deadline_s
        self.lent.clear()
        self.exposed.clear()
        there = self.send("begin", "", [[name, ()] for name in names])["values"]
        return [name for name, is_there in zip(names, there, strict=True) if is_there is not True]

    def exchange(self, frame: bytes) -> bytes:
        """The reply frame. A time limit of the test's own waits until it is there, so that no answer is left behind."""
        try:
            with time_limit_waits():
                return self.session.ask(frame, max(0.05, self.deadline_s - _now_s()), self.serve_safely)
        except SessionDead as dead:
            raise AnswerEnded(dead.verdict, str(dead)) from None

    def serve_safely(self, frame: bytes) -> bytes:
        """The reply to a call on an exposed object; whatever student code may send, nothing is raised here."""
        try:
            return self.serve(frame)
        except Exception as error:
            return encode({"error": ["TypeError", f"the call was refused ({type(error).__name__})", ""]})

    def send(self, what: str, target: str | Handle, calls: list[Any], watch: bool = False) -> dict[str, Any]:
        reply = super().send(what, target, calls, watch)
        parts = [reply["values"], reply.get("arguments")] if watch else [reply["values"]]
        if any(type(part) is not list or len(part) != len(calls) for part in parts):
            raise _refused("it does not answer each call")
        return reply

    def read(self, frame: bytes) -> dict[str, Any]:
        """A reply, held to its form. Raises `AnswerEnded` for one that breaks it."""
        try:
            reply = decode(frame, resolve=self._handle)
            if "error" in reply:
                reply = {"error": [str(part)[:2000] for part in reply["error"][:3]]}
                reply["error"] += [""] * (3 - len(reply["error"]))
            elif type(reply["values"]) is not list:
                raise CodecError("it holds no values")
        except (CodecError, KeyError, TypeError, AttributeError) as error:
            raise _refused(str(error)) from None
        return dict(reply)

    def untouched(self, target: str) -> bool:
        return target in self.starters

    def cpu_s(self) -> float:
        return self.session.cpu_s()

    def delegated_s(self) -> float:
        return self.session.delegated_s()

    def helpers(self) -> int:
        return self.session.started()

    def peak_mb(self) -> float:
        return self.session.peak_mb()

    def replica(self, method: str, request: Any) -> tuple[float, str] | None:
        """What a fresh process takes: CPU seconds until what the test was given has been made and its first call,
        `method` with `request`, is answered; and what that gave as text, "" if it gave nothing.

        None where nobody is there who could open one: a session that is asked without a worker.
        """
        if self.replicate is None:
            return None
        replicate, self.replicate = self.replicate, None
        with time_limit_waits():
            return replicate(f"{method}({request!r})")

    def _handle(self, number: int, kind: str) -> Handle:
        if number < 0 or len(self.lent) >= HANDLES:
            raise CodecError(f"it holds more than {HANDLES:,} objects that are not plain data")
        self.lent.add(number)
        return Handle(number, kind[:200])


def _refused(why: str) -> AnswerEnded:
    """The end of a test whose answer sent something that is no answer."""
    return AnswerEnded("tampered", f"The process of the answer sent what is no answer: {why[:200]}")
