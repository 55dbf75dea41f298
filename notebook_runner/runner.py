"""Runs a notebook if it must: first what no run would show, then the record of its last run, then the run itself.

Records lie in `.mlsd/records`, and what passed also in the user's store, for other checkouts; deleting either only
costs time. A failed run leaves its figures, never a reason to skip the next.
"""

import contextlib
import dataclasses
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from notebook_runner import fingerprint, isolation
from notebook_runner.canonical import source_of, stripped, unseen_faults
from notebook_runner.course import Notebook, NotebookError, read_json, read_notebook
from notebook_runner.earlier_runs import keep_run, kept_run, take_back
from notebook_runner.environment import trace_file
from notebook_runner.execution import OnCell, execute, executed_path, private_folder
from notebook_runner.result import Failure, Result
from notebook_runner.tools import demanded, missing
from notebook_runner.trace import read_trace
from notebook_runner.whole_file import write_whole


def check(
    root: Path, path: Path, force: bool = False, on_cell: OnCell | None = None, seed: int | None = None
) -> Result:
    """The verdict on a run of the notebook at `path`, made now unless nothing changed since the last.

    What was saved in it does not count, nor does its form: a copy without outputs is run.

    `force` runs it in any case; `on_cell` hears of each code cell that begins (index, number of cells, id);
    `seed` sets the notebook's own, and each claim that then fails is a failure. Every seed has a record of its own.
    """
    try:
        notebook = read_notebook(root, path)
    except NotebookError as error:
        return Result(_name(root, path), (Failure("metadata", str(error)),), seed=seed)
    if unseen := tuple(_unseen(notebook.path)):
        return Result(notebook.name, unseen, seed=seed)
    if demanded() and (gone := missing(notebook.tools, root)):
        message = f"It calls {', '.join(gone)}, which is missing, and here no section may be left out: make tools"
        return Result(notebook.name, (Failure("tools", message),), seed=seed)
    reasons = ["--force"] if force else why(root, notebook, seed)
    if reasons and not force and (kept := kept_run(root, notebook, seed)):
        _write_record(root, _key(notebook.name, seed), kept)
        reasons = why(root, notebook, seed)
    if not reasons:
        if seed is None:
            _refresh(root, notebook)
        last = last_result(root, notebook.name, seed) or Result(notebook.name, seed=seed)
        return dataclasses.replace(last, cached=True, why=())
    with alone_if_needed(root, notebook.cores):
        return _run(root, notebook, reasons, on_cell, seed)


def _unseen(path: Path) -> Iterator[Failure]:
    for cell in stripped(read_json(path))["cells"]:
        for fault in unseen_faults(cell):
            yield Failure("not run", fault, cell["id"], source_of(cell))


def _name(root: Path, path: Path) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")


def _run(root: Path, notebook: Notebook, reasons: list[str], on_cell: OnCell | None, seed: int | None) -> Result:
    started_ns = time.time_ns()
    before = fingerprint.static_parts(root, notebook)
    with private_folder() as private:
        ran = execute(root, notebook, private, on_cell, seed)
        result = dataclasses.replace(ran, why=tuple(reasons), left_out=missing(notebook.tools, root))
        depends: dict[str, Any] = {}
        if result.passed:
            opened = fingerprint.opened_parts(root, private, read_trace(trace_file(private)))
            moved = [name for name, state in opened["files"].items() if state and state[1] >= started_ns]
            depends = {"moved": moved[0]} if moved else {**before, **opened}
        else:
            take_back(notebook, seed, before)
    record = {"result": result.to_json(), "depends": depends}
    _write_record(root, _key(notebook.name, seed), record)
    keep_run(root, notebook, record, seed)
    return result


