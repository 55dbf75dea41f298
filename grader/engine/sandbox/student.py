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

from grader.engine.sandbox import kernel, landlock, limits, namespaces, seccomp, wire
from grader.engine.sandbox.levels import Level
from grader.engine.sandbox.shell import OUTPUTS, ZMQInteractiveShell

INTERRUPTED_TEXT = "The call was interrupted."


def main(shell: ZMQInteractiveShell, setting: dict[str, Any], request: dict[str, Any], files: list[int]) -> None:
    """The whole life of a session's process; never returns. `files` are the channel and what will be fd 1 and 2."""
    channel = socket.socket(fileno=files[0])
    try:
        enter(setting, request, channel, files[1:])
        session = Student(shell, channel, setting, request["limits"]["output_bytes"])
        session.prepare(request["seed"])
        wire.send_json(channel, wire.READY, {})
    except BaseException as error:
        wire.send_json(channel, wire.READY, {"error": f"{type(error).__name__}: {error}"})
        os._exit(1)
    try:
        session.serve()
    finally:
        os._exit(0)


def enter(setting: dict[str, Any], request: dict[str, Any], channel: socket.socket, streams: list[int]) -> None:
    """Close what the session must not have, raise the walls of its level, put its files down, apply the limits."""
    held = limits.Limits(**request["limits"])
    level = Level(setting["level"])
    os.setsid()
    _keep_only(channel.fileno(), streams)
    place = request["folder"] or namespaces.HOME
    if level >= Level.NAMESPACES:
        namespaces.enter_inner(held.files_mb)
    elif request["user"] is not None:
        os.setgroups([])
        os.setresgid(*[request["user"]] * 3)
        os.setresuid(*[request["user"]] * 3)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # its own /proc/self belongs to it again
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    _put_down(place, json.loads(wire.receive(channel)[1]))
    if level == Level.LANDLOCK:
        landlock.restrict(setting["readable"], [place])
    refused = limits.apply(held, request["others"])
    if refused and setting["wall"] != "gvisor":  # whose kernel has its own
        raise OSError(f"the kernel refuses the limits {', '.join(refused)}")
    if level >= Level.LIMITS and seccomp.available():
        apart = level >= Level.NAMESPACES
        seccomp.restrict(own_network=apart or setting["wall"] == "gvisor", own_processes=apart)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


class Student:
    """Runs cells and answers questions, one at a time."""

    def __init__(
        self, shell: ZMQInteractiveShell, channel: socket.socket, setting: dict[str, Any], output_bytes: int
    ) -> None:
        self.shell, self.channel, self.setting = shell, channel, setting
        self.run = shell.run_cell  # taken now: a cell may put something else in its place
        self.number = 0
        self.process = os.getpid()
        self.output_bytes = output_bytes
        module, _, name = setting["server"].partition(":")
        self.server = getattr(importlib.import_module(module), name)(shell.user_ns, self.ask_grader)
        self.open_to_interrupts = False
        self.asked = False
        self.sending = threading.RLock()
        self.in_message = False
        self.interrupt_waits = False

    def prepare(self, seed: int) -> None:
        """The state that every session starts from."""
        from grader.answer import forbid

        sys.stdin, (sys.stdout, sys.stderr) = open(os.devnull), OUTPUTS.streams  # noqa: SIM115 - for good
        OUTPUTS.send = lambda record: self.send_json(wire.OUTPUT, record)
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
                kind, self.number, payload = wire.receive_next(self.channel)
            except (wire.Closed, MemoryError):
                return
            self.begin()
            if kind == wire.CELL:
                self.reply(wire.DONE, self.run_cell, payload)
                signal.signal(signal.SIGINT, self.interrupt)  # the cell may have replaced it
            elif kind == wire.ASK:
                self.reply(wire.ANSWER, self.answer, payload)

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
            sent = wire.INTERRUPTED
        except BaseException as error:  # of ours, or made by a cell that broke this process
            self.open_to_interrupts = False
            sent, result = wire.INTERRUPTED, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:2000]
        if os.getpid() != self.process:
            os._exit(0)  # a fork of the student's came back from its cell
        OUTPUTS.flush()
        self.send(sent, result)

    def run_cell(self, payload: bytes) -> bytes:
        """Run one cell in the student's namespace; the reply says how it went, in JSON."""
        source = payload.decode("utf-8", "replace")
        result = self.run(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        told = {"error": _told(error) if error is not None else None, "count": self.shell.execution_count - 1}
        return json.dumps({**told, "truncated": OUTPUTS.truncated}).encode("utf-8", "replace")

    def answer(self, frame: bytes) -> bytes:
        """The reply frame to one request frame."""
        self.asked = True
        try:
            return self.server.handle(frame)
        finally:
            self.asked = False

    def ask_grader(self, frame: bytes) -> bytes:
        """A call that student code makes on one of the grader's exposed objects."""
        if not self.asked or threading.current_thread() is not threading.main_thread() or OUTPUTS.forked:
            raise RuntimeError("this object can only be used by the code that was given it, while it is called")
        self.send(wire.SERVE, frame)
        return wire.receive(self.channel)[1]

    def send_json(self, kind: int, value: Any) -> None:
        self.send(kind, json.dumps(value, default=repr).encode("utf-8", "replace"))

    def send(self, kind: int, payload: bytes) -> None:
        """One whole message: an interrupt that comes meanwhile waits for its end."""
        with self.sending:
            in_main = threading.current_thread() is threading.main_thread()
            self.in_message = in_main
            wire.send(self.channel, kind, payload, self.number)
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
    from grader.answer import own_line

    try:
        text = str(error)
    except Exception:
        text = "its text cannot be shown"
    return [type(error).__name__, text[:2000], own_line(error)]


def _keep_only(channel: int, streams: list[int]) -> None:
    """Standard input empty, output and error the given pipes, the channel, and no other open file."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(streams[0], 1)
    os.dup2(streams[1], 2)
    os.closerange(3, channel)
    os.closerange(channel + 1, 4096)


def _put_down(place: str, files: dict[str, str]) -> None:
    """Write the session's files into its folder and go there; home and temporary files lie there too."""
    import base64

    os.chdir(place)
    temporary = f"{place}/tmp" if place != namespaces.HOME else f"{namespaces.SCRATCH}/tmp"
    os.makedirs(temporary, exist_ok=True)
    os.environ.update(
        {"HOME": place, "TMPDIR": temporary, "MLSD_HOME": f"{place}/.mlsd", "IPYTHONDIR": f"{place}/.ipython"}
    )
    for name, content in files.items():
        path = os.path.normpath(os.path.join(place, name))
        if not path.startswith(place + "/"):
            raise ValueError(f"the file {name!r} would lie outside of the session's folder")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(content))


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
