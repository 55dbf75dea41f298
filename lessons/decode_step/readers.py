"""Readers of the streaming server: they read, read a part, do not read, or leave."""

import http.client
import json
import math
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Received(NamedTuple):
    """A token as its reader got it: the step that made it, when the server sent it, when it came (both in seconds)."""

    token: int
    step: int
    sent_s: float
    came_s: float


class Reader:
    """An answer that was asked for at `url`; how much of it is read is said later.

    `ask` holds the fields of `Ask` in `stream_server`. `keeps_bytes`: what the system keeps for a reader who does not
    read; None leaves it to the system, which keeps up to megabytes. Attributes: `status` of the answer; `tokens`, those
    received; `signs_s`, when anything came, comments included; `text_bytes`, how much; `asked_s` and `ended_s`. All
    seconds are of `time.monotonic`, which is one clock for the processes of a machine.
    """

    def __init__(self, url: str, keeps_bytes: int | None = None, **ask: Any) -> None:
        self.name: str = ask["name"]
        self.tokens, self.signs_s = list[Received](), list[float]()
        self.text_bytes = 0
        self.asked_s, self.ended_s = time.monotonic(), math.nan
        self._connection = sent(url, keeps_bytes, **ask)
        self._answer = self._connection.getresponse()
        self.status = self._answer.status

    def read(self, most: float = math.inf, first_s: float = 60.0, gap_s: float = 60.0) -> "Reader":
        """Reads to the end or to `most` tokens, or until one is late; then leaves.

        The first may come `first_s` seconds after it was asked for, each further one `gap_s` after the one before.
        """
        try:
            while len(self.tokens) < most and (line := self._line(first_s, gap_s)):
                now_s = time.monotonic()
                self.text_bytes += len(line)
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    self.tokens.append(Received(event["token"], event["step"], event["at"], now_s))
                if line.strip():
                    self.signs_s.append(now_s)
        except TimeoutError:
            pass
        self.ended_s = time.monotonic()
        self.leave()
        return self

    def leave(self) -> None:
        """Closes the connection, whatever was read."""
        self._answer.close()
        self._connection.close()

    def _line(self, first_s: float, gap_s: float) -> bytes:
        """The next line. Raises `TimeoutError` if by then the next token is late: a comment is no token."""
        due_s = self.tokens[-1].came_s + gap_s if self.tokens else self.asked_s + first_s
        if (left_s := due_s - time.monotonic()) <= 0:
            raise TimeoutError
        if self._connection.sock is not None:
            self._connection.sock.settimeout(left_s)
        return self._answer.readline()


def sent(url: str, keeps_bytes: int | None = None, **ask: Any) -> http.client.HTTPConnection:
    """A connection on which `ask` was sent as JSON, and nothing was read; see `Reader` for `keeps_bytes`."""
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    connection.connect()
    if keeps_bytes is not None:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, keeps_bytes)
    connection.request("POST", where.path, json.dumps(ask), {"Content-Type": "application/json"})
    return connection


def look(url: str, **query: str) -> Any:
    """What a GET of `url` answers, from JSON."""
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}", timeout=120) as answer:
        return json.load(answer)


def visit(url: str, most: Mapping[str, float], **ask: Any) -> dict[str, Reader]:
    """Readers by name, who ask one after the other and then read side by side, each at most so many tokens.

    One who reads 0 leaves as soon as it has asked.
    """
    readers = {}
    for name, tokens in most.items():
        readers[name] = Reader(url, name=name, **ask)
        if tokens == 0:
            readers[name].leave()
    with ThreadPoolExecutor(len(readers)) as pool:
        reading = [pool.submit(readers[name].read, tokens) for name, tokens in most.items() if tokens > 0]
    for one in reading:
        one.result()
    return readers


def answers_of(url: str, asks: Mapping[str, Mapping[str, Any]]) -> "pd.DataFrame":
    """What the server recorded of each answer, by name, and the `answer`: a first one, and others once it has begun."""
    import pandas as pd

    readers = dict[str, Reader]()
    for name, ask in asks.items():
        readers[name] = Reader(f"{url}/answer", name=name, **ask)
        look(f"{url}/begun", name=next(iter(asks)))
    written = {name: [token.token for token in reader.read().tokens] for name, reader in readers.items()}
    return pd.DataFrame(look(f"{url}/settled")).T.loc[list(asks)].assign(answer=pd.Series(written))
