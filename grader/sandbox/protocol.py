"""Messages between the grader's processes: a head, then bytes; and those of the checker as frozen data.

A message of the checker's that is unknown, lacks a field, has one too many or one of another type is refused: both
ends know every message that there is. What a frame of `grader.suite_kit.codec` or a cell's source holds is not looked
into here.
"""

import array
import json
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, NoReturn

HEAD = struct.Struct("<IBH")  # length, kind, number of the request that it belongs to
SHORT = 65_536
MOST_BYTES = 80 * 2**20  # a frame of grader.suite_kit.codec holds at most 64 MB

# What a message is, by its second field. Requests and their answers are capital, all others small.
CELL, TRY, ASK, SERVED = map(ord, "CTAS")  # to the student process
READY, DONE, ANSWER, SERVE, OUTPUT, INTERRUPTED = map(ord, "RDaso!")  # from it
OPEN, END, REPLY, FILES = map(ord, "OErF")  # to the warmed process, and its reply

# What is parsed has a bound of its own, far below a frame's, which is only handed on: JSON in memory takes up to thirty
# times its length. Braces, brackets and colons are counted first, because empty containers are the worst of it.
MOST_RECORD = 65_536
MOST_TESTED = 4 * 2**20
MOST_PARTS = 100_000
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)  # one without end takes all, so that time is linear


class Closed(Exception):
    """The other side is gone."""


def most_output(cell_bytes: int) -> int:
    """The longest record of an output, where a cell may put out so many bytes: JSON is longer than what it holds."""
    return 2 * cell_bytes + 4096


def from_student(cell_bytes: int) -> dict[int, int]:
    """The longest message of each kind from a student's process; kinds that are not named are records."""
    return {OUTPUT: most_output(cell_bytes), ANSWER: MOST_BYTES, SERVE: MOST_BYTES}


def parsed(payload: bytes, most_bytes: int = MOST_RECORD, constant: Callable[[str], Any] = float) -> Any:
    """What JSON of a process that may be the student's says; `constant` makes values of NaN and the like.

    Raises `BadMessage` for what is none and for what is too much, which is not parsed.
    """
    if len(payload) > most_bytes or _parts(payload) > MOST_PARTS:
        raise BadMessage(f"{len(payload):,} bytes are more than is read: {most_bytes:,} and {MOST_PARTS:,} parts")
    try:
        return json.loads(payload, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"it is damaged ({type(error).__name__})") from None


def _parts(payload: bytes) -> int:
    """How many containers and entries JSON has at most."""
    if len(payload) <= MOST_PARTS:
        return 0
    found = sum(map(payload.count, (b"{", b"[", b":")))
    return found if found <= MOST_PARTS else sum(map(_STRING.sub(b"", payload).count, (b"{", b"[", b":")))


def send(channel: socket.socket, kind: int, payload: bytes, number: int = 0) -> None:
    """Sends one message on a blocking socket; raises `Closed` if nobody is there."""
    try:
        channel.sendall(HEAD.pack(len(payload), kind, number) + payload)
    except OSError as error:
        raise Closed(str(error)) from None


def receive(channel: socket.socket, most_bytes: int = MOST_BYTES) -> tuple[int, bytes]:
    """The next message on a blocking socket as (kind, payload); raises `Closed` at its end or if it is longer."""
    length, kind, _ = HEAD.unpack(exactly(channel, HEAD.size))
    return kind, exactly(channel, _bounded(length, most_bytes))


def receive_next(channel: socket.socket) -> tuple[int, int, bytes]:
    """(kind, number, payload) by one system call if it is short; no second message may have been sent yet."""
    try:
        part = channel.recv(SHORT)
    except OSError as error:
        raise Closed(str(error)) from None
    if len(part) < HEAD.size:
        part += exactly(channel, HEAD.size - len(part)) if part else _closed()
    length, kind, number = HEAD.unpack_from(part)
    missing = HEAD.size + length - len(part)
    return kind, number, part[HEAD.size :] + exactly(channel, missing) if missing else part[HEAD.size :]


def send_json(channel: socket.socket, kind: int, value: Any) -> None:
    """Sends `value` as JSON; what JSON does not know is sent as its `repr`."""
    send(channel, kind, json.dumps(value, default=repr).encode("utf-8", "surrogatepass"))


def send_with_files(channel: socket.socket, kind: int, value: Any, files: list[int]) -> None:
    """Sends a message in JSON and open file descriptors with it."""
    payload = json.dumps(value).encode()
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
    try:
        channel.sendmsg([HEAD.pack(len(payload), kind, 0)], ancillary)
        channel.sendall(payload)
    except OSError as error:
        raise Closed(str(error)) from None


