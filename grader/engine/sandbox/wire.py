"""Messages between grader, warmed process and student process: a head, then bytes. Nothing is interpreted here."""

import array
import json
import socket
import struct
from typing import Any, NoReturn

HEAD = struct.Struct("<IBH")  # length, kind, number of the request that it belongs to
SHORT = 65_536
MOST_BYTES = 80 * 2**20  # a frame of grader.codec holds at most 64 MB

# What a message is, by its second field. Requests and their answers are capital, all others small.
CELL, ASK, SERVED = ord("C"), ord("A"), ord("S")  # to the student process
READY, DONE, ANSWER, SERVE, OUTPUT, INTERRUPTED = map(ord, "RDaso!")  # from it
OPEN, END, REPLY, FILES = map(ord, "OErF")  # to the warmed process, and its reply


class Closed(Exception):
    """The other side is gone."""


def send(channel: socket.socket, kind: int, payload: bytes, number: int = 0) -> None:
    """Sends one message on a blocking socket; raises `Closed` if nobody is there."""
    try:
        channel.sendall(HEAD.pack(len(payload), kind, number) + payload)
    except OSError as error:
        raise Closed(str(error)) from None


def receive(channel: socket.socket) -> tuple[int, bytes]:
    """The next message on a blocking socket as (kind, payload); raises `Closed` at its end."""
    length, kind, _ = HEAD.unpack(exactly(channel, HEAD.size))
    return kind, exactly(channel, length)


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


def _closed() -> NoReturn:
    raise Closed("the other side closed the channel")
