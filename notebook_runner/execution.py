"""Runs one notebook in a process of its own and gives back what came of it."""

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from notebook_runner import isolation
from notebook_runner.course import Notebook
from notebook_runner.job import Job
from notebook_runner.result import Failure, Result

OnCell = Callable[[int, int, str], None]
HANGS, GRACE_S = 20, 60
"""The worker stops a run by what it uses; this ends a worker that itself hangs, and no machine is as busy as that.

So many times the notebook's limit, and what starting a kernel and ending a tree may take.
"""


def executed_path(root: Path, name: str) -> Path:
    """Where the executed copy of a notebook is kept, for the site and for its author."""
    return root / ".mlsd" / "executed" / name


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for one run, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mlsd-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def execute(
    root: Path, notebook: Notebook, private: Path, on_cell: OnCell | None = None, seed: int | None = None,
    keep: bool = True,
) -> Result:  # fmt: skip
    """The result of running `notebook` now, offline and under its budget, with `private` as its own folder.

    `on_cell` is called before each code cell with its index, the number of cells and its id. With a `seed`, that is
    the notebook's parameter `seed`, and failed claims are failures of the result; then, and without `keep`, no executed
    copy is kept.
    """
    started = time.time()
    command = [
        sys.executable,
        "-P",  # the working folder may be a stranger's: its json.py is not ours
        "-m",
        "notebook_runner.worker",
        json.dumps(dataclasses.asdict(_job(root, notebook, private, seed, keep))),
    ]
    with open(private / "log", "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        message = _listen(process, HANGS * notebook.budget.stop_s + GRACE_S, on_cell)
    _end_strays(private)
    log_text = (private / "log").read_text(errors="replace")
    return dataclasses.replace(_result(notebook, message, started, log_text), seed=seed)


def _job(root: Path, notebook: Notebook, private: Path, seed: int | None, keep: bool) -> Job:
    return Job(
        parent=os.getpid(),
        notebook=str(notebook.path),
        root=str(root),
        private=str(private),
        executed=str(executed_path(root, notebook.name) if keep and seed is None else private / "executed.ipynb"),
        cpu_s=notebook.budget.cpu_s,
        peak_mb=notebook.budget.peak_mb,
        stop_s=notebook.budget.stop_s,
        cores=notebook.cores,
        offline=isolation.wanted(),
        seed=seed,
    )


def _listen(process: "subprocess.Popen[str]", limit_s: float, on_cell: OnCell | None) -> dict[str, Any]:
    """The worker's last message, or an empty one if it ended without; the worker is gone afterwards."""
    killer = threading.Timer(limit_s, process.kill)
    killer.start()
    last: dict[str, Any] = {}
    try:
        assert process.stdout is not None
        for line in process.stdout:
            message = json.loads(line)
            if "cell" not in message:
                last = message
            elif on_cell is not None:
                on_cell(message["index"], message["total"], message["cell"])
        process.wait()
    finally:
        killer.cancel()
        if process.poll() is None:
            process.terminate()
            process.wait()
    return last


def _end_strays(private: Path) -> None:
    """Kill what a worker left that was itself killed: every process whose environment names the private folder."""
    if not sys.platform.startswith("linux"):
        return
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("MLSD_HOME") == str(private / "home"):
                process.kill()


def _result(notebook: Notebook, message: dict[str, Any], started: float, log: str) -> Result:
    if "outcome" in message:
        outcome = {"notebook": notebook.name, "at": started, "cached": False, "why": (), **message["outcome"]}
        return Result.from_json(outcome)
    if "refused" in message:
        reason = (
            f"A {isolation.NAMESPACE} is demanded (CI or MLSD_OFFLINE=namespace), and this machine offers only: "
            f"{message['refused']}. Allow unprivileged user namespaces, or set MLSD_OFFLINE=hook to go without."
        )
        failure = Failure("network", reason)
    else:
        tail = "\n".join(log.strip().splitlines()[-15:])
        failure = Failure("runner", f"The runner's process ended without a result. It said last:\n{tail}")
    return Result(notebook.name, (failure,), wall_s=time.time() - started, at=started)
