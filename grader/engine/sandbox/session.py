"""The grader's side of one submission's process: run cells, ask questions, watch, end.

Nothing that comes from the other side is believed: sizes are bounded, records rebuilt, times and memory read from the
kernel. Whatever student code does, the methods return or raise `SessionDead`, and `close` leaves no process behind.
"""

import base64
import functools
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from grader.engine.sandbox import family, wire
from grader.engine.sandbox.channel import Channel, Closed, Flooded
from grader.engine.sandbox.lending import CLOSED_S, FORGED, Lending, SessionDead, TimedOut
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.process import Process
from grader.engine.sandbox.recorder import Recorder
from grader.engine.sandbox.watch import Watch, exit_text

if TYPE_CHECKING:
    from grader.engine.sandbox.zygote import Zygote

MOST_MESSAGES = 1_000_000
_now_s = time.monotonic
_wall_s = time.perf_counter


@dataclass(frozen=True)
class Leftovers:
    """What a session still had running when it was closed: commands of processes, and threads beside the main one."""

    processes: tuple[str, ...] = ()
    threads: int = 0


@dataclass
class CellRun:
    """What one cell did. `outputs` are a notebook's; `error` is (ename, evalue, the student's own line).

    `verdict` is "ok", "error", "timeout", "memory" or "crashed"; wall and CPU seconds are the cell's, `peak_mb` the
    most that the session's process held so far; `execution_count` is what the notebook shows, None if unknown.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: tuple[str, str, str] | None = None
    verdict: str = "ok"
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    truncated: bool = False
    execution_count: int | None = None

    @classmethod
    def stopped(cls, verdict: str, text: str) -> "CellRun":
        """The run of a cell that the grader ended, or that never began."""
        return cls(error=(NAMES[verdict], text, ""), verdict=verdict)


class Session(Lending):
    """One submission's process; a context manager. Made by `Zygote.open`; used by one thread at a time."""

    def __init__(self, zygote: "Zygote", limits: Limits, channel: Channel, number: int, folder: str) -> None:
        self.limits, self.number, self.folder = limits, number, folder
        self.end_text = self.verdict = ""
        self._zygote, self._channel = zygote, channel
        self._of: Process | None = None
        self._alive = False
        self._shown: dict[str, list[dict[str, Any]]] = {}
        self._asides = Recorder(limits.output_bytes)
        self._used_s = 0.0
        self._closed: Leftovers | None = None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it can run another cell."""
        return self._alive

    @property
    def process(self) -> int:
        """The process id, as the grader sees it; 0 before the session has begun."""
        return self._of.pid if self._of else 0

    def run_cell(self, source: str, cell_id: str = "") -> CellRun:
        """Run one cell in the student's namespace. Whatever the cell does is in the result; nothing is raised."""
        recorder = Recorder(self.limits.output_bytes, self._shown)
        started, cpu_s, watch = _wall_s(), self.cpu_s(), None
        if not self.alive:
            run = CellRun.stopped("crashed", self.end_text or "The process had ended before this cell.")
        else:
            watch = Watch(self.limits, self._person(), self.folder, self._within_total(self.limits.wall_s))
            watch.limit_cpu(self.limits.cpu_s)
            try:
                told = self._converse(wire.CELL, source.encode("utf-8", "replace"), wire.DONE, watch, recorder, None)
                run = self._read(told)
            except SessionDead as dead:
                run = CellRun.stopped(dead.verdict, str(dead))
        if run.verdict not in ("ok", "error") and run.execution_count is None:
            recorder.error(NAMES[run.verdict], run.error[1] if run.error else "")
        if watch and watch.reached == "timeout":
            run.verdict = "timeout"
        run.outputs = recorder.finish(run.truncated)
        run.truncated = recorder.truncated
        run.wall_s, run.cpu_s, run.peak_mb = _wall_s() - started, self.cpu_s() - cpu_s, self.peak_mb()
        self._used_s += run.wall_s
        return run

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes:
        """The reply frame to one request frame of `grader.answer`; `serve` answers calls of exposed objects meanwhile.

        Raises `TimedOut` if the call was interrupted after `timeout_s`, `SessionDead` if the process is gone.
        """
        if not self.alive:
            raise SessionDead(self.verdict or "crashed", self.end_text or "The session is closed.")
        started = _now_s()
        watch = Watch(self.limits, self._person(), self.folder, self._within_total(timeout_s))
        try:
            return self._converse(wire.ASK, frame, wire.ANSWER, watch, self._asides, serve)
        finally:
            self._used_s += _now_s() - started

    def said(self) -> list[dict[str, Any]]:
        """What the student's code wrote and displayed during the questions since the last look."""
        found, self._asides = self._asides, Recorder(self.limits.output_bytes)
        return found.finish(False)

    def cpu_s(self) -> float:
        """CPU seconds of the student's process so far, all threads, read from outside; the last value once it ended."""
        return self._of.cpu_s() if self._of else 0.0

    def delegated_s(self) -> float:
        """CPU seconds of processes that the student's process started, ended ones included."""
        return self._of.delegated_s() if self._of and self.alive else 0.0

    def helpers(self) -> int:
        """Processes that the student's process started and that still run."""
        return len(self._of.helpers()) if self._of and self.alive else 0

    def peak_mb(self) -> float:
        """The most memory that the student's process held so far, in MB."""
        return self._of.peak_mb() if self._of else 0.0

    def close(self) -> Leftovers:
        """End the session and everything it started, and say what it had left running. Safe to call again."""
        if self._closed is None:
            left = Leftovers()
            if self._of and self.alive:
                self.peak_mb()
                left = Leftovers(tuple(map(family.name, self._of.helpers())), max(0, family.threads(self._of.pid) - 1))
            self._end()
            self._closed = left
        return self._closed

    def abandon(self) -> None:
        """The warmed process ends, and the session with it: let go of what belongs to it here. For `Zygote`."""
        if self._of and self.alive:
            self._of.signal(signal.SIGKILL)
        self._release()
        self.verdict, self.end_text = self.verdict or "crashed", self.end_text or "The session was closed."
        self._closed = self._closed or Leftovers()

    def greet(self, files: Mapping[str, bytes], patience_s: float) -> None:
        """Hand over the files and wait until the process has entered the sandbox. For `Zygote`; raises `SandboxError`.

        Files do not go through the warmed process, in whose memory later sessions could find them.
        """
        packed = {name: base64.b64encode(content).decode() for name, content in files.items()}
        self._of = Process(self._channel.greet(packed, patience_s) or self.number)
        if self._of.handle >= 0:
            self._channel.wake_at(self._of.handle)
        self._alive = True

    def _person(self) -> Process:
        assert self._of is not None
        return self._of

    def _converse(
        self, kind: int, payload: bytes, wanted: int, watch: Watch, recorder: Recorder,
        serve: Callable[[bytes], bytes] | None,
    ) -> bytes:  # fmt: skip
        """Send a request and handle what comes until its reply does. Raises `SessionDead`."""
        try:
            self._push(self._channel.start(kind, payload), watch)
            for _ in range(MOST_MESSAGES):
                came, belongs, content = self._next(watch, recorder)
                if came == wire.OUTPUT:
                    recorder.add(content)
                elif not belongs:
                    break
                elif came == wanted:
                    self._channel.rest(recorder)
                    return content
                elif came == wire.SERVE:
                    started = _now_s()
                    answer = serve(content) if serve is not None else nobody()
                    watch.extend(_now_s() - started)
                    self._push(self._channel.follow(wire.SERVED, answer), watch)
                elif came == wire.INTERRUPTED:
                    self._channel.rest(recorder)
                    self._interrupted(watch, content)
                else:
                    break
        except Closed:
            if not self._person().ended(CLOSED_S):
                self._stop("crashed", "The answer closed the channel of the grader.")
            self._died(watch, recorder)
        except Flooded:
            self._stop("crashed", "The answer sent more than the grader takes.")
        return self._stop("crashed", FORGED)

    def _next(self, watch: Watch, recorder: Recorder) -> tuple[int, bool, bytes]:
        """The next whole message."""
        while (message := self._channel.message()) is None:
            if self._channel.wait(watch.patience_ms(), recorder):
                self._died(watch, recorder)
            self._act(watch)
        return message

    def _push(self, message: memoryview, watch: Watch) -> None:
        while message := self._channel.push(message):
            self._act(watch)
            if not self._channel.has_room(watch.patience_ms()) and self._person().ended():
                raise Closed

    def _act(self, watch: Watch) -> None:
        """Do what the watch says; without a descriptor for the process, look whether it has ended."""
        what = watch.look()
        if what == "interrupt":
            self._person().signal(signal.SIGINT)
        elif what == "kill":
            self.peak_mb()
            self._stop(watch.reached, watch.text)
        elif what == "look" and self._person().handle < 0 and self._person().ended():
            raise Closed

    def _interrupted(self, watch: Watch, content: bytes) -> NoReturn:
        if watch.reached:
            raise TimedOut("timeout", watch.text)
        self._stop("crashed", "The answer broke the process that ran it: " + content.decode("utf-8", "replace"))

    def _read(self, payload: bytes) -> CellRun:
        """What the student's side says of the cell; only its error and count are taken from there."""
        try:
            told = json.loads(payload)
            run = CellRun(truncated=bool(told["truncated"]), execution_count=int(told["count"]))
            if told["error"] is not None:
                kind, text, line = map(str, told["error"])
                run.error = (kind, text, line)
                run.verdict = "memory" if kind.endswith("MemoryError") else "error"
            return run
        except (ValueError, KeyError, TypeError, RecursionError):
            self._stop("crashed", FORGED)

    def _died(self, watch: Watch, recorder: Recorder) -> NoReturn:
        """The process is gone by itself: take in what it left and find out how it ended."""
        self._channel.rest(recorder, messages=True)
        while (message := self._channel.message()) is not None:
            if message[0] == wire.OUTPUT:
                recorder.add(message[2])
        verdict, text = exit_text(self._end())
        if watch.reached:
            verdict, text = watch.reached, watch.text
        self.verdict, self.end_text = verdict, text
        raise SessionDead(verdict, text)

    def _stop(self, verdict: str, text: str) -> NoReturn:
        """End the process because of `verdict`."""
        self._end()
        self.verdict, self.end_text = verdict, text
        raise SessionDead(verdict, text)

    def _within_total(self, seconds: float) -> float:
        return max(0.0, min(seconds, self.limits.total_s - self._used_s))

    def _end(self) -> int | None:
        """Kill, wait, release; the wait status that the process had, None if unknown."""
        if self._closed is not None:
            return None
        if self._of:
            self._of.signal(signal.SIGKILL)
            self._of.cpu_s()
        told = self._zygote.end(self)
        self._release()
        self._closed = Leftovers()
        return told.get("status")

    def _release(self) -> None:
        self._alive = False
        self._channel.close()
        if self._of:
            self._of.close()
        if self.folder:
            _remove(self.folder)


NAMES = {"timeout": "TimeLimitExceeded", "memory": "MemoryLimitExceeded", "crashed": "DeadKernelError"}


@functools.cache
def nobody() -> bytes:
    """The answer to a call of an object of the grader's outside of a question."""
    from grader.codec import encode  # with numpy, which who only grades by workers need not load

    return encode({"error": ["RuntimeError", "the object of the test is no longer there", ""]})


def _remove(folder: str) -> None:
    """Remove a session's folder, whatever rights its entries were given."""
    for place, _, _ in os.walk(_opened(folder)):
        for entry in os.scandir(place):
            if entry.is_dir(follow_symlinks=False):
                _opened(entry.path)
    shutil.rmtree(folder, ignore_errors=True)


def _opened(folder: str) -> str:
    try:
        os.chmod(folder, 0o700)
    except OSError:
        pass
    return folder
