"""Grades the instructor's own answers, to learn about the tests of an assignment before any submission is graded.

Done once a release, and recorded: what a test needs must not depend on who is graded first, nor on the luck of one run.
No submission has a say in it.
"""

import hashlib
import json
import platform
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.grading.intake.submission import Assignment
from grader.grading.records import Calibration, Job
from grader.whole_files import write_whole

if TYPE_CHECKING:  # with numpy, which is not needed to read what was recorded
    from grader.grading.analysis.grading_plan import Plan
    from grader.grading.grade_submission import NotebookRun
    from grader.grading.sealed.checker import Checker
    from grader.sandbox import Sandbox

ONLY_BESIDE = "the instructor's own answer passes it only there"
NOT_BESIDE = "the instructor's own answer fails it in a process that is thrown away"
FAILED = "the instructor's own answer fails it"
FOLDER = "calibrations"


def calibrate(job: Job, plan: "Plan", sandbox: "Sandbox", checker: "Checker") -> Calibration:
    """What the instructor's answers show; nothing if there are none. `job` holds the released notebook.

    Tests of our suites are made for the channel and are not run. Any other test is sealed if the answers pass it both
    in the checker and beside themselves. A test in which they earn nothing in either place gets
    the reason `FAILED`, for nothing shows what it needs.
    """
    tests = set(plan.after) - plan.ours
    if not plan.answers or not tests:
        return Calibration({})
    run = _graded(job, plan, sandbox, checker, Calibration(changed=frozenset(tests)))
    passed = _full(run)
    sealed = _full_sealed(run)
    reasons = {test: NOT_BESIDE if test in sealed else ONLY_BESIDE for test in tests - passed - set(plan.unsealed)}
    beside: Collection[str] = ()
    if reasons:
        beside = _full(_graded(job, plan, sandbox, checker, Calibration(unsealed=reasons)))
    return Calibration(
        allowed={name: frozenset(run.outcomes[name].operations_used) for name in sorted(passed & sealed)},
        changed=frozenset(name for name in passed & sealed if run.outcomes[name].changed),
        unsealed={
            name: why if name in beside else FAILED
            for name, why in sorted(reasons.items())
            if name in beside or not run.verdicts[name].points
        },
        modules=frozenset(run.imported),
    )


def calibration_file(home: Path, name: str) -> Path:
    """Where the calibration of an exercise is recorded."""
    return home / FOLDER / f"{name}.json"


def recorded(path: Path, digest: str) -> dict[str, Calibration] | None:
    """The recorded calibrations by notebook, if they are those of this digest."""
    try:
        reported = json.loads(path.read_text())
        if reported["digest"] != digest:
            return None
        return {name: _read(calibration) for name, calibration in reported["notebooks"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def record(path: Path, digest: str, found: Mapping[str, Calibration]) -> None:
    """Write calibrations down; the file is there whole or as it was before."""
    notebooks = {name: _plain(calibration) for name, calibration in sorted(found.items())}
    write_whole(path, json.dumps({"digest": digest, "notebooks": notebooks}, indent=1, sort_keys=True) + "\n")


def digest_of(shared: Assignment) -> str:
    """A digest of all that a calibration depends on: the release, the instructor's answers and files, this grader."""
    whole = hashlib.sha256(f"{platform.python_version()} {_own_source()}".encode())
    for original in shared.originals:
        cells = [[cell.kind, cell.source, cell.released, cell.cell_id, cell.entry] for cell in original.cells]
        whole.update(json.dumps([original.name, cells], sort_keys=True).encode())
    for group in (shared.solved, shared.files):
        for name, content in sorted(group.items()):
            whole.update(f"\0{name}\0".encode() + hashlib.sha256(content).digest())
    return whole.hexdigest()


@cache
def _own_source() -> str:
    whole = hashlib.sha256()
    for folder in ("grading", "sandbox", "suite_kit"):
        for path in sorted((Path(__file__).parents[1] / folder).rglob("*.py")):
            whole.update(path.read_bytes())
    return whole.hexdigest()


def _plain(calibration: Calibration) -> dict[str, Any]:
    return {
        "allowed": {name: sorted(methods) for name, methods in (calibration.allowed or {}).items()},
        "changed": sorted(calibration.changed),
        "unsealed": dict(calibration.unsealed),
        "modules": sorted(calibration.modules),
    }


def _read(reported: Mapping[str, Any]) -> Calibration:
    allowed = {name: frozenset(methods) for name, methods in reported["allowed"].items()}
    return Calibration(allowed, frozenset(reported["changed"]), reported["unsealed"], frozenset(reported["modules"]))


def _full_sealed(run: "NotebookRun") -> set[str]:
    points = {step.name: step.points for step in run.steps}
    return {name for name, outcome in run.outcomes.items() if outcome.points == points[name]}


def _full(run: "NotebookRun") -> set[str]:
    return {verdict.cell for verdict in run.verdicts.values() if verdict.points == verdict.maximum}


def _graded(job: Job, plan: "Plan", sandbox: "Sandbox", checker: "Checker", known: Calibration) -> "NotebookRun":
    """The instructor's notebook graded, with the course's own files beside it."""
    from grader.grading.grade_submission import NotebookRun

    notebook = job.notebooks[plan.name] | {"cells": list(_solved(job, plan))}
    solved = replace(
        job, student="", notebooks={plan.name: notebook}, files=job.trusted, require_sealed=False, trust=""
    )
    return NotebookRun(solved, plan, notebook, sandbox, checker, known, passed_over=plan.ours).run_all()


def _solved(job: Job, plan: "Plan") -> list[dict[str, object]]:
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