def receive_with_files(channel: socket.socket, most: int = 8) -> tuple[int, bytes, list[int]]:
    """The next message and the file descriptors that came with it; raises `Closed` at the end."""
    space = socket.CMSG_LEN(most * array.array("i").itemsize)
    try:
        head, ancillary, _, _ = channel.recvmsg(HEAD.size, space, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
    except OSError as error:
        raise Closed(str(error)) from None
    files = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            files.frombytes(data[: len(data) - len(data) % files.itemsize])
    if not head:
        _closed()
    head += exactly(channel, HEAD.size - len(head))
    length, kind, _ = HEAD.unpack(head)
    return kind, exactly(channel, length), list(files)


def exactly(channel: socket.socket, count: int) -> bytes:
    """The next `count` bytes of a blocking socket; raises `Closed` at its end."""
    parts = bytearray()
    while len(parts) < count:
        try:
            part = channel.recv(min(count - len(parts), 2**20))
        except OSError as error:
            raise Closed(str(error)) from None
        if not part:
            _closed()
        parts += part
    return bytes(parts)


def _bounded(length: int, most_bytes: int) -> int:
    if length > most_bytes:
        raise Closed(f"the other side announced {length:,} bytes; at most {most_bytes:,} are read")
    return length


def _closed() -> NoReturn:
    raise Closed("the other side closed the channel")


class BadMessage(Exception):
    """A message that is none; the text says why."""


@dataclass(frozen=True)
class RunTest:
    """To the checker: run one trusted cell. `number` is that of the last request on the session's channel so far.

    Names in `forget` are the student's from now on. `allowed` and `written_back`: see the checker's `Client`.
    """

    KIND: ClassVar[int] = ord("R")
    cell: str
    source: str
    points: float
    limit_s: float
    number: int
    forget: list[str]
    allowed: list[str] | None
    written_back: bool


@dataclass(frozen=True)
class TestDone:
    """From the checker: what the cell gave, as plain data; `number` is that of its last request on the channel.

    `asked_s` are wall seconds that it waited for answers; `settled`: nothing on the channel is left unread.
    """

    KIND: ClassVar[int] = ord("D")
    outcome: dict[str, Any]
    number: int
    asked_s: float
    settled: bool
    imported: list[str]


@dataclass(frozen=True)
class Takes:
    """From the checker: the cell that runs may take so long."""

    KIND: ClassVar[int] = ord("l")
    limit_s: float


@dataclass(frozen=True)
class Lost:
    """From the checker: the student's process gave no answer, for a reason of `cell_run.LOST`; wants `Dead`."""

    KIND: ClassVar[int] = ord("L")
    why: str
    text: str


@dataclass(frozen=True)
class Dead:
    """To the checker: what became of the student's process."""

    KIND: ClassVar[int] = ord("x")
    verdict: str
    text: str


@dataclass(frozen=True)
class Measure:
    """From the checker, which cannot see the student's process: what does it use? Wants `Measured`."""

    KIND: ClassVar[int] = ord("m")


@dataclass(frozen=True)
class Measured:
    """To the checker: seconds of CPU of the student's process and of those below it, how many run, memory in MB."""

    KIND: ClassVar[int] = ord("M")
    cpu_s: float
    delegated_s: float
    helpers: int
    peak_mb: float


@dataclass(frozen=True)
class Interrupt:
    """From the checker: interrupt what the student's process does. No answer."""

    KIND: ClassVar[int] = ord("i")


Message = RunTest | TestDone | Takes | Lost | Dead | Measure | Measured | Interrupt
MESSAGES: dict[int, type[Message]] = {
    one.KIND: one for one in (RunTest, TestDone, Takes, Lost, Dead, Measure, Measured, Interrupt)
}
FROM_CHECKER = {TestDone.KIND: MOST_TESTED}  # the longest message of each kind; those not named are records
_TYPES: dict[Any, tuple[type, ...]] = {
    str: (str,), int: (int,), float: (float, int), bool: (bool,), list[str]: (list,),
    list[str] | None: (list, type(None)), dict[str, Any]: (dict,),
}  # fmt: skip


def packed(message: Message) -> bytes:
    """The payload that holds `message`; its kind goes into the head."""
    return json.dumps(asdict(message)).encode("utf-8", "surrogatepass")


def unpacked(kind: int, payload: bytes) -> Message:
    """The message of a head's kind in `payload`. Raises `BadMessage`."""
    wanted = MESSAGES.get(kind)
    if wanted is None:
        raise BadMessage(f"the kind {kind} is unknown")
    told = parsed(payload, MOST_BYTES if wanted is RunTest else FROM_CHECKER.get(kind, MOST_RECORD))
    types = {one.name: _TYPES[one.type] for one in fields(wanted)}
    if type(told) is not dict or set(told) != set(types):
        raise BadMessage(f"{wanted.__name__} has other fields")
    if any(type(told[name]) not in types[name] for name in types):
        raise BadMessage(f"a field of {wanted.__name__} has another type")
    lists = [one for one in told.values() if type(one) is list]
    if any(type(item) is not str for one in lists for item in one):
        raise BadMessage(f"a list in {wanted.__name__} holds no texts")
    return wanted(**told)


def send_message(channel: socket.socket, message: Message, number: int = 0) -> None:
    """Sends a message of the checker's on a blocking socket; raises `Closed`."""
    send(channel, message.KIND, packed(message), number)


def receive_message(channel: socket.socket) -> tuple[Message, int]:
    """The next message of the checker's on a blocking socket, and the number that it carries."""
    length, kind, number = HEAD.unpack(exactly(channel, HEAD.size))
    return unpacked(kind, exactly(channel, length)), number
