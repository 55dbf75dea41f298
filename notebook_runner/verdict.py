"""From what was seen of a run to its failures, the cause before what follows from it; and the executed copy."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_runner.canonical import source_of, stripped
from notebook_runner.course import read_json
from notebook_runner.environment import trace_file
from notebook_runner.job import Job
from notebook_runner.result import Failure
from notebook_runner.trace import read_trace

if TYPE_CHECKING:
    from notebook_runner.engine import Run

FRAME = re.compile(r"^(?:Cell In\[\d+\], line (\d+)|File (\S+?):(\d+), in ([\w.<>]+))", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TOLERANCE = 4.0
"""How far above its budget a notebook fails. The budget counts CPU seconds of a machine that runs nothing else.

What is measured beside a run says how many times more of them this machine takes. Some programs are slowed more than
that: where a virtual machine takes cores away while their clocks run, threads spin for one another, and a notebook on
Spark and Polars took 3.6 times what the measured work made of it. What takes four times its budget all the same does
other work, or more; a run above its budget is named wherever it is reported.
"""


def failures_of(run: "Run", job: Job, cpu_s: float) -> list[Failure]:
    """Every reason to call the run red; empty if it was green."""
    cells = {cell.id: cell for cell in run.nb.cells if cell.cell_type == "code"}
    first = _stopped(run, job, cells) or _raised(cells, job.root) or _did_not_run(run, cells)
    found = [first] if first else []
    unseen = read_trace(trace_file(Path(job.private)))
    found += _unseen_errors(unseen.errors, cells)
    found += _network(run, unseen.refused, run.routes_refused(), cells)
    if run.left:
        message = f"It left {len(run.left)} process(es) running: {'; '.join(run.left)}. End what you start."
        found.append(Failure("process", message))
    return found if run.watch.stopped else [*found, *too_expensive(cpu_s, job.cpu_s, run.watch.slowness.factor)]


def too_expensive(cpu_s: float, budget_s: float, slowness: float) -> list[Failure]:
    """A failure if a run that ended used more CPU seconds than its budget and tolerance, `slowness` times."""
    if cpu_s <= TOLERANCE * budget_s * slowness:
        return []
    message = (
        f"It used {cpu_s:.1f} CPU seconds on a machine {slowness:.1f} times as slow as that of the budgets; its budget "
        f"is {budget_s:g} (mlsd.budget.cpu_s), and up to {TOLERANCE * budget_s * slowness:.3g} pass here."
    )
    return [Failure("cpu", message)]


def _stopped(run: "Run", job: Job, cells: dict[str, Any]) -> Failure | None:
    if not run.watch.stopped and not run.dead:
        return None
    kind, message = run.watch.stopped or "kernel", ""
    if kind == "memory":
        message = f"Stopped at {run.watch.peak_mb:,.0f} MB; its budget is {job.peak_mb:,.0f} (mlsd.budget.peak_mb)."
    elif kind == "wall":
        message = (
            f"Stopped: for {job.stop_s:g} s in all no process of it could go on, five times its {job.cpu_s:g} CPU "
            "seconds (mlsd.budget.cpu_s). A busy machine does not count: it waits for something that does not come."
        )
    elif kind == "cpu":
        message = (
            f"Stopped at {run.watch.cpu_s:.1f} CPU seconds on a machine {run.watch.slowness.factor:.1f} times as slow "
            f"as that of the budgets; its budget is {job.cpu_s:g} (mlsd.budget.cpu_s)."
        )
    else:
        message = "The kernel died while this cell ran or right after it: it was killed, crashed, or ended itself."
    return Failure(kind, message, run.cell_id, _source(cells, run.cell_id))


def _source(cells: dict[str, Any], cell_id: str) -> str:
    return str(cells[cell_id].source) if cell_id in cells else ""


def _raised(cells: dict[str, Any], root: str) -> Failure | None:
    for cell_id, cell in cells.items():
        for output in cell.outputs:
            if output.output_type != "error":
                continue
            if output.ename == "SystemExit":
                message = "SystemExit: the cell ended the run (sys.exit), so that the cells after it never ran."
                return Failure("not run", message, cell_id, cell.source)
            line, frames = _failing_line_and_files(COLOURS.sub("", "\n".join(output.traceback)), root)
            return Failure("error", f"{output.ename}: {output.evalue}", cell_id, cell.source, line, frames)
        if cell.metadata.get("papermill", {}).get("exception"):
            return Failure("error", "The cell failed and said nothing.", cell_id, cell.source)
    return None


def _failing_line_and_files(traceback: str, root: str) -> tuple[int, tuple[str, ...]]:
    """The failing line of the cell, and the files between it and the error, from IPython's traceback."""
    line = 0
    frames: list[str] = []
    for match in FRAME.finditer(traceback):
        if match[1]:
            line, frames = int(match[1]), []
        else:
            name = os.path.expanduser(match[2])
            name = os.path.relpath(name, root) if name.startswith(os.path.join(root, "")) else match[2]
            frames.append(f"{name}:{match[3]} in {match[4]}")
    return line, tuple(frames)


