"""A cell's outputs on the student's side: streams and displays, sent to the grader in the order in which they came.

Runs inside the process that student code shares; the grader believes none of it and counts bytes again.
"""

import base64
import io
import os
import threading
import time
from collections.abc import Callable
from typing import Any

FLUSH_CHARACTERS = 32_768
FLUSH_S = 0.1
TEXT, MOST_LINES = 20_000, 500
Send = Callable[[dict[str, Any]], None]


class Outputs:
    """Collects stream text and sends it with the displays, up to a number of bytes a cell.

    `send` delivers one record; None before a session has begun.
    """

    def __init__(self) -> None:
        self.send: Send | None = None
        self.most = 0
        self.used = 0
        self.truncated = False
        self.forked = False
        self.lock = threading.RLock()
        self.streams = [Stream(self, "stdout", 1), Stream(self, "stderr", 2)]
        os.register_at_fork(after_in_child=self._left_the_session)

    def begin(self, most_bytes: int) -> None:
        """A new cell: count from nothing."""
        self.most, self.used, self.truncated = most_bytes, 0, False

    def flush(self) -> None:
        """Send what the streams hold."""
        for stream in self.streams:
            stream.flush()

    def publish(self, record: dict[str, Any]) -> None:
        """Send a display, an error or a request to clear, after what was printed before it."""
        self.flush()
        size = sum(len(part) if isinstance(part, str) else 64 for part in record.get("data", {}).values())
        if record["output_type"] == "error":
            self.deliver(_shortened(record, self.most))
        elif self.charge(size + 64):
            self.deliver(record)

    def charge(self, count: int) -> bool:
        """Whether `count` more bytes may go out; nothing may once one output was refused."""
        self.truncated = self.truncated or self.used + count > self.most
        self.used += 0 if self.truncated else count
        return not self.truncated

    def deliver(self, record: dict[str, Any]) -> None:
        """Send one record, unless this is a process that the student's code forked."""
        if self.send and not self.forked:
            self.send(record)

    def _left_the_session(self) -> None:
        self.forked = self.send is not None
        self.lock = threading.RLock()


class Stream(io.TextIOBase):
    """stdout or stderr of a session. Text is sent in pieces; the file descriptor is for what is not Python."""

    encoding, errors, newlines = "utf-8", "backslashreplace", None

    def __init__(self, outputs: Outputs, name: str, descriptor: int) -> None:
        self._outputs, self.name, self._descriptor = outputs, name, descriptor
        self._held: list[str] = []
        self._length = 0
        self._sent_s = 0.0

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._outputs.forked:
            os.write(self._descriptor, text.encode("utf-8", "backslashreplace"))
            return len(text)
        with self._outputs.lock:
            room = self._outputs.charge(len(text.encode("utf-8", "backslashreplace")))
            if room:
                self._held.append(text)
                self._length += len(text)
        if self._length > FLUSH_CHARACTERS or (text.endswith("\n") and time.monotonic() - self._sent_s > FLUSH_S):
            self.flush()
        return len(text)

    def flush(self) -> None:
        if not self._held or self._outputs.forked:
            return
        with self._outputs.lock:
            text, self._held, self._length = "".join(self._held), [], 0
            self._sent_s = time.monotonic()
            if text:
                self._outputs.flush()  # what the other stream said came first
                self._outputs.deliver({"output_type": "stream", "name": self.name, "text": text})

    def fileno(self) -> int:
        return self._descriptor

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False


def _shortened(record: dict[str, Any], most: int) -> dict[str, Any]:
    """An error whose text and traceback fit into one record; the end of a traceback says most."""
    lines = [str(line)[: most // 8] for line in record["traceback"]][-MOST_LINES:]
    while len(lines) > 1 and sum(map(len, lines)) > most // 4:
        del lines[0]
    return {
        **record,
        "ename": record["ename"][:200],
        "evalue": record["evalue"][: min(TEXT, most // 8)],
        "traceback": lines,
    }


def text_of(data: dict[str, Any]) -> dict[str, Any]:
    """A bundle of MIME types as a notebook holds it: bytes in base64."""
    return {
        str(kind): base64.encodebytes(part).decode("ascii") if isinstance(part, bytes) else part
        for kind, part in data.items()
    }
