"""Grades the instructor's own answers, to learn about the tests of an assignment before any submission is graded.

A test that they pass only beside the student's side cannot be carried by the channel. No submission has a say in it.
"""

from collections.abc import Mapping
from dataclasses import replace

from grader.grading.analysis.grading_plan import Plan
from grader.grading.grade_submission import NotebookRun
from grader.grading.records import Calibration, Job
from grader.grading.sealed.checker import Checker
from grader.sandbox import Sandbox

ONLY_BESIDE = "the instructor's own answer passes it only there"


def calibrate(job: Job, plan: Plan, sandbox: Sandbox, checker: Checker) -> Calibration:
    """What the instructor's answers show; nothing if there are none. `job` is that of any submission.

    Tests of our suites are made for the channel and are not run.
    """
    tests = set(plan.after) - plan.ours
    if not plan.answers or not tests:
        return Calibration()
    run = _graded(job, plan, sandbox, checker, plan.unsealed)
    passed = _full(run)
    allowed = {cell: frozenset(run.given.get(cell, ())) | plan.methods for cell in passed}
    doubtful = dict.fromkeys(sorted(tests - passed - set(plan.unsealed)), ONLY_BESIDE)
    if not doubtful:
        return Calibration(allowed)
    beside = _full(_graded(job, plan, sandbox, checker, {**plan.unsealed, **doubtful}))
    return Calibration(allowed, unsealed={cell: why for cell, why in doubtful.items() if cell in beside})


def _full(run: NotebookRun) -> set[str]:
    return {one.cell for one in run.verdicts.values() if one.points == one.maximum}


def _graded(job: Job, plan: Plan, sandbox: Sandbox, checker: Checker, unsealed: Mapping[str, str]) -> NotebookRun:
    """The instructor's notebook graded, with the course's own files beside it."""
    notebook = job.notebooks[plan.name] | {"cells": list(_solved(job, plan))}
    solved = replace(job, student="", notebooks={plan.name: notebook}, files=job.trusted, require_sealed=False)
    return NotebookRun(solved, plan, notebook, sandbox, checker, unsealed, passed_over=plan.ours).all()


def _solved(job: Job, plan: Plan) -> list[dict[str, object]]:
    """The instructor's cells with the own answers; a student's extra cells are left out."""
    cells = []
    for cell in job.notebooks[plan.name]["cells"]:
        entry = cell["metadata"].get("nbgrader", {})
        name = entry.get("grade_id") or cell["id"]
        if cell["cell_type"] == "code" and name in plan.starters:
            cells.append(cell | {"source": plan.answers.get(name, plan.starters[name])})
        elif entry:
            cells.append(cell)
    return cells
