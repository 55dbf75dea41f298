"""nbgrader's own execution of a submission, with its two ways of ending a whole batch closed.

A kernel that dies or that no interrupt can stop costs the cell at fault and those after it, not the submission; one
submission has a limit in all. It plugs in where nbgrader lets preprocessors be named. What was handed in was rebuilt
before, as for the engine.
"""

import subprocess
import time
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute

from grader.course import Course

STOPPED = "CellTimeoutError"
DIED = "DeadKernelError"
NOT_RUN = "CellNotRun"
NOT_HANDED_IN = "NothingHandedIn"
UNREAD = "mlsd_unread"  # the key of a notebook's metadata in whose place nothing readable was handed in
CELLS_IN_ALL = 10  # a whole submission may take this many times the limit of one cell


class ExecuteToTheEnd(Execute):
    """nbgrader's Execute, except that every code cell ends with outputs that say what became of it."""

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> Any:
        """The executed notebook, also where its kernel died on the way; where nothing was handed in none of it runs."""
        self.ended = ""
        self.unread = bool(nb.metadata.get(UNREAD))
        self.started_s = time.monotonic()
        return super().preprocess(nb, resources, km)

    def start_new_kernel(self, **options: Any) -> None:
        """Start the kernel without its own log, which would break up the progress bar."""
        super().start_new_kernel(stderr=subprocess.DEVNULL, **options)

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> Any:
        """The executed cell; after the kernel's end a cell that says that it was not run."""
        if self.unread and cell.cell_type == "code":
            cell.outputs = [new_output("error", **_error(NOT_HANDED_IN, "nothing readable was handed in"))]
            return cell, resources
        if self.ended and cell.cell_type == "code":
            cell.outputs = [new_output("error", **_error(NOT_RUN, f"not run: {self.ended}"))]
            return cell, resources
        try:
            super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self._end(cell, DIED, "the kernel died in an earlier cell")
        except CellTimeoutError:
            self._end(cell, STOPPED, "an earlier cell could not be stopped")
        if any(output.get("ename") == STOPPED for output in cell.get("outputs", [])):
            # Where the interrupt met the code, ours perhaps, tells a student less than that it did not end.
            cell.outputs = [output for output in cell.outputs if output.get("ename") != "KeyboardInterrupt"]
        return cell, resources

    def _get_timeout(self, cell: NotebookNode | None) -> int | None:
        timeout = super()._get_timeout(cell)
        if timeout is None:
            return None
        left_s = CELLS_IN_ALL * timeout - (time.monotonic() - self.started_s)
        limit_s = max(1, int(min(timeout, left_s)))
        self.error_on_timeout = _error(STOPPED, f"stopped after {limit_s} seconds")
        return limit_s

    def _end(self, cell: NotebookNode, kind: str, why: str) -> None:
        self.ended = why
        reported = (
            "the kernel died in this cell" if kind == DIED else f"not stopped after {self.timeout} seconds; killed"
        )
        cell.outputs.append(new_output("error", **_error(kind, reported)))


def _error(name: str, value: str) -> dict[str, Any]:
    return {"ename": name, "evalue": value, "traceback": [f"\x1b[0;31m{name}\x1b[0m: {value}"]}


def for_grading(course: Course, submitted: Path, timeout_s: int | None) -> Course:
    """The course configured so that nbgrader's Autograde reads `submitted` and executes as above."""
    from nbgrader.converters import Autograde

    stock = Autograde.autograde_preprocessors.default()
    execute: dict[str, Any] = {"shutdown_kernel": "immediate"}
    if timeout_s is not None:
        execute["timeout"] = timeout_s
    return course.configured(
        CourseDirectory={"submitted_directory": str(submitted)},
        Autograde={
            "autograde_preprocessors": [
                ExecuteToTheEnd if preprocessor is Execute else preprocessor for preprocessor in stock
            ]
        },
        Execute=execute,
    )
