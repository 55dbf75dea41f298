"""The student's session as the checker asks it: by the session's own channel, lent by the worker.

The worker watches memory and the end of the process meanwhile, and measures what the checker, isolated itself,
cannot see; time is kept here. Every message is held to its form before its frame is given on.
"""

import contextlib
import select
import socket
import time
from collections.abc import Callable
from typing import TypeVar

from grader.sandbox import protocol
from grader.sandbox.cell_run import SessionDead, TimedOut
from grader.suite_kit.capture import time_limit_waits

GRACE_S = 1.0
PART = 2**18
M = TypeVar("M", bound=protocol.Message)
_now_s = time.monotonic


class NoAnswer(Exception):
    """No answer will come: "closed", "forged", "flooded", "timeout" or "broken", and what was said."""


class Worker:
    """The checker's way to the worker that opened it. `number` is that of the last message from there."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel, self.number = channel, 0

    def hear(self, wanted: type[M]) -> M:
        """The next message, which must be a `wanted`. Raises `protocol.Closed`, `protocol.BadMessage`."""
        message, self.number = protocol.receive_message(self.channel)
        return protocol.expected(message, wanted)

    def tell(self, message: protocol.Message) -> None:
        """Send a message; it belongs to what was heard last."""
        protocol.send_message(self.channel, message, self.number)

    def ask(self, message: protocol.Message, wanted: type[M]) -> M:
        """The answer to a message."""
        self.tell(message)
        return self.hear(wanted)


class SessionClient:
    """Asks over `channel`, a session's own; `worker` hears of the end. `number` is that of the last request so far.

    `asked_s` are the wall seconds that were waited for answers since it was last set to 0.
    """

    def __init__(self, worker: Worker, channel: socket.socket, number: int = 0) -> None:
        self.worker, self.channel, self.number = worker, channel, number
        self.asked_s = 0.0
        self._buffer = bytearray()
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        channel.setblocking(False)

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes:
        """As `Session.ask`. A time limit of the test waits until the answer is there, so that none is left behind."""
        started_s = _now_s()
        with time_limit_waits():
            try:
                return self._asked(frame, timeout_s, serve)
            except NoAnswer as lost:
                dead = self.worker.ask(protocol.NoAnswer(*lost.args), protocol.ProcessEnded)
                raise SessionDead(dead.verdict, dead.text) from None
            finally:
                self.asked_s += _now_s() - started_s

    def settled(self) -> bool:
        """Whether nothing is left of what was sent: the worker may ask again."""
        with contextlib.suppress(NoAnswer):
            if not self._poll.poll(0):
                return not self._buffer
            self._read()
        return not self._buffer

    def cpu_s(self) -> float:
        return self._measured().cpu_s

    def delegated_s(self) -> float:
        return self._measured().delegated_s

    def helpers(self) -> int:
        return self._measured().helpers

    def peak_mb(self) -> float:
        return self._measured().peak_mb

    def replicate(self, method: str, request: str) -> protocol.Replicated:
        """What a fresh process of the student's takes until it answers: see `protocol.Replicate`."""
        with time_limit_waits():
            return self.worker.ask(protocol.Replicate(method, request), protocol.Replicated)

    def _measured(self) -> protocol.Measured:
        with time_limit_waits():
            return self.worker.ask(protocol.Measure(), protocol.Measured)

    def _asked(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None) -> bytes:
        self.number = (self.number + 1) % 2**16
        patience = Patience(self.worker, timeout_s)
        self._send(protocol.ASK, frame, patience)
        while True:
            kind, number, payload = self._message(patience)
            if kind == protocol.OUTPUT:
                continue
            if number != self.number:
                raise NoAnswer("forged", "")
            if kind == protocol.ANSWER:
                return payload
            if kind == protocol.INTERRUPTED and patience.over:
                raise TimedOut("timeout", f"It did not end within {timeout_s:.3g} s.")
            if kind != protocol.SERVE or serve is None:
                said = payload[:200] if kind == protocol.INTERRUPTED else b""
                raise NoAnswer("broken", said.decode("utf-8", "replace"))
            started_s = _now_s()
            answer = serve(payload)
            patience.end_s += _now_s() - started_s
            self._send(protocol.SERVED, answer, patience)

    def _message(self, patience: "Patience") -> tuple[int, int, bytes]:
        while True:
            if len(self._buffer) >= protocol.HEAD.size:
                length, kind, number = protocol.HEAD.unpack_from(self._buffer)
                if length > protocol.MOST_BYTES:
                    raise NoAnswer("flooded", "")
                end = protocol.HEAD.size + length
                if len(self._buffer) >= end:
                    payload = bytes(self._buffer[protocol.HEAD.size : end])
                    del self._buffer[:end]
                    return kind, number, payload
            if self._poll.poll(patience.left_ms()):
                self._read()
            else:
                patience.end()

    def _read(self) -> None:
        try:
            part = self.channel.recv(PART)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            raise NoAnswer("closed", "")
        self._buffer += part

    def _send(self, kind: int, payload: bytes, patience: "Patience") -> None:
        message = memoryview(protocol.HEAD.pack(len(payload), kind, self.number) + payload)
        while message:
            try:
                message = message[self.channel.send(message) :]
            except BlockingIOError:
                if not select.select([], [self.channel], [], patience.left_ms() / 1000)[1]:
                    patience.end()
            except OSError:
                raise NoAnswer("closed", "") from None


class Patience:
    """How long an answer is waited for: first the process is interrupted, then it is given up."""

    def __init__(self, worker: Worker, seconds: float) -> None:
        self.worker, self.end_s, self.over = worker, _now_s() + seconds, False

    def left_ms(self) -> float:
        """The time that is left."""
        return max(0.0, self.end_s - _now_s()) * 1000

    def end(self) -> None:
        """It is over: interrupt, or, if that was done, raise `NoAnswer`."""
        if _now_s() < self.end_s:
            return
        if self.over:
            raise NoAnswer("timeout", "")
        self.over, self.end_s = True, _now_s() + GRACE_S
        self.worker.tell(protocol.Interrupt())
