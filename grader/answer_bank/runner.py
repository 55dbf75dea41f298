"""Runs the cells of one answer in a fresh process, as a kernel would, and hands back what its tests gave.

A test compares this short way with nbgrader's own execution. Processes are forked from one that has imported what the
exercise needs, so an answer starts within milliseconds, in a clean state.
"""

import ast
import contextlib
import importlib
import linecache
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from grader.suite_kit.score_sheet import ended_at_a_loss
from notebook_runner.fork_server import fork_server

Cells = list[tuple[str, str]]
LIMIT_S = 180.0
WARMED = "grader.answer_bank.warmed"
# One thread a library: a fork must not meet threads, and timings not each other.
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass
class Result:
    """Points and table of each test, errors of other cells by id, CPU seconds.

    `margins`: by criterion that a processor decides, how many times better than required the figure is.
    """

    points: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    cpu_s: float = 0.0
    margins: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """An answer's cells, and the tests among them that are run.

    `maxima`: the tests' points, where only a loss is asked for: nothing runs after the first. Tests that a clock
    decides are `measured`: they judge a criterion again, so they run to their end.
    """

    cells: Cells
    tests: list[str]
    maxima: Mapping[str, float] = field(default_factory=dict)
    measured: frozenset[str] = frozenset()


def run_all(
    jobs: Sequence[Job], folder: Path, preload: Sequence[str], workers: int = 2,
    limit_s: float = LIMIT_S, limit_cpu_s: int | None = None,
) -> Iterator[tuple[int, Result]]:  # fmt: skip
    """(number of the job, its result) as jobs end.

    An answer is ended after `limit_s` seconds, and after `limit_cpu_s` of CPU time where the system can do that. All
    meet the public cases.
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in THREADS.items()})
    preload = [*preload, WARMED]
    context = fork_server(preload)
    stopped, running = context.Pipe(duplex=False)
    with stopped, ThreadPoolExecutor(workers) as pool, running:  # closed before the pool waits for its answers
        started = {
            pool.submit(_run_one, context, (job, str(folder), preload, limit_cpu_s), limit_s, stopped): number
            for number, job in enumerate(jobs)
        }
        try:
            for future in as_completed(started):
                yield started[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _run_one(context: Any, job: tuple[Any, ...], limit_s: float, stopped: Connection) -> Result:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, *job))
    process.start()
    theirs.close()
    result = Result(errors={"process": f"the answer was ended after {limit_s:g} s"})
    try:
        if ours in wait([ours, stopped], limit_s):
            result = ours.recv()
    except EOFError:
        process.join(1)  # no longer: an answer may close the channel and go on
        looped = sys.platform != "win32" and process.exitcode == -signal.SIGXCPU
        died = f"the answer was ended after {job[-1]} s of CPU time" if looped else "the answer's process died"
        result = Result(errors={"process": died})
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
    return result


def _child(reply: Any, job: Job, folder: str, preload: list[str], limit_cpu_s: int | None) -> None:
    if limit_cpu_s and sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (limit_cpu_s, limit_cpu_s + 1))
    os.chdir(folder)
    for name in preload:  # a process has one fork server: another user of it may have started it without these
        importlib.import_module(name)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        result = run_cells(job)
    reply.send(result)
    reply.close()
    os._exit(0)  # threads that an answer left behind must not keep the process


def run_cells(job: Job) -> Result:
    """Runs a job's cells in order in this process, in one namespace; a cell that raises does not stop the others."""
    before_s, tests = time.process_time(), job.tests
    result, namespace = Result(), {"__name__": "__main__", "__builtins__": __builtins__}
    for name, source in job.cells:
        if name.startswith("test-") and name not in tests:
            continue
        early = job.maxima and name not in job.measured
        try:
            with ended_at_a_loss() if early else contextlib.nullcontext():
                value = run_cell(name, source, namespace)
        except BaseException as error:
            result.errors[name] = "".join(traceback.format_exception_only(error)).strip()
        else:
            if name in tests:
                result.points[name] = float(value)
                result.texts[name] = value.report.text()
                rows = getattr(value.report, "criteria", ())  # of a sheet; a suite's own report may have none
                result.margins |= {f"{row.name}, {row.required}": row.margin for row in rows if row.margin is not None}
        if job.maxima and name in tests and result.points.get(name, 0.0) < job.maxima[name]:
            break
    result.cpu_s = time.process_time() - before_s
    return result


def run_cell(name: str, source: str, namespace: dict[str, Any]) -> Any:
    """The value of the last expression of one cell, or None. Its source can be found by `inspect`, as in a kernel."""
    file = f"<cell {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = ast.parse(source, file)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, file, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), file, "eval"), namespace) if isinstance(last, ast.Expr) else None
