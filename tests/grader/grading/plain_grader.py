"""A grader without isolation, for tests of what lies around grading: it executes honest cells where it stands."""

import contextlib
import io
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from multiprocessing.connection import Connection
from typing import Any

from grader.grading.records import Job, Result, Verdict
from grader.grading.worker import Spec
from grader.grading.worker_pool import Forked, Process
from grader.grading.worker_process import answer
from grader.suite_kit.points import clamp

PRELOADED = ["grader.grading.worker_process", "nh3", "psutil"]


class PlainGrader:
    """Test cells count by their asserts or by the number in their last line.

    `deadly` names students whose worker dies ("always", or once, marked by a file), `stuck` those who never end, with
    a file that gets the number of each worker which has come to them, `faulty` those at whom the grader fails;
    `pause_s` slows every job down.
    """

    def __init__(
        self,
        pause_s: float = 0.0,
        deadly: Mapping[str, str] | None = None,
        stuck: Mapping[str, str] | None = None,
        faulty: Collection[str] = (),
    ) -> None:
        self.pause_s, self.deadly, self.stuck, self.faulty = pause_s, deadly or {}, stuck or {}, faulty

    def grade(self, job: Job) -> Result:
        time.sleep(self.pause_s)
        if job.student in self.deadly:
            _die(self.deadly[job.student])
        if job.student in self.stuck:
            with open(self.stuck[job.student], "a") as file:
                print(os.getpid(), file=file)
            signal.pause()
        if job.student in self.faulty:
            raise RuntimeError("a fault for tests")
        result = Result({name: _executed(notebook) for name, notebook in job.notebooks.items()})
        for name, notebook in result.notebooks.items():
            names: dict[str, Any] = {}
            for cell in (cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
                entry = cell["metadata"].get("nbgrader", {})
                points = _run(cell["source"], names, entry.get("points", 0.0))
                if entry.get("grade") and not entry.get("solution"):
                    most = entry["points"]
                    verdict = "pass" if points == most else "partial" if points else "fail"
                    result.verdicts.append(Verdict(name, entry["grade_id"], points, most, verdict))
        return result


def plain_worker(settings: Mapping[str, Any] | None = None) -> Callable[..., Process]:
    """What starts a worker that grades by a `PlainGrader` of these settings, in place of `WorkerProcess`."""

    def start(spec: Spec, preload: object, core: int | None) -> Process:
        return Forked(core, PRELOADED, work, spec, settings or {})

    return start


def work(pipe: Connection, spec: Spec, settings: Mapping[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    grader = PlainGrader(**settings)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(answer(spec, pipe.recv(), grader.grade))


def _die(marker: str) -> None:
    """End this process; only the first time if `marker` is a path."""
    if marker != "always":
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)


def _executed(notebook: dict[str, Any]) -> dict[str, Any]:
    return {**notebook, "cells": [dict(cell) for cell in notebook["cells"]]}


def _run(source: str, names: dict[str, Any], maximum: float) -> float:
    last = (source.splitlines() or [""])[-1]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(source, names)
            value = eval(last, names) if last.isidentifier() else None
    except Exception:
        return 0.0
    return clamp(maximum if value is None else value, maximum)
