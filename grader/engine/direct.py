"""The student's session as a fork of the checker asks it: by the session's own channel, lent by the worker.

The worker watches memory and the end of the process meanwhile; time is kept here. Every message is held to its form
before its frame is given on.
"""

import contextlib
import json
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator

from grader.engine.sandbox import wire
from grader.engine.sandbox.process import Process
from grader.engine.sandbox.session import SessionDead, TimedOut

LOST, DEAD = map(ord, "Lx")  # to the worker, and its answer
GRACE_S = 1.0
PART = 2**18
_now_s = time.monotonic


class Lost(Exception):
    """No answer will come: "closed", "forged", "flooded", "timeout" or "broken", and what was said."""


class Direct:
    """Asks over `channel`, a session's own; `worker` is told of the end. `number` is that of the last request so far.

    `asked_s` are the wall seconds that were waited for answers since it was last set to 0.
    """

    def __init__(self, worker: socket.socket, channel: socket.socket, number: int, process: int) -> None:
        self.worker, self.channel, self.number = worker, channel, number
        self.process = Process(process)
        self.asked_s = 0.0
        self._buffer = bytearray()
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        channel.setblocking(False)

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes:
        """As `Session.ask`. A time limit of the test waits until the answer is there, so that none is left behind."""
        started_s = _now_s()
        with _time_limit_waits():
            try:
                return self._asked(frame, timeout_s, serve)
            except Lost as lost:
                wire.send_json(self.worker, LOST, list(lost.args))
                raise SessionDead(*json.loads(wire.receive(self.worker)[1])) from None
            finally:
                self.asked_s += _now_s() - started_s

    def settled(self) -> bool:
        """Whether nothing is left of what was sent: the worker may ask again."""
        with contextlib.suppress(Lost):
            if not self._poll.poll(0):
                return not self._buffer
            self._read()
        return not self._buffer

    def cpu_s(self) -> float:
        return self.process.cpu_s()

    def delegated_s(self) -> float:
        return self.process.delegated_s()

    def helpers(self) -> int:
        return len(self.process.helpers())

    def peak_mb(self) -> float:
        return self.process.peak_mb()

    def _asked(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None) -> bytes:
        self.number = (self.number + 1) % 2**16
        patience = Patience(self.process, timeout_s)
        self._send(wire.ASK, frame, patience)
        while True:
            kind, number, payload = self._message(patience)
            if kind == wire.OUTPUT:
                continue
            if number != self.number:
                raise Lost("forged", "")
            if kind == wire.ANSWER:
                return payload
            if kind == wire.INTERRUPTED and patience.over:
                raise TimedOut("timeout", f"It did not end within {timeout_s:.3g} s.")
            if kind != wire.SERVE or serve is None:
                said = payload[:2000].decode("utf-8", "replace")
                text = f"The answer broke the process that ran it: {said}" if kind == wire.INTERRUPTED else ""
                raise Lost("broken", text)
            started_s = _now_s()
            answer = serve(payload)
            patience.end_s += _now_s() - started_s
            self._send(wire.SERVED, answer, patience)

    def _message(self, patience: "Patience") -> tuple[int, int, bytes]:
        while True:
            if len(self._buffer) >= wire.HEAD.size:
                length, kind, number = wire.HEAD.unpack_from(self._buffer)
                if length > wire.MOST_BYTES:
                    raise Lost("flooded", "")
                end = wire.HEAD.size + length
                if len(self._buffer) >= end:
                    payload = bytes(self._buffer[wire.HEAD.size : end])
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
            raise Lost("closed", "")
        self._buffer += part

    def _send(self, kind: int, payload: bytes, patience: "Patience") -> None:
        message = memoryview(wire.HEAD.pack(len(payload), kind, self.number) + payload)
        while message:
            try:
                message = message[self.channel.send(message) :]
            except BlockingIOError:
                if not select.select([], [self.channel], [], patience.left_ms() / 1000)[1]:
                    patience.end()
            except OSError:
                raise Lost("closed", "") from None


class Patience:
    """How long an answer is waited for: first the process is interrupted, then it is given up."""

    def __init__(self, process: Process, seconds: float) -> None:
        self.process, self.end_s, self.over = process, _now_s() + seconds, False

    def left_ms(self) -> float:
        """The time that is left."""
        return max(0.0, self.end_s - _now_s()) * 1000

    def end(self) -> None:
        """It is over: interrupt, or, if that was done, raise `Lost`."""
        if _now_s() < self.end_s:
            return
        if self.over:
            raise Lost("timeout", "")
        self.over, self.end_s = True, _now_s() + GRACE_S
        self.process.signal(signal.SIGINT)


@contextlib.contextmanager
def _time_limit_waits() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
