"""A pool of workers over a class: two jobs in flight each, a dead or stuck worker replaced, the others not disturbed.

It hands records on as they come; writing them is `record.py`'s, grading the workers'. Workers come from a clean process
(multiprocessing's fork server), never from the one that holds the gradebook.
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
from multiprocessing.connection import Connection, wait
from typing import Any

from grader.grading.worker import Done, Task, work
from grader.sandbox.preload_client import PreloadClient
from notebook_runner.fork_server import fork_server

IN_FLIGHT = 2
GATHER_S = 0.5  # answers of so long are recorded in one transaction: each has a cost of its own; a kill costs no more
TRIES = 2
PRELOADED = ["grader.grading.worker", "grader.grading.sealed_grader", "nh3", "psutil"]
MOST_MB = 3_000
SPARE_S = 60.0
F_SETSIG = 10  # of Linux's fcntl.h, which Python's module does not name


@dataclass
class Worker:
    """One process of the pool, and the tasks that it was sent, oldest first."""

    process: Any
    pipe: Connection
    tasks: deque[Task] = field(default_factory=deque)
    since_s: float = 0.0
    spent: bool = False
    core: int | None = None


class Pool:
    """`size` workers. A context manager: at its end no worker is left.

    `most_s` is the longest that one submission may take, `most_mb` the memory at which a worker is replaced; the
    workers' sandboxes and checkers come from `preload`, if there are any. Of several workers each has a core of its
    own, as far as there are cores, so that what one submission does slows no other. `work` is what a worker does, its
    answers are like `Done`, `spec` what it receives; `preloaded` are the modules that every worker has from its start.
    """

    def __init__(
        self, spec: Any, size: int, most_s: float, most_mb: float | None = None,
        preload: PreloadClient | None = None, work: Callable[..., None] = work, preloaded: list[str] = PRELOADED,
    ) -> None:  # fmt: skip
        self.spec, self.size, self.most_s, self.most_mb = spec, size, most_s + SPARE_S, most_mb or MOST_MB
        self.context, self.work = context(preloaded), work
        self.preload = preload
        self.workers: list[Worker] = []
        self.at_once = 1

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            _end(worker)
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
        ours, theirs = self.context.Pipe()
        way = self.preload and self.preload.joined()
        core = self._free_core()
        process = self.context.Process(target=_on_core, args=(core, self.work, theirs, self.spec, way), daemon=False)
        with _no_main_module():
            process.start()
        theirs.close()
        if way is not None:
            way.leave()
        self.workers.append(Worker(process, ours, since_s=time.monotonic(), core=core))

    def _free_core(self) -> int | None:
        """The core that the fewest workers have; None if there is nothing to keep apart."""
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if min(self.at_once, len(cores)) < 2:
            return None
        taken = Counter(worker.core for worker in self.workers)
        return min(cores, key=lambda core: taken[core])

    def _feed(self, waiting: deque[Task]) -> None:
        for worker in self.workers:
            while waiting and len(worker.tasks) < IN_FLIGHT and not worker.spent:
                if not worker.tasks:
                    worker.since_s = time.monotonic()
                task = waiting.popleft()
                worker.tasks.append(task)
                with suppress(OSError):  # a dead worker is met when its answer is waited for
                    worker.pipe.send(task)

    def _answers(self, waiting: deque[Task], tries: dict[str, int], patience_s: float) -> list[Done]:
        busy = [worker for worker in self.workers if worker.tasks]
        ready = set(wait([worker.pipe for worker in busy], timeout=patience_s))
        found = []
        for worker in busy:
            if worker.pipe in ready:
                found += self._received(worker, waiting, tries)
            elif time.monotonic() - worker.since_s > self.most_s:
                found += self._lost(worker, waiting, tries, "it did not come to an end")
        return found

    def _received(self, worker: Worker, waiting: deque[Task], tries: dict[str, int]) -> list[Done]:
        try:
            done: Done = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(5)
            return self._lost(worker, waiting, tries, f"the grader's process ended ({worker.process.exitcode})")
        worker.tasks.popleft()
        worker.since_s = time.monotonic()
        worker.spent = worker.spent or done.held_mb > self.most_mb
        if worker.spent and not worker.tasks:
            self._replace(worker)
        return [done]

    def _lost(self, worker: Worker, waiting: deque[Task], tries: dict[str, int], why: str) -> list[Done]:
        """Replace a worker. The task it was at is tried once more; those behind it wait again."""
        first, *rest = worker.tasks
        worker.tasks.clear()
        worker.spent = True
        self._replace(worker)
        waiting.extendleft(reversed(rest))
        tries[first.student] += 1
        if tries[first.student] < TRIES:
            waiting.append(first)
            return []
        return [Done(first.student, failure=f"not graded in {TRIES} attempts: {why}")]

    def _replace(self, worker: Worker) -> None:
        _end(worker)
        self.workers.remove(worker)
        self._start()


def _on_core(core: int | None, act: Callable[..., None], *arguments: Any) -> None:
    """What a worker's process runs: `act`, confined to `core`, as all will be that it has made for it."""
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


def context(preloaded: list[str] = PRELOADED) -> Any:
    """Where workers come from; the first who asks starts its server."""
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


def _end(worker: Worker) -> None:
    """Close the pipe, upon which a worker that is idle ends itself; kill one that does not."""
    worker.pipe.close()
    if worker.tasks or worker.spent:
        worker.process.kill()
    worker.process.join(3)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
