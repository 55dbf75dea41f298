"""One worker: a process that reads, rebuilds and grades one submission after the other and writes nothing.

It holds the tests and never runs student code: that is the sandbox's. It ends with the process that started it.
"""

import importlib
import os
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from grader.grading.intake.submission import Assignment, Submission, submission
from grader.grading.mark_digests import answers_digest
from grader.grading.output.render import Graded, finish
from grader.grading.records import Job, Result
from grader.sandbox.isolation import syscalls
from grader.sandbox.preload_client import PreloadClient
from notebook_runner import process_stats

GRADER = "grader.grading.sealed_grader:SealedGrader"
JOBS_PER_MEMORY_LOOK = 10  # a worker's memory is looked at once in so many jobs: that takes as long as a small job


class Grader(Protocol):
    """What a worker grades with, for as long as it lives."""

    def grade(self, job: Job) -> Result:
        """The result of one job."""

    def close(self) -> None:
        """End what it started."""


@dataclass(frozen=True)
class Spec:
    """What every worker of a batch receives. `grader` is "module:class", called with `shared`, `preload`, options.

    `test_digests` as `grader.grading.mark_digests` gives it; it goes into each student's results.
    """

    shared: Assignment
    grader: str = GRADER
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    test_digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One student to grade: the folder handed in, and the digest of the job that is recorded already.

    `mine` is the submission, if it was read elsewhere; `previous_answers_digest` and `round_number` are of what was
    graded before.
    """

    student: str
    folder: Path
    recorded: str = ""
    mine: Submission | None = None
    previous_answers_digest: str = ""
    round_number: int = 1

    def read(self, shared: Assignment) -> Submission:
        """The submission. One that was graded before keeps its round; any other is of the round that is open."""
        found = self.mine or submission(shared, self.student, self.folder)
        if self.previous_answers_digest and self.previous_answers_digest == answers_digest(found):
            found.job = replace(found.job, round_number=self.round_number)
        return found


@dataclass
class Done:
    """A worker's answer about one student: the record, or None if nothing is to be done, or why there is none.

    `trace` is the traceback of a fault of ours. `task`: the submission was only read, and is still to be graded.
    """

    student: str
    graded: Graded | None = None
    failure: str = ""
    trace: str = ""
    held_mb: float = 0.0
    spent_s: dict[str, float] = field(default_factory=dict)
    task: Task | None = None


def work(pipe: Connection, spec: Spec, preload: PreloadClient | None) -> None:
    """Answer each `Task` that comes through `pipe` with a `Done`, until it is closed."""
    _settle(spec)
    grader, number = _opened(spec, preload), 0
    try:
        while True:
            done = _one(spec, grader, pipe.recv())
            done.held_mb = 0.0 if number % JOBS_PER_MEMORY_LOOK else process_stats.family_resident_mb(os.getpid())
            number += 1
            pipe.send(done)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    finally:
        grader.close()


def reading(pipe: Connection, spec: Spec, preload: PreloadClient | None) -> None:
    """Answer each `Task` with a `Done` that carries what was read, to be graded on another machine."""
    _settle(spec)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            task: Task = pipe.recv()
            with _faults_told(task.student) as done:
                mine = task.read(spec.shared)
                if mine.job.digest() != task.recorded:
                    done.task = replace(task, mine=mine)
            pipe.send(done)


def _settle(spec: Spec) -> None:
    """End with the process that started this one, leave interrupts to it, and know its environment."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(spec.environment)


def _opened(spec: Spec, preload: PreloadClient | None) -> Grader:
    module, _, name = spec.grader.partition(":")
    found: Grader = getattr(importlib.import_module(module), name)(spec.shared, preload=preload, **spec.options)
    return found


def _one(spec: Spec, grader: Grader, task: Task) -> Done:
    with _faults_told(task.student) as done:
        started_s = time.perf_counter()
        mine = task.read(spec.shared)
        digest = mine.job.digest()
        if digest == task.recorded:
            return done
        read_s = time.perf_counter()
        result = grader.grade(mine.job) if mine.job.notebooks else Result({})
        graded_s = time.perf_counter()
        done.graded = finish(mine, result, digest, {**spec.test_digests, "answers": answers_digest(mine)})
        ended_s = time.perf_counter()
        done.spent_s = {"read": read_s - started_s, "grade": graded_s - read_s, "finish": ended_s - graded_s}
    return done


@contextmanager
def _faults_told(student: str) -> Iterator[Done]:
    """An answer about `student` to be filled; what goes wrong meanwhile is its failure."""
    done = Done(student)
    try:
        yield done
    except OSError as error:
        done.failure = f"the submission cannot be read: {error}"
    except Exception as error:
        done.failure, done.trace = f"the grader failed ({type(error).__name__}: {error})", traceback.format_exc()