def _did_not_run(run: "Run", cells: dict[str, Any]) -> Failure | None:
    for cell_id, cell in cells.items():
        complete = cell.metadata.get("papermill", {}).get("status") == "completed" and cell.execution_count
        if cell.source.strip() and not complete:
            message = "The cell did not run to its end, though nothing was raised."
            return Failure("not run", message, cell_id, cell.source)
    return None


def _unseen_errors(errors: list[dict[str, Any]], cells: dict[str, Any]) -> Iterator[Failure]:
    for error in errors:
        ran = [cell_id for cell_id, cell in cells.items() if 0 < (cell.execution_count or 0) <= error["count"]]
        holding = [cell_id for cell_id in ran if _line_number(cells[cell_id].source, error["line"])]
        cell_id = (holding or ran or [""])[-1]
        source = _source(cells, cell_id)
        kind = next(kind for kind in ("task", "figure", "thread") if kind in error["where"])
        message = f"In {error['where']}, which no cell shows: {error['error']}"
        yield Failure(kind, message, cell_id, source, _line_number(source, error["line"]))


def _line_number(source: str, line: str) -> int:
    """The number of the first line of `source` that reads `line`, 0 if there is none."""
    lines = [text.strip() for text in source.splitlines()]
    return lines.index(line.strip()) + 1 if line.strip() in lines else 0


def _network(run: "Run", hosts: list[str], packets: int, cells: dict[str, Any]) -> Iterator[Failure]:
    if not packets and not hosts:
        return
    what = f"{', '.join(hosts)} was asked for" if hosts else f"{packets} packet(s) found no route"
    cell_id = run.route_cell or run.cell_id
    message = f"It tried to reach beyond this machine ({what}). Notebooks run offline: use data that is here."
    yield Failure("network", message, cell_id, _source(cells, cell_id))


def claims_failed(file: Path, complete: bool) -> list[Failure]:
    """Each claim in `file` that did not hold, and the lack of any where the run was `complete`."""
    made = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    if not made and complete:
        return [Failure("claim", "it claimed nothing: no cell called claims(), so no seed could show it wrong")]
    failed = [claim for claim in made if not claim["holds"]]
    measured = [f" (measured: {claim['measured']})" if claim["measured"] else "" for claim in failed]
    words = zip(failed, measured, strict=True)
    return [Failure("claim", f"does not hold: {claim['statement']}{figure}") for claim, figure in words]


def write_executed(notebook: Path, executed: Any, to: Path, figures: dict[str, Any]) -> None:
    """Write the notebook as it stands with the outputs of a run, matched by cell id, and the run's figures.

    `executed` is the executed notebook (cells with ids); `figures` go into the notebook metadata under `mlsd_run`.
    """
    ran = {cell["id"]: cell for cell in executed["cells"] if cell["cell_type"] == "code"}
    nb = stripped(read_json(notebook))
    for cell in nb["cells"]:
        if cell["cell_type"] == "code" and cell["id"] in ran and source_of(cell) == source_of(ran[cell["id"]]):
            cell["outputs"] = ran[cell["id"]]["outputs"]
            cell["execution_count"] = ran[cell["id"]]["execution_count"]
    nb["metadata"]["mlsd_run"] = figures
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(nb, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
