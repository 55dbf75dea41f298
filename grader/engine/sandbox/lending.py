"""A session lent to another process of the grader's, which asks the student's process itself; this one watches over it.

So a checker's questions need no process between. What is asked is not known here.
"""

import contextlib
import time
from typing import NoReturn

from grader.engine.sandbox.channel import Channel
from grader.engine.sandbox.levels import SandboxError
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.process import Process
from grader.engine.sandbox.recorder import Recorder
from grader.engine.sandbox.watch import Watch

CLOSED_S = 1.0  # a process that ends closes its channel a moment before
FORGED = "The answer wrote to the channel of the grader."
LOST = {
    "closed": ("crashed", "The answer closed the channel of the grader."),
    "flooded": ("crashed", "The answer sent more than the grader takes."),
    "timeout": ("timeout", "It did not end in its time, nor when it was interrupted."),
}
_now_s = time.monotonic


class SessionDead(SandboxError):
    """The student's process gave no answer. `verdict` is "timeout", "memory" or "crashed"."""

    def __init__(self, verdict: str, text: str) -> None:
        super().__init__(text)
        self.verdict = verdict


class TimedOut(SessionDead):
    """A question took too long; it was interrupted and the session lives."""


class Lending:
    """The part of `Session` that another process asks through. One of both uses the channel at a time."""

    limits: Limits
    folder: str
    verdict: str
    end_text: str
    _channel: Channel
    _asides: Recorder
    _used_s: float
    _alive: bool

    def lend(self) -> tuple[int, int]:
        """The channel's descriptor and the number of the last request."""
        return self._channel.lend()

    def attend(self, descriptor: int, seconds: float) -> bool:
        """Watch over the process while another one asks it; whether `descriptor` can be read within the time."""
        end_s = _now_s() + seconds
        watch = self._endless()
        while (left_s := end_s - _now_s()) > 0:
            if self._channel.wait_beside(descriptor, min(watch.patience_ms(), left_s * 1000), self._asides):
                return True
            if self._alive and watch.look() == "kill":
                with contextlib.suppress(SessionDead):
                    self._stop(watch.reached, watch.text)
        return False

    def take_back(self, number: int, asked_s: float) -> None:
        """The other process is done: the number of its last request, and the wall seconds that it waited."""
        self._channel.take_back(number)
        self._used_s += max(0.0, asked_s)

    def lost(self, why: str, text: str = "") -> SessionDead:
        """What became of the process, from which the one that asked got no answer for the reason `why`."""
        try:
            if self._alive and why == "closed" and self._person().ended(CLOSED_S):
                self._died(self._endless(), self._asides)
            elif self._alive:
                self._stop(*LOST.get(why, ("crashed", text or FORGED)))
        except SessionDead as dead:
            return dead
        return SessionDead(self.verdict or "crashed", self.end_text or "The session is closed.")

    def _endless(self) -> Watch:
        return Watch(self.limits, self._person(), self.folder, float("inf"))

    def _person(self) -> Process:
        raise NotImplementedError

    def _died(self, watch: Watch, recorder: Recorder) -> NoReturn:
        raise NotImplementedError

    def _stop(self, verdict: str, text: str) -> NoReturn:
        raise NotImplementedError
