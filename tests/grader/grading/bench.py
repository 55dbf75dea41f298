"""An assignment made of a few cells, and a real sandbox to grade answers to it, without a course folder."""

import atexit
import functools
import json
import os
from collections.abc import Mapping
from dataclasses import replace

from grader.grading.analysis.grading_plan import plans
from grader.grading.grade_submission import grade_submission
from grader.grading.intake.instructor_notebook import InstructorCell, InstructorNotebook
from grader.grading.intake.rebuild import MISSING
from grader.grading.intake.submission import Assignment
from grader.grading.records import Job, Result
from grader.sandbox import Level, Limits, Sandbox, best_level
from grader.sandbox.preload_server import PreloadServer

NAME = "made"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


def locked(name: str, source: str) -> InstructorCell:
    """A read-only cell without points."""
    return _cell(name, source, source, locked=True)


def answer(name: str, right: str, stub: str = STUB) -> tuple[InstructorCell, str]:
    """An answer cell as released, with the instructor's own answer."""
    return _cell(name, stub, stub, solution=True), right


def check(name: str, source: str, points: float = 1.0, released: str | None = None) -> InstructorCell:
    """A test cell."""
    return _cell(name, source, source if released is None else released, locked=True, grade=True, points=points)


def plain(name: str, source: str) -> InstructorCell:
    """A cell without nbgrader's metadata."""
    return InstructorCell("code", source, source, name)


def _cell(name: str, source: str, released: str, **entry: object) -> InstructorCell:
    flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, "grade_id": name}
    return InstructorCell("code", source, released, name, flags | entry)


@functools.cache
def preload() -> PreloadServer | None:
    """What the sandboxes of all benches are forked from, as those of all workers of a batch are."""
    if not hasattr(os, "pidfd_open"):
        return None
    server = PreloadServer([], [] if best_level() == Level.NAMESPACES else None)
    atexit.register(server.close)
    return server


class Grader:
    """What a worker grades with."""

    def __init__(self, shared: Assignment) -> None:
        self.plans, limits = plans(shared.originals, shared.solved, shared.marks), shared.limits
        kept = Limits(limits.cell_s, 2 * limits.cell_s, limits.total_s, limits.memory_mb)
        self.sandbox = Sandbox(self.plans.modules, best_level(), kept, forbids=self.plans.forbids, preload=preload())
        self.close = self.sandbox.close

    def grade(self, job: Job) -> Result:
        return grade_submission(job, self.plans.notebooks, self.sandbox)


class Bench:
    """Grades answers to an assignment; a context manager. Limits are those of `Job`."""

    def __init__(self, *cells: object, files: Mapping[str, bytes] | None = None, **limits: object) -> None:
        self.cells = [cell if isinstance(cell, InstructorCell) else cell[0] for cell in cells]
        self.right = {cell[0].grade_id: cell[1] for cell in cells if not isinstance(cell, InstructorCell)}
        self.original = InstructorNotebook(NAME, tuple(self.cells))
        self.files = dict(files or {})
        job = Job(NAME, "", {}, files=self.files, trusted=self.files, **limits)
        solved = {NAME: json.dumps(self.notebook(self.right)).encode()}
        self.grader = Grader(Assignment(NAME, [self.original], self.files, job, solved=solved))
        self.job = job

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self.grader.close()

    def notebook(self, answers: Mapping[str, str | None], extra: Mapping[str, str] | None = None) -> dict:
        """The notebook with `answers` by cell (None: the cell is missing); `extra` cells by the one they follow."""
        found = []
        for cell in self.cells:
            name = cell.grade_id or cell.cell_id
            text = answers.get(name, cell.source)
            found.append(cell.as_dict(MISSING if text is None else text))
            if name in (extra or {}):
                found.append(cell.as_dict((extra or {})[name]) | {"id": f"extra-{name}", "metadata": {}})
        return self.original.notebook(found)

    def result(self, answers: Mapping[str, str | None] | None = None, extra: Mapping[str, str] | None = None,
               **changes: object) -> Result:  # fmt: skip
        """The result for the right answers with some replaced."""
        notebook = self.notebook({**self.right, **(answers or {})}, extra)
        return self.grader.grade(replace(self.job, student="ada", notebooks={NAME: notebook}, **changes))

    def verdicts(self, answers: Mapping[str, str | None] | None = None, extra: Mapping[str, str] | None = None,
                 **changes: object) -> dict[str, str]:  # fmt: skip
        """The verdict of each test, with its points where these are neither all nor none."""
        found = self.result(answers, extra, **changes).verdicts
        return {test.cell: f"{test.verdict} {test.points:g}" if 0 < test.points < test.maximum else test.verdict
                for test in found}  # fmt: skip
