"""Both graders as commands, each in a process of its own under a time limit: stock nbgrader and `mlsd grade`."""

import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

MOST_FILE_BYTES = 400_000_000
MOST_MEMORY_BYTES = 12 * 2**30
# Nobody looks at stock nbgrader's notebooks: no kernel of its waits for its end, and none looks through all loaded
# modules to show where an error came from.
MARKS_ALONE = ("--Execute.shutdown_kernel=immediate", "--Execute.extra_arguments=--InteractiveShell.xmode=Minimal")
MARKS = """
select student_id, base_cell.name, coalesce(grade.manual_score, grade.auto_score)
from grade join base_cell on base_cell.id = grade.cell_id
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
join assignment on assignment.id = submitted_assignment.assignment_id
join grade_cells on grade_cells.id = grade.cell_id
where assignment.name = ?
"""


@dataclass
class Ended:
    """How a grading command ended: its exit status (None if it had to be killed), its text, the marks afterwards."""

    status: int | None
    text: str
    marks: dict[str, dict[str, float | None]] = field(default_factory=dict)


def autograde(course: Path, name: str, environment: dict[str, str], limit_s: float = 600, *options: str) -> Ended:
    """`nbgrader autograde NAME` and the marks it left.

    Its kernels listen on files: a port that was free may be another process's by the time a kernel binds it.
    """
    files = ["--KernelManager.transport=ipc", f"--KernelManager.ip={environment['TMPDIR']}/kernel"]
    status, text = run(["nbgrader", "autograde", name, *files, *options], course, environment, limit_s)
    return Ended(status, text, marks(course / "gradebook.db", name))


def mlsd_grade(course: Path, name: str, environment: dict[str, str], limit_s: float = 600, *options: str) -> Ended:
    """`mlsd grade NAME --course DIR` and the marks it left."""
    command = ["mlsd", "grade", name, "--course", str(course), *options]
    status, text = run(command, course.parent, environment, limit_s)
    return Ended(status, text, marks(course / "gradebook.db", name))


def run(command: list[str], folder: Path, environment: dict[str, str], limit_s: float) -> tuple[int | None, str]:
    """Exit status (None: killed at the limit) and output of a command, bounded in file size and memory."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_bound,
        )
        try:
            status: int | None = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            status = None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return status, output.read(2_000_000).decode(errors="replace")


def marks(gradebook: Path, name: str) -> dict[str, dict[str, float | None]]:
    """Points by student and cell; None for a cell that waits for a person. Empty if it cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{gradebook}?mode=ro", uri=True)) as book:
            rows = book.execute(MARKS, (name,)).fetchall()
    except sqlite3.Error:
        return {}
    found: dict[str, dict[str, float | None]] = {}
    for student, cell, points in rows:
        found.setdefault(student, {})[cell] = points
    return found


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_FILE_BYTES, MOST_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
