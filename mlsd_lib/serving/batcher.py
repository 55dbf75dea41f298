"""A dynamic batcher: requests that arrive while the model works are answered together by its next call.

Threads of a server `submit` one row each and wait for its answer; one worker thread calls the model with up to
`most_rows` of those that wait. A queue that is full, and a deadline that has passed, are answered at once: work that
nobody will use is not begun.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from werkzeug.exceptions import ServiceUnavailable

from mlsd_lib.serving.errors import ServingError

Row = TypeVar("Row")
Answer = TypeVar("Answer")
RETRY_AFTER_S = 1


class Shed(ServiceUnavailable):
    """A request that is not served: the queue is full, its deadline has passed, the service ends or lacks something.

    Raised inside a Flask app it is an answer with status 503 and Retry-After.
    """

    def __init__(self, reason: str):
        super().__init__(reason, retry_after=RETRY_AFTER_S)
        self.reason = reason


@dataclass
class _Waiting(Generic[Row, Answer]):
    row: Row
    since_s: float
    deadline_s: float
    answer: "Future[Answer]" = field(default_factory=Future)


class DynamicBatcher(Generic[Row, Answer]):
    """Calls `predict` with lists of rows, for as many callers of `submit`; close it, or use it in a `with`.

    A batch begins once `most_rows` wait or the oldest has waited `wait_s`; with 0 it begins as soon as the model is
    free, and grows by itself under load. At most `queue_limit` rows wait. `batches` counts calls of the model by their
    number of rows. Raises `ServingError` for values out of range.
    """

    def __init__(
        self,
        predict: Callable[[list[Row]], Sequence[Answer]],
        most_rows: int = 32,
        wait_s: float = 0.0,
        queue_limit: int = 256,
        clock: Callable[[], float] = time.monotonic,
    ):
        if not (most_rows >= 1 and wait_s >= 0 and queue_limit >= most_rows):
            raise ServingError(
                f"A batcher has most_rows {most_rows}, wait_s {wait_s}, queue_limit {queue_limit}; it takes at least "
                "one row, waits no negative time, and lets at least one batch wait. Correct the one that does not hold."
            )
        self.predict, self.most_rows, self.wait_s, self.queue_limit = predict, most_rows, wait_s, queue_limit
        self.batches: dict[int, int] = {}
        self._clock, self._closed = clock, False
        self._queue: deque[_Waiting[Row, Answer]] = deque()
        self._changed = threading.Condition()
        self._worker = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._worker.start()

    def submit(self, row: Row, within_s: float = float("inf")) -> Answer:
        """The model's answer for `row`; whatever `predict` raises for its batch is raised here.

        Raises `Shed` where the queue is full, the batcher is closed, or no answer came within `within_s`.
        """
        now = self._clock()
        waiting: _Waiting[Row, Answer] = _Waiting(row, now, now + within_s)
        with self._changed:
            if self._closed:
                raise Shed("The service ends.")
            if len(self._queue) >= self.queue_limit:  # who gave up leaves its place
                self._queue = deque(other for other in self._queue if not self._given_up(other))
            if len(self._queue) >= self.queue_limit:
                raise Shed(f"{self.queue_limit} requests wait already.")
            self._queue.append(waiting)
            self._changed.notify()
        try:
            return waiting.answer.result(None if within_s == float("inf") else within_s)
        except TimeoutError:
            if waiting.answer.cancel():
                raise Shed(f"No answer within {within_s:g} s.") from None
            return waiting.answer.result()  # answered in this very moment

    def waiting(self) -> int:
        """How many rows wait now."""
        return len(self._queue)

    def close(self) -> None:
        """Serves whoever waits, refuses whoever comes, and ends the worker."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._worker.join()

    def __enter__(self) -> "DynamicBatcher[Row, Answer]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while batch := self._next_batch():
            self.batches[len(batch)] = self.batches.get(len(batch), 0) + 1
            try:
                answers = list(self.predict([waiting.row for waiting in batch]))
                if len(answers) != len(batch):
                    raise ServingError(f"predict gave {len(answers)} answers for {len(batch)} rows; it owes one a row.")
            except BaseException as error:  # also SystemExit: a worker that ends would leave all callers waiting
                raised = error if isinstance(error, Exception) else ServingError(f"predict ended with {error!r}.")
                for waiting in batch:
                    _settle(waiting.answer.set_exception, raised)
            else:
                for waiting, answer in zip(batch, answers, strict=True):
                    _settle(waiting.answer.set_result, answer)

    def _next_batch(self) -> list[_Waiting[Row, Answer]]:
        """The next rows to be served, as soon as they may begin; empty once closed and served."""
        with self._changed:
            while True:
                while self._queue and self._given_up(self._queue[0]):
                    self._queue.popleft()
                if not self._queue:
                    if self._closed:
                        return []
                    self._changed.wait()
                    continue
                left_s = self._queue[0].since_s + self.wait_s - self._clock()
                if len(self._queue) >= self.most_rows or left_s <= 0 or self._closed:
                    break
                self._changed.wait(left_s)
            batch: list[_Waiting[Row, Answer]] = []
            while self._queue and len(batch) < self.most_rows:
                waiting = self._queue.popleft()
                if not self._given_up(waiting):
                    batch.append(waiting)
            return batch

    def _given_up(self, waiting: _Waiting[Row, Answer]) -> bool:
        return waiting.answer.cancelled() or waiting.deadline_s <= self._clock()


def _settle(give: Callable[..., None], value: object) -> None:
    """Gives a caller an answer; one whose deadline passed meanwhile has gone."""
    try:
        give(value)
    except InvalidStateError:
        return