def why(root: Path, notebook: Notebook, seed: int | None = None) -> list[str]:
    """What makes the notebook run, in words; empty if nothing that it depends on changed since it last passed."""
    record = _read_record(root, _key(notebook.name, seed))
    if record is None:
        return ["it has not run here yet"]
    result, depends = Result.from_json(record["result"]), record["depends"]
    if not result.passed:
        return ["its last run failed"]
    if "moved" in depends:
        return [f"{depends['moved']} changed while it ran"]
    if isolation.wanted() == isolation.NAMESPACE and result.offline != isolation.NAMESPACE:
        return [f"it ran without a {isolation.NAMESPACE}"]
    if seed is None and not executed_path(root, notebook.name).exists():
        return ["its executed copy is gone"]
    static = fingerprint.static_parts(root, notebook)
    if depends.get("runner") != static["runner"]:  # what it wrote down may have had another form
        return fingerprint.runner_differences(depends.get("runner", {}), static["runner"])
    now = {**static, **fingerprint.opened_parts_now(root, depends)}
    return fingerprint.differences(depends, now)


def _refresh(root: Path, notebook: Notebook) -> None:
    """Bring prose that changed into the executed copy, so that the site shows the notebook as it is."""
    copy = executed_path(root, notebook.name)
    if copy.stat().st_mtime_ns < notebook.path.stat().st_mtime_ns:
        from notebook_runner.verdict import write_executed

        executed = read_json(copy)
        write_executed(notebook.path, executed, copy, executed["metadata"]["mlsd_run"])


def last_result(root: Path, name: str, seed: int | None = None) -> Result | None:
    """The result of the last run of a notebook here, with its own seed or with `seed`; None if there was none."""
    record = _read_record(root, _key(name, seed))
    return Result.from_json(record["result"]) if record else None


def longest_first(root: Path, paths: Iterable[Path]) -> list[Path]:
    """The notebooks by CPU seconds of their last run, or by budget where there was none, longest first."""

    def seconds(path: Path) -> float:
        last = last_result(root, _name(root, path))
        if last is not None and last.cpu_s:
            return last.cpu_s
        with contextlib.suppress(NotebookError):
            return read_notebook(root, path).budget.cpu_s
        return 0.0

    return sorted(paths, key=lambda path: (-seconds(path), str(path)))


def runs_alone(path: Path) -> bool:
    """Whether no other notebook may run beside this one, since it asks for more than one core."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        stated = json.loads(path.read_text(encoding="utf-8"))["metadata"]["mlsd"].get("cores", 1)
        return isinstance(stated, int) and stated > 1
    return False


def _key(name: str, seed: int | None) -> str:
    return name if seed is None else f"{name} seed {seed}"


def _record_path(root: Path, name: str) -> Path:
    return root / ".mlsd" / "records" / (re.sub(r"[^\w.-]+", "--", name) + ".json")


def _read_record(root: Path, name: str) -> dict[str, Any] | None:
    """The record, or None where there is none or one that an earlier runner wrote in another form."""
    try:
        record = json.loads(_record_path(root, name).read_text(encoding="utf-8"))
        Result.from_json(record["result"])
        return record if isinstance(record["depends"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_record(root: Path, name: str, record: dict[str, Any]) -> None:
    path = _record_path(root, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(record).encode(), lasting=False)
    except OSError as error:
        raise NotebookError(
            f"The record of a run cannot be written to {path} ({error.strerror}). Make {root / '.mlsd'} writable."
        ) from error


@contextlib.contextmanager
def alone_if_needed(root: Path, cores: int) -> Iterator[None]:
    """Hold this machine for a notebook that needs more than one core; share it with others otherwise.

    Two locks, across processes: whoever waits to be alone holds the first, so that no newcomer slips in before.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system: notebooks run as they come
        yield
        return
    folder = root / ".mlsd"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock-entrance", "w") as entrance, open(folder / "lock-machine", "w") as machine:
        fcntl.flock(entrance, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if cores > 1 else fcntl.LOCK_SH)
        fcntl.flock(entrance, fcntl.LOCK_UN)
        yield
