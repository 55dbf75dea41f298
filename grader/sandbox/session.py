"""The grader's side of one submission's process: run cells, ask questions, watch, end.

Nothing that comes from the other side is believed: sizes are bounded, records rebuilt, times and memory read from the
kernel. Whatever student code does, the methods return or raise `SessionDead`, and `close` leaves no process behind.
"""

import base64
import contextlib
import functools
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, Protocol

from grader.sandbox import protocol
from grader.sandbox.cell_run import (
    FORGED,
    NAMES,
    CellRun,
    Leftovers,
    SessionDead,
    TimedOut,
    broke,
    told_run,
)
from grader.sandbox.channel import Channel, Closed, Flooded
from grader.sandbox.isolation.limits import Limits
from grader.sandbox.output_recorder import Recorder
from grader.sandbox.process_family import Family, name
from grader.sandbox.resource_monitor import ResourceMonitor, exit_text, remove_folder
from notebook_runner import process_stats

CLOSED_S = 1.0  # a process that ends closes its channel a moment before
MOST_MESSAGES = 1_000_000
_now_s = time.monotonic
_wall_s = time.perf_counter


class Owner(Protocol):
    """What a session needs of the `Sandbox` that it belongs to."""

    def end(self, session: "Session") -> int | None: ...


class Session:
    """One submission's process; a context manager. Made by `Sandbox.open`; used by one thread at a time."""

    def __init__(self, sandbox: Owner, limits: Limits, channel: Channel, number: int, folder: str) -> None:
        self.limits, self.number, self.folder = limits, number, folder
        self.end_text = self.verdict = ""
        self._sandbox, self._channel = sandbox, channel
        self._of: Family | None = None
        self._alive = False
        self._longest = protocol.from_student(limits.output_bytes)
        self._shown: dict[str, list[dict[str, Any]]] = {}
        self._asides = Recorder(limits.output_bytes)  # what is said during questions, which nobody reads
        self._used_s = 0.0
        self._cells = 0
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

    def run_cell(self, source: str, test: bool = False) -> CellRun:
        """Run one cell in the student's namespace. Whatever the cell does is in the result; nothing is raised.

        Of a `test` only values, as text, and the error are read: no figure is drawn there and no traceback formatted.
        """
        self._cells += 1
        recorder = Recorder(self.limits.output_bytes, self._shown, self._cells)
        started, cpu_s, watch = _wall_s(), self.cpu_s(), None
        if not self.alive:
            run = CellRun.stopped("crashed", self.end_text or "The process had ended before this cell.")
        else:
            watch = ResourceMonitor(self.limits, self._family(), self.folder, self._within_total(self.limits.wall_s))
            watch.limit_cpu(self.limits.cpu_s)
            try:
                kind, payload = protocol.TEST if test else protocol.CELL, source.encode("utf-8", "replace")
                run = self._read(self._converse(kind, payload, protocol.DONE, watch, recorder, None))
            except SessionDead as dead:
                run = CellRun.stopped(dead.verdict, str(dead))
        if run.verdict not in ("ok", "error") and run.execution_count is None:
            recorder.error(NAMES[run.verdict], run.error[1] if run.error else "")
        if watch and watch.reached == "timeout":
            run.verdict, run.by_grader = "timeout", True
            run.error = NAMES["timeout"], watch.text, run.error[2] if run.error else ""
        run.outputs = recorder.finish(run.truncated)
        run.truncated = recorder.truncated
        run.wall_s, run.cpu_s, run.peak_mb = _wall_s() - started, self.cpu_s() - cpu_s, self.peak_mb()
        self._used_s += run.wall_s
        return run

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes:
        """The reply frame to one request frame; `serve` answers calls of exposed objects meanwhile.

        Raises `TimedOut` if the call was interrupted after `timeout_s`, `SessionDead` if the process is gone.
        """
        if not self.alive:
            raise SessionDead(self.verdict or "crashed", self.end_text or "The session is closed.")
        started = _now_s()
        watch = ResourceMonitor(self.limits, self._family(), self.folder, self._within_total(timeout_s))
        try:
            return self._converse(protocol.ASK, frame, protocol.ANSWER, watch, self._asides, serve)
        finally:
            self._used_s += _now_s() - started

    def freeze_displays(self) -> None:
        """What cells have shown so far stays as it is: a display of theirs is updated no more."""
        self._shown = {}

    def cpu_s(self) -> float:
        """CPU seconds of the student's process so far, all threads, read from outside; the last value once it ended."""
        return self._of.own_cpu_s() if self._of else 0.0

    def delegated_s(self) -> float:
        """CPU seconds of processes that the student's process started, ended ones included."""
        return self._of.delegated_s() if self._of and self.alive else 0.0

    def helpers(self) -> int:
        """Processes that the student's process started and that still run."""
        return len(self._of.helpers()) if self._of and self.alive else 0

    def started(self) -> int:
        """Processes that the student's process started and that were seen, those that have ended too."""
        return self._of.started() if self._of and self.alive else 0

    def peak_mb(self) -> float:
        """The most memory that the student's process held so far, in MB."""
        return self._of.peak_mb() if self._of else 0.0

    def is_full(self) -> bool:
        """Whether it holds so much memory that the next cell would miss it."""
        return bool(self._of and self.alive and self._of.holds_more_than(self.limits.roomy_mb))

    def close(self) -> Leftovers:
        """End the session and everything it started, and say what it had left running. Safe to call again."""
        if self._closed is None:
            left = Leftovers()
            if self._of and self.alive:
                self.peak_mb()
                left = Leftovers(tuple(map(name, self._of.helpers())), max(0, process_stats.threads(self._of.pid) - 1))
            self._end()
            self._closed = left
        return self._closed

    def abandon(self) -> None:
        """The warmed process ends, and the session with it: let go of what belongs to it here. For `Sandbox`."""
        if self._of and self.alive:
            self._of.signal(signal.SIGKILL)
        self._release()
        self.verdict, self.end_text = self.verdict or "crashed", self.end_text or "The session was closed."
        self._closed = self._closed or Leftovers()

    def greet(self, files: Mapping[str, bytes], patience_s: float) -> None:
        """Hand over the files and wait until the process has entered the sandbox. For `Sandbox`; raises `SandboxError`.

        Files do not go through the warmed process, in whose memory later sessions could find them.
        """
        packed = {name: base64.b64encode(content).decode() for name, content in files.items()}
        self._of = Family(self._channel.greet(packed, patience_s) or self.number)
        if self._of.handle >= 0:
            self._channel.wake_at(self._of.handle)
        self._alive = True

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """Meanwhile the process and all that it started stand still: nobody watches over them."""
        if not self.alive:  # its number may be another's by now
            yield
            return
        self._family().halt()
        try:
            yield
        finally:
            self._family().go_on()

    @contextlib.contextmanager
    def _closing_told(self, watch: ResourceMonitor, recorder: Recorder) -> Iterator[None]:
        """Errors of the channel as what became of the process."""
        try:
            yield
        except Closed:
            if not self._family().ended(CLOSED_S):
                self._stop("crashed", "The answer closed the channel of the grader.")
            self._died(watch, recorder)
        except Flooded:
            self._stop("crashed", "The answer sent more than the grader takes.")

    def _family(self) -> Family:
        assert self._of is not None
        return self._of

    def _converse(
        self, kind: int, payload: bytes, wanted: int, watch: ResourceMonitor, recorder: Recorder,
        serve: Callable[[bytes], bytes] | None,
    ) -> bytes:  # fmt: skip
        """Send a request and handle what comes until its reply does. Raises `SessionDead`."""
        with self._closing_told(watch, recorder):
            self._push(self._channel.start(kind, payload), watch)
            for _ in range(MOST_MESSAGES):
                came, belongs, content = self._next(watch, recorder)
                if came == protocol.OUTPUT:
                    recorder.add(content)
                elif not belongs:
                    break
                elif came == wanted:
                    self._channel.rest(recorder)
                    return content
                elif came == protocol.SERVE:
                    started = _now_s()
                    answer = serve(content) if serve is not None else nobody()
                    watch.extend(_now_s() - started)
                    self._push(self._channel.follow(protocol.SERVED, answer), watch)
                elif came == protocol.INTERRUPTED:
                    self._channel.rest(recorder)
                    self._interrupted(watch, content)
                else:
                    break
        return self._stop("crashed", FORGED)

    def _next(self, watch: ResourceMonitor, recorder: Recorder) -> tuple[int, bool, bytes]:
        """The next whole message."""
        while (message := self._channel.message(self._longest)) is None:
            if self._channel.wait(watch.patience_ms(), recorder):
                self._died(watch, recorder)
            self._act(watch)
        return message

    def _push(self, message: memoryview, watch: ResourceMonitor) -> None:
        while message := self._channel.push(message):
            self._act(watch)
            if not self._channel.has_room(watch.patience_ms()) and self._family().ended():
                raise Closed

    def _act(self, watch: ResourceMonitor) -> None:
        """Do what the watch says; without a descriptor for the process, look whether it has ended."""
        what = watch.look()
        if what == "interrupt":
            self._family().signal(signal.SIGINT)
        elif what == "kill":
            self.peak_mb()
            self._stop(watch.reached, watch.text)
        elif what == "look" and self._family().handle < 0 and self._family().ended():
            raise Closed

    def _interrupted(self, watch: ResourceMonitor, content: bytes) -> NoReturn:
        if watch.reached:
            raise TimedOut("timeout", watch.text)
        self._stop("crashed", broke(content.decode("utf-8", "replace")))

    def _read(self, payload: bytes) -> CellRun:
        """What the student's side says of the cell; only its error is taken from there."""
        try:
            return told_run(protocol.parsed(payload), self._cells)
        except (protocol.BadMessage, ValueError, KeyError, TypeError):
            self._stop("crashed", FORGED)

    def _died(self, watch: ResourceMonitor, recorder: Recorder) -> NoReturn:
        """The process is gone by itself: take in what it left and find out how it ended."""
        self._channel.rest(recorder, messages=True)
        while (message := self._channel.message(self._longest)) is not None:
            if message[0] == protocol.OUTPUT:
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
            self._of.own_cpu_s()
        status = self._sandbox.end(self)
        self._release()
        self._closed = Leftovers()
        return status

    def _release(self) -> None:
        self._alive = False
        self._channel.close()
        if self._of:
            self._of.close()
        if self.folder:
            remove_folder(self.folder)


@functools.cache
def nobody() -> bytes:
    """The answer to a call of an object of the grader's outside of a question."""
    from grader.suite_kit.codec import encode  # with numpy, which who only grades by workers need not load

    return encode({"error": ["RuntimeError", "the object of the test is no longer there", ""]})
