"""The process in which one submission runs: it enters the sandbox, then answers the grader until it is killed.

Everything here runs beside the student's code, which can change or imitate it: the grader relies on none of it for
points, only for a smooth run of honest work.
"""

import importlib
import json
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from grader.sandbox import protocol
from grader.sandbox.ipython_shell import OUTPUTS, ZMQInteractiveShell, make_shell
from grader.sandbox.isolation.enter import Entry, enter


def prepare(setting: dict[str, Any]) -> ZMQInteractiveShell:
    """What every session starts with."""
    for module in ("grader.suite_kit.answer", "numpy.random"):
        importlib.import_module(module)  # before the first fork, which would have to do it again and again
    return make_shell(setting["imports"])


def main(shell: ZMQInteractiveShell, setting: dict[str, Any], order: protocol.Open, files: list[int]) -> None:
    """The whole life of a session's process; never returns. `files` are the channel and what will be fd 1 and 2."""
    channel = socket.socket(fileno=files[0])
    try:
        enter(Entry(setting, order, channel, (files[1], files[2])))
        session = Student(shell, channel, setting, order.limits["output_bytes"])
        session.prepare(**order.asks)
        protocol.send_message(channel, protocol.Entered())
    except BaseException as error:
        protocol.send_message(channel, protocol.Entered(f"{type(error).__name__}: {error}"))
        os._exit(1)
    try:
        session.serve()
    finally:
        os._exit(0)


class Student:
    """Runs cells and answers questions, one at a time."""

    def __init__(
        self, shell: ZMQInteractiveShell, channel: socket.socket, setting: dict[str, Any], output_bytes: int
    ) -> None:
        from grader.suite_kit.answer import Server

        self.shell, self.channel, self.setting = shell, channel, setting
        self.run = shell.run_cell  # taken now: a cell may put something else in its place
        self.number = 0
        self.process = os.getpid()
        self.output_bytes = output_bytes
        self.server = Server(shell.user_ns, self.ask_grader)
        self.open_to_interrupts = False
        self.asked = False
        self.sending, self.asking = threading.RLock(), threading.RLock()
        self.in_message = False
        self.interrupt_waits = False

    def prepare(self, seed: int) -> None:
        """The state that every session starts from."""
        from grader.suite_kit.answer import forbid

        sys.stdin, (sys.stdout, sys.stderr) = open(os.devnull), OUTPUTS.streams  # noqa: SIM115 - for good
        OUTPUTS.send = self.send_output
        signal.signal(signal.SIGINT, self.interrupt)
        if self.setting["forbids"]:
            _unload(self.setting["forbids"])
            forbid(self.setting["forbids"])
        sys.path.insert(0, "")  # as in a notebook's kernel: modules beside the notebook can be imported
        _seed(seed)

    def serve(self) -> None:
        """Answer until the grader is gone."""
        while True:
            try:
                kind, self.number, payload = protocol.receive_next(self.channel)
            except (protocol.Closed, MemoryError):
                return
            self.begin()
            if kind in (protocol.CELL, protocol.TEST):
                self.shell.in_test = kind == protocol.TEST
                self.reply(protocol.DONE, self.run_cell, payload)
                signal.signal(signal.SIGINT, self.interrupt)  # the cell may have replaced it
            elif kind == protocol.ASK:
                self.reply(protocol.ANSWER, self.answer, payload)

    def begin(self) -> None:
        """Before each request: streams that a cell took away are put back."""
        OUTPUTS.begin(self.output_bytes)
        for name, stream in zip(("stdout", "stderr"), OUTPUTS.streams, strict=True):
            if not hasattr(getattr(sys, name, None), "write"):
                setattr(sys, name, stream)

    def reply(self, kind: int, act: Callable[[bytes], bytes], payload: bytes) -> None:
        """Send what `act` returns; only while it runs may an interrupt come through."""
        result, sent = b"", kind
        try:
            self.open_to_interrupts = True
            result = act(payload)
            self.open_to_interrupts = False
        except KeyboardInterrupt:
            self.open_to_interrupts = False
            sent = protocol.INTERRUPTED
        except BaseException as error:  # of ours, or made by a cell that broke this process
            self.open_to_interrupts = False
            sent, result = protocol.INTERRUPTED, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:2000]
        if os.getpid() != self.process:
            os._exit(0)  # a fork of the student's came back from its cell
        OUTPUTS.flush()
        self.send(sent, result)

    def run_cell(self, payload: bytes) -> bytes:
        """Run one cell in the student's namespace; the reply says how it went, in JSON."""
        source = payload.decode("utf-8", "replace")
        result = self.run(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        reported = {"error": _told(error) if error is not None else None}
        return json.dumps({**reported, "truncated": OUTPUTS.truncated}).encode("utf-8", "replace")

    def answer(self, frame: bytes) -> bytes:
        """The reply frame to one request frame."""
        self.asked = True
        try:
            return self.server.handle(frame)
        finally:
            with self.asking:
                self.asked = False

    def ask_grader(self, frame: bytes) -> bytes:
        """A call that student code makes on one of the grader's exposed objects."""
        with self.asking:  # threads of the student's take turns
            if not self.asked or OUTPUTS.forked:
                raise RuntimeError("this object can only be used by the code that was given it, while it is called")
            self.send(protocol.SERVE, frame)
            return protocol.receive(self.channel)[1]

    def send_output(self, record: dict[str, Any]) -> None:
        """Send one output, unless it is longer than the grader reads."""
        payload = json.dumps(record, default=repr).encode("utf-8", "replace")
        if len(payload) > protocol.most_output(self.output_bytes):
            OUTPUTS.truncated = True
        else:
            self.send(protocol.OUTPUT, payload)

    def send(self, kind: int, payload: bytes) -> None:
        """One whole message: an interrupt that comes meanwhile waits for its end."""
        with self.sending:
            in_main = threading.current_thread() is threading.main_thread()
            self.in_message = in_main
            protocol.send(self.channel, kind, payload, self.number)
            self.in_message = False
        if in_main and self.interrupt_waits:
            self.interrupt_waits = False
            self.interrupt()

    def interrupt(self, *_: object) -> None:
        """What SIGINT does: KeyboardInterrupt in the cell or call that runs, nothing between them."""
        if not self.open_to_interrupts:
            return
        if self.in_message:
            self.interrupt_waits = True
            return
        raise KeyboardInterrupt


def _told(error: BaseException) -> list[str]:
    from grader.suite_kit.answer import own_line

    try:
        text = str(error)
    except Exception:
        text = "its text cannot be shown"
    return [type(error).__name__[:200], text[:2000], own_line(error)]


def _unload(modules: list[str]) -> None:
    """Forget forbidden modules that the warmed process has imported for itself or by way of another."""
    for name in list(sys.modules):
        if any(name == module or name.startswith(f"{module}.") for module in modules):
            del sys.modules[name]
            parent, _, last = name.rpartition(".")
            if parent in sys.modules:
                vars(sys.modules[parent]).pop(last, None)


def _seed(seed: int) -> None:
    """The same random numbers for everybody, from every library that is loaded."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
