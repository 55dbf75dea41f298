"""What a worker's answer may say beyond its form: marks of the release's own tests, in one version, for one student.

A worker parses what student code sent. One that was taken over may decide about the submission that took it, no more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.grading.intake.submission import Assignment
from grader.grading.output.render import Graded
from grader.grading.records import VERDICTS, Flag


@dataclass
class _Found:
    verdict: str
    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass
class _Test:
    name: str
    score: float
    max_score: float
    output: str
    extra_data: _Found


@dataclass
class _Extra:
    assignment: str
    student: str
    digest: str
    seed: int
    round: int
    limits: dict[str, float]
    flags: list[Flag]
    notebooks: dict[str, str]
    decided: dict[str, Any]


@dataclass
class _Results:
    score: float
    max_score: float
    tests: list[_Test]
    extra_data: _Extra


RESULTS = TypeAdapter(_Results)


def beyond(graded: Graded, shared: Assignment, stamps: Collection[str]) -> str:
    """What in an answer is not its worker's to say; empty if nothing is. `stamps` are those of the student's folder."""
    worth = {
        (notebook.name, cell.grade_id): float(cell.entry.get("points") or 0)
        for notebook in shared.originals
        for cell in notebook.cells
        if cell.locked and cell.entry.get("grade")
    }
    for verdict in graded.verdicts:
        called, maximum = f"{verdict.notebook}/{verdict.cell}", worth.pop((verdict.notebook, verdict.cell), None)
        if maximum is None:
            return f"it marks {called[:200]!r}, which is no test of the release or was marked already"
        if verdict.maximum != maximum or not 0 <= verdict.points <= maximum or verdict.verdict not in VERDICTS:
            return f"it gives {verdict.points} of {verdict.maximum} points for {called!r}, worth {maximum:g}"
    if graded.stamp not in stamps:
        return "it gives another time of receipt than the hand-in's folder"
    return _beyond_results(graded, shared.name)


def _beyond_results(graded: Graded, name: str) -> str:
    """The same of its `results.json`, which later commands read and reports are made from."""
    try:
        results = RESULTS.validate_json(graded.results, strict=True)
    except ValidationError as error:
        return f"its results have another form: {error.errors()[0]['msg']}"
    extra = results.extra_data
    if (extra.assignment, extra.student, extra.digest) != (name, graded.student, graded.digest):
        return "its results are about another submission"
    marks = [(f"{each.notebook}/{each.cell}", each.points, each.maximum, each.verdict) for each in graded.verdicts]
    sums = sum(each.points for each in graded.verdicts), sum(each.maximum for each in graded.verdicts)
    stated = [(test.name, test.score, test.max_score, test.extra_data.verdict) for test in results.tests]
    if (stated, (results.score, results.max_score)) != (marks, sums):
        return "its results give other points than its verdicts"
    return ""
