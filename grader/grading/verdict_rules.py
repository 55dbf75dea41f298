"""From what a test cell gave to its verdict: points by nbgrader's rule, and the reason that a student can use.

Nothing runs here. What a verdict is stands in `grader.grading.records`.
"""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.grading.analysis.grading_plan import Plan
from grader.grading.intake.rebuild import MISSING
from grader.grading.records import Outcome, Verdict
from grader.sandbox import CellRun
from grader.suite_kit.points import clamp

ENDED = ("crashed", "timeout", "memory")
CHARACTERS = 4_000
NOT_ATTEMPTED = "The answer is as it was handed out."
STOPS = {
    "timeout": "It did not end within its time.", "memory": "It took more memory than there is for it.",
    "crashed": "Its process ended.",
}  # fmt: skip


@dataclass
class Cells:
    """What is known of a submission's cells: `kept` are answers as released, `runs` what cells gave by name.

    `sources`: of the student's cells; `private`: the student's code has met what students do not have, and its own
    words are not shown from then on.
    """

    plan: Plan
    kept: frozenset[str]
    sources: Mapping[str, str]
    runs: dict[str, CellRun] = field(default_factory=dict)
    private: bool = False

    def answers(self, test: str) -> list[str]:
        """The student's cells that a test belongs to."""
        return [name for name in self.plan.after.get(test, []) if name in self.sources]

    def is_untouched(self, test: str) -> bool:
        """Whether all of them are as they were released."""
        answers = self.answers(test)
        return bool(answers) and self.kept.issuperset(answers)

    def excuse(self, test: str) -> tuple[str, str] | None:
        """(verdict, message) if a test's answer cells explain why it earned nothing."""
        answers = self.answers(test)
        if any(self.sources[name].strip() == MISSING for name in answers):
            return "missing", "The cell of the answer was missing from the submission."
        if self.is_untouched(test):
            return "not attempted", NOT_ATTEMPTED
        for name in answers:
            run = self.runs.get(name)
            if run is not None and run.verdict in ENDED:
                return run.verdict, f"The cell {name!r} did not come to its end. {self.stopped(run)}".strip()
            if run is not None and run.error is not None:
                return "error", f"The cell {name!r} raised {self.words(*run.error)}"
        return None

    def stopped(self, run: CellRun) -> str:
        """Why a run did not come to its end: the grader's own words, without a figure once hidden tests were met."""
        if run.error is None:
            return ""
        if not run.by_grader:
            return self.words(*run.error)
        return STOPS[run.verdict] if self.private else run.error[1]

    def words(self, kind: str, text: str, line: str, test: str = "") -> str:
        """An error of the student's code as it may be shown: once it has met hidden tests, only what can tell little of
        them: the name of a built-in class, and a text that the source `test`, which may have raised it, quotes in a
        visible line. Which of its lines raised, the code chooses among as many as it has."""
        if self.private:
            hidden = hidden_lines(test, self.plan.hidden)
            seen = [source_line for number, source_line in enumerate(test.splitlines(), 1) if number not in hidden]
            known = isinstance(getattr(builtins, kind, None), type)
            kind = kind if known else "an exception"
            text = (
                text if any(f"{quote}{text}{quote}" in source_line for source_line in seen for quote in "\"'") else ""
            )
            line = ""
        said = f"{kind}: {text}" if text else kind
        return f"{said} in the line: {line}" if line else said


def of_suite(cells: Cells, test: str, maximum: float, outcome: Outcome, cpu_s: float, peak_mb: float) -> Verdict:
    """The verdict on a test of a suite, which ran apart from student code."""
    verdict, message = outcome.verdict, outcome.message
    excuse = cells.excuse(test) if outcome.points == 0 and verdict in ("fail", "error", "not attempted") else None
    if excuse is not None:
        verdict, message = excuse
    elif cells.private and verdict in ENDED:
        message = STOPS[verdict]
    return Verdict(
        cells.plan.name, test, outcome.points, maximum, verdict, message[:CHARACTERS], outcome.html,
        wall_s=outcome.wall_s, cpu_s=cpu_s, peak_mb=peak_mb,
    )  # fmt: skip


def of_ordinary(cells: Cells, test: str, source: str, maximum: float, run: CellRun) -> Verdict:
    """The verdict on a test that ran beside the student's code, from its outputs as nbgrader reads them."""
    points, verdict, message = 0.0, "fail", ""
    if run.error is not None:
        kind, text, line = run.error
        verdict = run.verdict if run.verdict in ENDED else "fail" if kind == "AssertionError" else "error"
        message = cells.stopped(run) if run.by_grader else cells.words(kind, text, line, source)
    else:
        points = shown_points(run.outputs, maximum)
        verdict = "pass" if points == maximum else "partial" if points else "fail"
        message = "" if points == maximum else f"The test gave {points:g} of {maximum:g} points."
    excuse = cells.excuse(test) if points == 0 and verdict in ("fail", "error") else None
    if excuse is not None:
        verdict, message = excuse
    visibility = "hidden" if hidden_lines(source, cells.plan.hidden) and not excuse and points < maximum else "visible"
    return Verdict(
        cells.plan.name, test, points, maximum, verdict, message[:CHARACTERS], "", visibility, run.wall_s, run.cpu_s,
        run.peak_mb,
    )  # fmt: skip


def shown_points(outputs: list[dict[str, Any]], maximum: float) -> float:
    """nbgrader's rule on the outputs of a cell that raised nothing; "nan" and "False" are worth nothing."""
    shown = [output for output in outputs if output["output_type"] == "execute_result"]
    text = str(shown[0]["data"].get("text/plain", "")) if shown else ""
    if text == "False":
        return 0.0
    try:
        return clamp(float(text), maximum)
    except ValueError:
        return maximum


def hidden_lines(source: str, marks: tuple[str, str]) -> set[int]:
    """Numbers of the lines (from 1) that students do not have."""
    hidden, inside = set(), False
    for number, line in enumerate(source.splitlines(), 1):
        inside = inside or marks[0] in line
        if inside:
            hidden.add(number)
        inside = inside and marks[1] not in line
    return hidden
