"""Messages between the grader's processes: a head, then bytes; those that have fields are frozen data.

One that is unknown, lacks a field, has one too many or one of another type is refused: both ends know every message
that there is. What a frame of `grader.suite_kit.codec` or a cell's source holds is not looked into here.
"""

import array
import json
import re
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NoReturn, TypeVar, get_args

HEAD = struct.Struct("<IBH")  # length, kind, number of the request that it belongs to
SHORT = 65_536
MOST_BYTES = 80 * 2**20  # a frame of grader.suite_kit.codec holds at most 64 MB

# What a message of a session's is, by its second field; those with fields have a class below.
CELL, TEST, ASK, SERVED = map(ord, "CTAS")  # to the student process
DONE, ANSWER, SERVE, OUTPUT, INTERRUPTED = map(ord, "Daso!")  # from it

# What is parsed has a bound of its own, far below a frame's, which is only handed on: JSON in memory takes up to thirty
# times its length. Braces, brackets and colons are counted first, because empty containers are the worst of it.
MOST_RECORD = 65_536
MOST_PARTS = 100_000
M = TypeVar("M")
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


def receive(channel: socket.socket, most_bytes: int = MOST_BYTES, until_s: float | None = None) -> tuple[int, bytes]:
    """The next message on a blocking socket as (kind, payload).

    Raises `Closed` at its end, if it is longer, or if it is not whole at `until_s` of the monotonic clock.
    """
    length, kind, _ = HEAD.unpack(exactly(channel, HEAD.size, until_s))
    return kind, exactly(channel, _bounded(length, most_bytes), until_s)


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


def receive_raw(channel: socket.socket, most: int = 8) -> tuple[int, bytes, list[int]]:
    """(kind, payload, file descriptors) of the next message of a process that runs no student code; raises `Closed`."""
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


def exactly(channel: socket.socket, count: int, until_s: float | None = None) -> bytes:
    """The next `count` bytes of a blocking socket; raises `Closed` at its end, or at `until_s`, which leaves it with
    a timeout."""
    parts = bytearray()
    while len(parts) < count:
        try:
            if until_s is not None:
                channel.settimeout(max(0.001, until_s - time.monotonic()))
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
class Open:
    """To a warmed process, with the other ends of the session's channel: fork a session. Wants `Forked`.

    `user` is whom it becomes, None for nobody else; `folder` where it writes, "" for a place of its own; `others` are
    processes that the kernel counts with it; `limits` as in `Limits.as_dict`; `asks` is for the body of the fork.
    """

    KIND: ClassVar[int] = ord("o")
    user: int | None
    folder: str
    others: int
    limits: dict[str, Any]
    asks: dict[str, Any]


@dataclass(frozen=True)
class Forked:
    """From a warmed process: the session's process id as it knows it, or why there is none."""

    KIND: ClassVar[int] = ord("f")
    process: int
    error: str = ""


@dataclass(frozen=True)
class End:
    """To a warmed process: end a session and all that it started. Wants `Ended`."""

    KIND: ClassVar[int] = ord("e")
    process: int


@dataclass(frozen=True)
class Ended:
    """From a warmed process: the wait status that the session's process had."""

    KIND: ClassVar[int] = ord("d")
    status: int


@dataclass(frozen=True)
class Warm:
    """From a warmed process, its first message: it can fork; what it says of itself."""

    KIND: ClassVar[int] = ord("w")
    reported: dict[str, Any]


@dataclass(frozen=True)
class Files:
    """To a session that is being isolated: the contents of its files by name, in base64."""

    KIND: ClassVar[int] = ord("F")
    contents: dict[str, Any]


@dataclass(frozen=True)
class Entered:
    """From a session, its first message: it is isolated, or why not."""

    KIND: ClassVar[int] = ord("g")
    error: str = ""


@dataclass(frozen=True)
class Import:
    """To the preload server: import these modules. No answer."""

    KIND: ClassVar[int] = ord("I")
    modules: list[str]


@dataclass(frozen=True)
class Fork:
    """To the preload server: import `modules`, then fork; `call`, "module:function", is called there with `setting`.

    The files that come with it are the call's second argument. Wants `NewProcess`.
    """

    KIND: ClassVar[int] = ord("k")
    call: str
    setting: dict[str, Any]
    modules: list[str]


@dataclass(frozen=True)
class NewProcess:
    """From the preload server: a descriptor of the new process comes with it; none if no process was made."""

    KIND: ClassVar[int] = ord("b")


Message = Open | Forked | End | Ended | Warm | Files | Entered | Import | Fork | NewProcess
MESSAGES: dict[int, type[Message]] = {message.KIND: message for message in get_args(Message)}
# The longest message of each kind from a process that runs no student code; those not named are records, as all are
# that a session sends.
FROM_US = {message.KIND: MOST_BYTES for message in (Open, Files, Fork, Warm)}
RECORDS: dict[int, int] = {}
_TYPES: dict[Any, tuple[type, ...]] = {
    str: (str,), int: (int,), int | None: (int, type(None)), float: (float, int), bool: (bool,), list[str]: (list,),
    list[str] | None: (list, type(None)), dict[str, Any]: (dict,),
}  # fmt: skip


def packed(message: Message) -> bytes:
    """The payload that holds `message`; its kind goes into the head."""
    return json.dumps(vars(message)).encode("utf-8", "surrogatepass")


def unpacked(kind: int, payload: bytes, longest: Mapping[int, int] = RECORDS) -> Message:
    """The message of a head's kind in `payload`. Raises `BadMessage`."""
    wanted = MESSAGES.get(kind)
    if wanted is None:
        raise BadMessage(f"the kind {kind} is unknown")
    reported = parsed(payload, longest.get(kind, MOST_RECORD))
    types = {field.name: _TYPES[field.type] for field in fields(wanted)}
    if type(reported) is not dict or set(reported) != set(types):
        raise BadMessage(f"{wanted.__name__} has other fields")
    if any(type(reported[name]) not in types[name] for name in types):
        raise BadMessage(f"a field of {wanted.__name__} has another type")
    lists = [value for value in reported.values() if type(value) is list]
    if any(type(item) is not str for values in lists for item in values):
        raise BadMessage(f"a list in {wanted.__name__} holds no texts")
    return wanted(**reported)


def send_message(channel: socket.socket, message: Message, files: Sequence[int] = ()) -> None:
    """Sends a message on a blocking socket, and open file descriptors with it; raises `Closed`."""
    send_raw(channel, message.KIND, packed(message), files)


def send_raw(channel: socket.socket, kind: int, payload: bytes, files: Sequence[int] = ()) -> None:
    """As `send_message`, for a payload that is no message."""
    if not files:
        send(channel, kind, payload)
        return
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
    try:
        channel.sendmsg([HEAD.pack(len(payload), kind, 0)], ancillary)
        channel.sendall(payload)
    except OSError as error:
        raise Closed(str(error)) from None


def receive_message(channel: socket.socket) -> Message:
    """The next message of a process that runs no student code. Raises `Closed`, `BadMessage`."""
    return unpacked(*receive(channel), FROM_US)


def receive_with_files(channel: socket.socket, most: int = 8) -> tuple[Message, list[int]]:
    """As `receive_message`, with the file descriptors that came with the message."""
    kind, payload, files = receive_raw(channel, most)
    return unpacked(kind, payload, FROM_US), files


def expected(message: Message, wanted: type[M]) -> M:
    """`message`, which must be a `wanted`. Raises `BadMessage`."""
    if type(message) is not wanted:
        raise BadMessage(f"{type(message).__name__} came, not {wanted.__name__}")
    return message
