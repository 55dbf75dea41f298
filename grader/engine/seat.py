"""Where a worker grades: a sandbox and a checker for one assignment, kept warm from one submission to the next.

Tests that the channel cannot carry are found by the instructor's own answers: if these pass beside the student's side
but not from the checker, the test runs unsealed for everybody. No submission has a say in that.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.engine.checker import Checker
from grader.engine.job import NotebookRun, grade_submission
from grader.engine.plan import Plan, plans
from grader.engine.sandbox import Level, Limits, Zygote, named
from grader.engine.submission import Assignment
from grader.engine.verdict import Job, Result, Verdict

SERVER = "grader.engine.objects:ObjectServer"
OTHERWISE = "the instructor's own answer passes it only there"


class Seat:
    """A sandbox and a checker for `shared`. `level` names the sandbox's level, "" for the best there is."""

    def __init__(self, shared: Assignment, level: str = "", **settings: Any) -> None:
        self.shared = shared
        self.plans = plans(shared.masters, shared.solved, shared.marks)
        limits = shared.limits
        self.zygote = Zygote(
            self.plans.modules,
            named(level) if level else None,
            Limits(wall_s=limits.cell_s, cpu_s=2 * limits.cell_s, total_s=limits.total_s, memory_mb=limits.memory_mb),
            forbids=self.plans.forbids,
            hidden=[Path(shared.root)] if shared.root else [],
            server=SERVER,
            **settings,
        )
        self.checker = Checker(self.plans, shared.files, limits.memory_mb)
        self.tried: dict[tuple[str, str], str] = {}

    @property
    def level(self) -> Level:
        """The level of the sandbox in force."""
        return self.zygote.level

    def grade(self, job: Job) -> Result:
        """The result of one job."""
        return grade_submission(job, self.plans.notebooks, self.zygote, self.checker, self.unsealed)

    def close(self) -> None:
        """End both."""
        self.checker.close()
        self.zygote.close()

    def unsealed(self, job: Job, plan: Plan, verdicts: list[Verdict]) -> Mapping[str, str]:
        """Tests in which points were lost and that cannot be carried, with the reason."""
        lost = [one.cell for one in verdicts if one.points < one.maximum and not one.unsealed]
        lost = [cell for cell in lost if cell not in plan.ours]  # ours are made for the channel
        new = [cell for cell in lost if (plan.name, cell) not in self.tried]
        if new and plan.answers:
            self._try(job, plan, new)
        return {cell: self.tried[plan.name, cell] for cell in lost if self.tried.get((plan.name, cell))}

    def _try(self, job: Job, plan: Plan, cells: list[str]) -> None:
        """Find out for `cells` whether the instructor's answers pass them, sealed and unsealed."""
        reference = _solved(job, plan)
        sealed = NotebookRun(reference, plan, reference.notebooks[plan.name], self.zygote, self.checker, plan.unsealed)
        full = {one.cell for one in sealed.all().verdicts.values() if one.points == one.maximum}
        doubtful = dict.fromkeys((cell for cell in cells if cell not in full), OTHERWISE)
        passed: set[str] = set()
        if doubtful:
            beside = {**plan.unsealed, **doubtful}
            run = NotebookRun(reference, plan, reference.notebooks[plan.name], self.zygote, self.checker, beside).all()
            passed = {one.cell for one in run.verdicts.values() if one.points == one.maximum}
        for cell in cells:
            self.tried[plan.name, cell] = OTHERWISE if cell in doubtful and cell in passed else ""


def _solved(job: Job, plan: Plan) -> Job:
    """The job of an instructor who hands in the own answers, with the course's own files."""
    from dataclasses import replace

    cells = []
    for cell in job.notebooks[plan.name]["cells"]:
        entry = cell["metadata"].get("nbgrader", {})
        name = entry.get("grade_id") or cell["id"]
        if cell["cell_type"] == "code" and (name in plan.starters or entry):
            theirs = name in plan.starters
            cells.append(cell | {"source": plan.answers.get(name, plan.starters[name])} if theirs else cell)
    notebook = job.notebooks[plan.name] | {"cells": cells}
    return replace(job, student="", notebooks={plan.name: notebook}, files=job.trusted, require_sealed=False)
