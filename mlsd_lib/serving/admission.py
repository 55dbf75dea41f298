"""Admission to work that is done one request at a time: in order of arrival, with a queue that has an end.

A batcher answers several requests by one call of a model. Here each request is part of the history of the next, so that
they take turns; and one that has begun is finished and answered, since what it decided stays.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from mlsd_lib.serving.batcher import Shed


class Admission:
    """Gives turns to threads: one works, others wait in order. Every `enter` that returns is followed by a `leave`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._line: deque[threading.Event] = deque()  # the first of them works

    def enter(self, queue_limit: int, within_s: float = math.inf) -> threading.Event:
        """Returns once the caller may work, with what `leave` takes.

        Raises `Shed` where `queue_limit` others wait already, or where the turn does not come within `within_s`.
        """
        deadline_s, turn = self._clock() + within_s, threading.Event()
        with self._lock:
            if len(self._line) > queue_limit:
                raise Shed(f"{queue_limit} requests wait already.")
            self._line.append(turn)
            self._line[0].set()
        if turn.wait(None if math.isinf(within_s) else within_s) and self._clock() < deadline_s:
            return turn
        self.leave(turn)
        raise Shed(f"Its turn did not come within {within_s:g} s.")

    def waiting(self) -> int:
        """How many wait now; who works does not."""
        return max(len(self._line) - 1, 0)

    def leave(self, turn: threading.Event) -> None:
        """Ends a turn, or a wait for it; the next in line works."""
        with self._lock:
            self._line.remove(turn)
            if self._line:
                self._line[0].set()
