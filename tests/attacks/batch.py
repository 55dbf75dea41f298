"""A class of hostile and broken submissions between two honest ones, graded by ours in one batch."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.attacks.case import Case, hand_in
from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import copied
from tests.attacks.graders import Ended, mlsd_grade
from tests.attacks.host import Host
from tests.attacks.judge import Judgement, honest_lost, judge

HONEST = ["aa_honest", "zz_honest"]
CELL_S = 2  # an honest cell on a busy machine must not meet it, and hostile ones run until then
LIMIT_S = 1200


@dataclass
class Batch:
    """What `mlsd grade` left behind: how it ended, a judgement a case, what happened to the host."""

    course: Path
    ended: Ended
    judgements: list[Judgement]
    honest_lost: list[str]
    changed: list[str]
    left: list[str]
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    def flags(self, case: Case) -> list[str]:
        """The flags on a submission, each with the cell that it names."""
        extra = self.results.get(case.name, {}).get("extra_data", {})
        return [f"{flag['cell']}: {flag['text']}" for flag in extra.get("flags", [])]

    def verdicts(self, case: Case) -> dict[str, str]:
        """Verdicts by test cell."""
        return {_cell(test): test["extra_data"]["verdict"] for test in self.results.get(case.name, {}).get("tests", [])}


def grade(template: Path, root: Path, cases: Sequence[Case], *options: str, then: Sequence[str] = ()) -> Batch:
    """Grade the cases in a copy of the released course; `then` is one more command, run in the course."""
    from tests.attacks.graders import run

    course = copied(template, root / "course")
    with Host(root) as host:
        hand_in(course, list(cases), host, HONEST)
        before = host.snapshot()
        ended = mlsd_grade(course, "ps1", host.environment, LIMIT_S, "--timeout", str(CELL_S), *options)
        changed = host.changed(before)
        left = [" ".join(process.cmdline()) or str(process.pid) for process in host.left()]
        if then:
            status, text = run(list(then), course, host.environment, LIMIT_S)
            ended.text += text
            ended.status = ended.status or status
        judgements = [judge(case, ended.marks, course / "autograded", host.heard) for case in cases]
        lost = [student for student in HONEST if honest_lost(ended.marks, student, PS1.maxima)]
        return Batch(course, ended, judgements, lost, changed, left, results(course, "ps1"))


def results(course: Path, name: str) -> dict[str, dict[str, Any]]:
    """Every `results.json` of an assignment, by student."""
    files = sorted((course / "reports" / name).glob("*/results.json"))
    return {path.parent.name: json.loads(path.read_text()) for path in files}


def _cell(test: dict[str, Any]) -> str:
    return test["name"].rpartition("/")[2]
