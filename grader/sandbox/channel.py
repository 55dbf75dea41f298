"""The grader's ends of what connects it to one student process: a socket for messages, two pipes for raw output.

Nothing here waits without a limit and nothing is believed: a message has a bounded length, a pipe that floods is left
alone so that its writer waits.
"""

import os
import select
import socket
import struct
from collections.abc import Mapping

from grader.sandbox import protocol
from grader.sandbox.level import SandboxError
from grader.sandbox.output_recorder import STREAMS, Recorder
from grader.sandbox.process_family import is_ready

PART = 2**18
PIPE_BYTES = 65_536
MOST_LEFT = 16 * 2**20  # bytes that are read of what an ended process left: its helpers may go on writing
_CREDENTIALS = struct.Struct("3i")
_PASS_CREDENTIALS = getattr(socket, "SO_PASSCRED", None)


class Closed(Exception):
    """The other side closed the socket."""


class Flooded(Exception):
    """The other side announced a message that is too long."""


class Channel:
    """Socket and pipes of one session. `ours` are the ends that stay here, `theirs` those for the other side."""

    def __init__(self) -> None:
        self._socket, self._other = socket.socketpair()
        self._pipes: list[int] = []
        self.theirs = [self._other.fileno()]
        for _ in STREAMS:
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            self._pipes.append(reading)
            self.theirs.append(writing)
        if _PASS_CREDENTIALS is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, _PASS_CREDENTIALS, 1)
        self._poll = select.poll()
        self._buffer = bytearray()
        self._number = self._end = 0
        for descriptor in (self._socket.fileno(), *self._pipes):
            self._poll.register(descriptor, select.POLLIN)

    def handed_over(self) -> None:
        """Close the other side's ends here: the other process holds its own copies."""
        self._other.close()
        for descriptor in self.theirs[1:]:
            os.close(descriptor)
        self.theirs = []

    def greet(self, files: dict[str, str], patience_s: float) -> int:
        """Send the files, wait for the first message; its sender's process id as the kernel says it, 0 if it does not.

        Raises `SandboxError` with the sender's words if it could not enter the sandbox.
        """
        self._socket.settimeout(patience_s)
        try:
            protocol.send_message(self._socket, protocol.Files(files))
            head, ancillary, _, _ = self._socket.recvmsg(protocol.HEAD.size, 64)
            if len(head) < protocol.HEAD.size:
                raise SandboxError("a session ended before it had entered the sandbox")
            length, kind, _ = protocol.HEAD.unpack(head)
            if length > protocol.MOST_RECORD:
                raise SandboxError(f"a session did not enter the sandbox: it sent {length:,} bytes")
            message = protocol.unpacked(kind, protocol.exactly(self._socket, length))
            entered = protocol.expected(message, protocol.Entered)
        except (OSError, protocol.Closed, protocol.BadMessage) as error:
            raise SandboxError(f"a session did not enter the sandbox: {error}") from None
        if entered.error:
            raise SandboxError(f"a session could not enter the sandbox: {entered.error}")
        if _PASS_CREDENTIALS is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, _PASS_CREDENTIALS, 0)
        self._socket.setblocking(False)
        found = [data for _, kind, data in ancillary if kind == getattr(socket, "SCM_CREDENTIALS", -1)]
        return int(_CREDENTIALS.unpack(found[0])[0]) if found else 0

    def wake_at(self, descriptor: int) -> None:
        """End a wait also when `descriptor`, which stands for the other process, says that it has ended."""
        self._end = descriptor
        self._poll.register(descriptor, select.POLLIN)

    def start(self, kind: int, payload: bytes) -> memoryview:
        """A new request as bytes to `push`; replies must carry its number."""
        self._number = (self._number + 1) % 2**16
        return self.follow(kind, payload)

    def follow(self, kind: int, payload: bytes) -> memoryview:
        """A message that belongs to the request before."""
        return memoryview(protocol.HEAD.pack(len(payload), kind, self._number) + payload)

    def push(self, message: memoryview) -> memoryview:
        """What is left of `message` after the kernel took what it could. Raises `Closed`."""
        try:
            return message[self._socket.send(message) :]
        except BlockingIOError:
            return message
        except OSError:
            raise Closed from None

    def has_room(self, patience_ms: float) -> bool:
        """Whether more can be pushed, after waiting for it."""
        return is_ready(self._socket.fileno(), select.POLLOUT, patience_ms)

    def message(self, longest: Mapping[int, int]) -> tuple[int, bool, bytes] | None:
        """The next whole message as (kind, whether it belongs to the last request, payload).

        Raises `Flooded` for one that is longer than its kind in `longest`, or than a record if that names it not.
        """
        if len(self._buffer) < protocol.HEAD.size:
            return None
        length, kind, number = protocol.HEAD.unpack_from(self._buffer)
        if length > longest.get(kind, protocol.MOST_RECORD):
            raise Flooded
        end = protocol.HEAD.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[protocol.HEAD.size : end])
        del self._buffer[:end]
        return kind, number == self._number, payload

    def wait(self, patience_ms: float, recorder: Recorder) -> bool:
        """Take in what comes within the time; whether the other process has ended and all it sent is in.

        Raises `Closed` if it closed the socket.
        """
        found = [descriptor for descriptor, _ in self._poll.poll(patience_ms)]
        if found == [self._end]:
            return True
        for pipe in self._pipes:
            if pipe in found:
                self._read_pipe(pipe, recorder)
        if self._socket.fileno() in found and not self._read():
            raise Closed
        return False

    def rest(self, recorder: Recorder, messages: bool = False) -> None:
        """Take in what raw output there is by now, and the `messages`."""
        for pipe in self._pipes:
            for _ in range(4):  # a pipe holds one part; more is a flood from a process that goes on
                if not self._read_pipe(pipe, recorder):
                    break
        while messages and len(self._buffer) < MOST_LEFT and self._read():
            pass

    def close(self) -> None:
        """Close our ends. Safe to call again."""
        self._socket.close()
        while self._pipes:
            os.close(self._pipes.pop())

    def _read(self) -> bool:
        """Read what is there; False at the end, or if nothing is."""
        try:
            part = self._socket.recv(PART)
        except OSError:
            part = b""
        if not part:
            self._forget(self._socket.fileno())
        self._buffer += part
        return bool(part)

    def _read_pipe(self, pipe: int, recorder: Recorder) -> int:
        try:
            part = os.read(pipe, PIPE_BYTES)
        except BlockingIOError:
            return 0
        room = recorder.raw(STREAMS[self._pipes.index(pipe)], part)
        if not part or not room:
            self._forget(pipe)
        return len(part)

    def _forget(self, descriptor: int) -> None:
        """Wait no longer for what comes there."""
        try:
            self._poll.unregister(descriptor)
        except KeyError:
            pass
