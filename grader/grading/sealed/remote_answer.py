"""An answer in another process: a suite talks to it exactly as to `grader.suite_kit.answer.InKernel`.

The same frames, carried by a `Client`. CPU time and memory are those of the student's process, read from outside.
"""

from collections.abc import Mapping
from typing import Any

from grader.grading.sealed.client import Client
from grader.grading.sealed.session_client import SessionClient
from grader.suite_kit.answer import HANDLES, Framed, Handle
from grader.suite_kit.codec import CodecError, decode


class RemoteAnswer(Framed):
    """The answer of the session behind `client`. `places`: names of a suite's to numbers or names on the other side.

    Raises `AnswerEnded` where the session gives no answer or none that is in form.
    """

    def __init__(self, client: Client, places: Mapping[str, int | str] | None = None) -> None:
        super().__init__(client.limits)
        self.client, self.places = client, dict(places or {})
        self.exposed = client.exposed  # calls come back through the client

    def place(self, target: str) -> int | str:
        return self.places.get(target, target)

    def exchange(self, frame: bytes) -> bytes:
        return self.client.exchange(frame)

    def send(self, what: str, target: str | Handle, calls: list[Any], watch: bool = False) -> dict[str, Any]:
        reply = super().send(what, target, calls, watch)
        parts = [reply["values"], reply.get("arguments")] if watch else [reply["values"]]
        if any(type(part) is not list or len(part) != len(calls) for part in parts):
            raise self.client.refused("it does not answer each call")
        return reply

    def read(self, frame: bytes) -> dict[str, Any]:
        """A reply, held to its form. Raises `AnswerEnded` for one that breaks it."""
        try:
            reply = decode(frame, self.limits, resolve=self._handle)
            if "error" in reply:
                reply = {"error": [str(part)[:2000] for part in reply["error"][:3]]}
                reply["error"] += [""] * (3 - len(reply["error"]))
            elif type(reply["values"]) is not list:
                raise CodecError("it holds no values")
        except (CodecError, KeyError, TypeError, AttributeError) as error:
            raise self.client.refused(str(error)) from None
        return dict(reply)

    def untouched(self, target: str) -> bool:
        return target in self.client.starters

    def cpu_s(self) -> float:
        return self.client.session.cpu_s()

    def delegated_s(self) -> float:
        return self.client.session.delegated_s()

    def helpers(self) -> int:
        return self.client.session.helpers()

    def peak_mb(self) -> float:
        return self.client.session.peak_mb()

    def replica(self, method: str, request: Any) -> tuple[float, str] | None:
        """What a fresh process takes: CPU seconds until what the test was given has been made and its first call,
        `method` with `request`, is answered; and what that gave as text, "" if it gave nothing.

        None where nobody is there who could open one: a session that is asked without a worker.
        """
        session = self.client.session
        found = session.replicate(method, repr(request)) if isinstance(session, SessionClient) else None
        return (found.taken_s, found.given) if found else None

    def _handle(self, number: int, kind: str) -> Handle:
        if number < 0 or len(self.client.lent) >= HANDLES:
            raise CodecError(f"it holds more than {HANDLES:,} objects that are not plain data")
        self.client.lent.add(number)
        return Handle(number, kind[:200])
