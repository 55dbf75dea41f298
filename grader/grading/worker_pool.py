"""A pool of workers over a class: two jobs in flight each, a dead or stuck worker replaced, the others not disturbed.

It hands records on as they come; writing them is `record.py`'s, grading the workers'. A worker is a fork of a clean
process, never of the one that holds the gradebook.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any, Protocol

from grader.grading.worker import Done, Task
from grader.sandbox import SandboxError
from notebook_runner.fork_server import fork_server

IN_FLIGHT = 2
GATHER_S = 0.5  # answers of so long are recorded in one transaction: each has a cost of its own; a kill costs no more
TRIES = 2
STARTS = 3  # a worker that cannot start so often, with no answer in between, is no accident
SPARE_S = 60.0
F_SETSIG = 10  # of Linux's fcntl.h, which Python's module does not name


class Process(Protocol):
    """A worker's process, and the way to it."""

    def send(self, task: Task) -> None:
        """Have it answer a task. Raises `ConnectionError` if it is gone."""

    def recv(self) -> Any:
        """Its next answer.

        Raises `EOFError` or `OSError`, with what is known of its end, if it is gone, `SandboxError` if it never began.
        """

    def fileno(self) -> int:
        """What can be read from once there is an answer."""

    def end(self, at_once: bool) -> None:
        """End it; one that is idle may do so by itself, unless `at_once`."""


class Forked:
    """A process of multiprocessing's fork server, which has loaded `preloaded`: `work` with its end of a pipe and more.

    It has the processor core `core`, if that is not None.
    """

    def __init__(self, core: int | None, preloaded: list[str], work: Callable[..., None], *more: Any) -> None:
        made_by = context(preloaded)
        self._pipe, theirs = made_by.Pipe()
        self._process = made_by.Process(target=_on_core, args=(core, work, theirs, *more), daemon=False)
        with _no_main_module():
            self._process.start()
        theirs.close()

    def send(self, task: Task) -> None:
        self._pipe.send(task)

    def recv(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)
            raise EOFError(f"({self._process.exitcode})") from None

    def fileno(self) -> int:
        return int(self._pipe.fileno())

    def end(self, at_once: bool) -> None:
        self._pipe.close()
        if at_once:
            self._process.kill()
        self._process.join(3)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@dataclass
class Worker:
    """One process of the pool, and the tasks that it was sent, oldest first."""

    process: Process
    tasks: deque[Task] = field(default_factory=deque)
    since_s: float = 0.0
    core: int | None = None


class Pool:
    """`size` workers. A context manager: at its end no worker is left.

    `start` begins one, on the processor core that it is given. Of several workers each has a core of its own, as far as
    there are cores, so that what one submission does slows no other. Answers are like `Done`. `most_s` is the longest
    that one may take.
    """

    def __init__(self, start: Callable[[int | None], Process], size: int, most_s: float) -> None:
        self.start, self.size, self.most_s = start, size, most_s + SPARE_S
        self.workers: list[Worker] = []
        self.at_once, self.failed_starts = 1, 0

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.process.end(at_once=bool(worker.tasks))
        self.workers = []

    def run(self, tasks: list[Task]) -> Iterator[list[Done]]:
        """All answers, those together that came within `GATHER_S`. Each student is answered exactly once."""
        waiting, tries = deque(tasks), dict.fromkeys((task.student for task in tasks), 0)
        self.at_once = min(self.size, len(tasks))
        for _ in range(self.at_once - len(self.workers)):  # there are some already if this is not its first run
            self._start()
        left, since_s = len(tasks), 0.0
        held: list[Done] = []
        while left:
            self._feed(waiting)
            answers = self._answers(waiting, tries, GATHER_S if held else 1.0)
            left -= len(answers)
            since_s = since_s if held else time.monotonic()
            held += answers
            if held and (not left or time.monotonic() - since_s >= GATHER_S):
                self._feed(waiting)  # so that nobody is idle while the answers are recorded
                yield held
                held = []

    def _start(self) -> None:
        core = self._free_core()
        self.workers.append(Worker(self.start(core), since_s=time.monotonic(), core=core))

    def _free_core(self) -> int | None:
        """The core that the fewest workers have; None if there is nothing to keep apart."""
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if min(self.at_once, len(cores)) < 2:
            return None
        taken = Counter(worker.core for worker in self.workers)
        return min(cores, key=lambda core: taken[core])

    def _feed(self, waiting: deque[Task]) -> None:
        for worker in self.workers:
            while waiting and len(worker.tasks) < IN_FLIGHT:
                if not worker.tasks:
                    worker.since_s = time.monotonic()
                task = waiting.popleft()
                worker.tasks.append(task)
                with suppress(ConnectionError):  # a dead worker is met when its answer is waited for
                    worker.process.send(task)

    def _answers(self, waiting: deque[Task], tries: dict[str, int], patience_s: float) -> list[Done]:
        busy = [worker for worker in self.workers if worker.tasks]
        ways: list[Any] = [worker.process for worker in busy]
        ready = set(wait(ways, timeout=patience_s))
        found = []
        for worker in busy:
            if worker.process in ready:
                found += self._received(worker, waiting, tries)
            elif time.monotonic() - worker.since_s > self.most_s:
                found += self._lost(worker, waiting, tries, "it did not come to an end")
        return found

    def _received(self, worker: Worker, waiting: deque[Task], tries: dict[str, int]) -> list[Done]:
        try:
            done: Done = worker.process.recv()
        except (EOFError, OSError) as error:
            return self._lost(worker, waiting, tries, f"the grader's process ended {error}".rstrip())
        except SandboxError:
            self.failed_starts += 1
            if self.failed_starts == STARTS:
                raise
            tries[worker.tasks[0].student] -= 1  # that was no attempt
            return self._lost(worker, waiting, tries, "")
        self.failed_starts = 0
        worker.tasks.popleft()
        worker.since_s = time.monotonic()
        return [done]

    def _lost(self, worker: Worker, waiting: deque[Task], tries: dict[str, int], why: str) -> list[Done]:
        """Replace a worker. The task it was at is tried once more; those behind it wait again."""
        first, *rest = worker.tasks
        worker.tasks.clear()
        worker.process.end(at_once=True)
        self.workers.remove(worker)
        self._start()
        waiting.extendleft(reversed(rest))
        tries[first.student] += 1
        if tries[first.student] < TRIES:
            waiting.append(first)
            return []
        return [Done(first.student, failure=f"not graded in {TRIES} attempts: {why}")]


def _on_core(core: int | None, act: Callable[..., None], *arguments: Any) -> None:
    """What a worker's process runs: `act`, confined to `core`, for as long as the grader lives."""
    _end_with_grader()
    if core is not None:
        os.sched_setaffinity(0, {core})
    act(*arguments)


def _end_with_grader() -> None:
    """Have the kernel kill this process as soon as the grader's is gone, also in the middle of a submission.

    A worker's parent is multiprocessing's fork server, which waits for its workers. What ends with the grader is the
    pipe behind `sentinel`: when its other end is closed, the kernel sends a signal of our choice.
    """
    grader = multiprocessing.parent_process()
    if grader is None or sys.platform != "linux":
        return
    import fcntl

    fcntl.fcntl(grader.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(grader.sentinel, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(grader.sentinel, fcntl.F_SETFL, os.O_ASYNC)
    if wait([grader.sentinel], timeout=0):  # it was gone before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)


def context(preloaded: list[str]) -> Any:
    """Where forked workers come from; the first who asks starts its server."""
    return fork_server(preloaded)


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Meanwhile multiprocessing finds no file of the main module, which it would run anew in every worker."""
    known = vars(sys.modules["__main__"])
    file = known.pop("__file__", None)
    try:
        yield
    finally:
        if file is not None:
            known["__file__"] = file
