"""A class of hostile and broken submissions between two honest ones, graded in one batch, and what must hold of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.attacks.case import Case, hand_in
from tests.attacks.corpus import cases
from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import copied
from tests.attacks.graders import Ended, mlsd_grade, run
from tests.attacks.host import Host
from tests.attacks.judge import Judgement, honest_lost, judge

HONEST = ["aa_honest", "zz_honest"]
CELL_S = 2  # an honest cell on a busy machine must not meet it, and hostile ones run until then
LIMIT_S = 1200
PATIENT_CELL_S = "30"


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
        tests = self.results.get(case.name, {}).get("tests", [])
        return {test["name"].rpartition("/")[2]: test["extra_data"]["verdict"] for test in tests}


def grade(template: Path, root: Path, chosen: Sequence[Case], *options: str, then: Sequence[str] = ()) -> Batch:
    """Grade the cases in a copy of the released course; `then` is one more command, run in the course."""
    course = copied(template, root / "course")
    with Host(root) as host:
        hand_in(course, list(chosen), host, HONEST)
        before = host.snapshot()
        ended = mlsd_grade(course, "ps1", host.environment, LIMIT_S, "--timeout", str(CELL_S), *options)
        changed = host.changed(before)
        left = [" ".join(process.cmdline()) or str(process.pid) for process in host.left()]
        if then:
            status, text = run(list(then), course, host.environment, LIMIT_S)
            ended.text += text
            ended.status = ended.status or status
        judgements = [judge(case, ended.marks, course / "autograded", host.heard) for case in chosen]
        lost = [student for student in HONEST if honest_lost(ended.marks, student, PS1.maxima)]
        return Batch(course, ended, judgements, lost, changed, left, results(course, "ps1"))


def results(course: Path, name: str) -> dict[str, dict[str, Any]]:
    """Every `results.json` of an assignment, by student."""
    files = sorted((course / "reports" / name).glob("*/results.json"))
    return {path.parent.name: json.loads(path.read_text()) for path in files}


def graded(template: Path, root: Path, kind: str, then: Sequence[str] = ()) -> Batch:
    """The class of a kind, and `then` one more command.

    Who lost points is graded again without the others and with more time for a cell. The limit that ends hostile cells
    is short, and on a busy machine an honest one next to them may meet it. Only a loss of points is looked at again:
    what was forged, changed, left behind or shown stays.
    """
    batch = grade(template, root, cases(kind), then=then)
    slow = [judgement.case for judgement in batch.judgements if judgement.missing]
    if not slow:
        return batch
    (root / "again").mkdir()
    again = grade(template, root / "again", slow, "--timeout", PATIENT_CELL_S)
    first = [replace(judgement, missing={}) for judgement in batch.judgements]
    return replace(
        again,
        judgements=[*first, *again.judgements],
        honest_lost=batch.honest_lost + again.honest_lost,
        changed=batch.changed + again.changed,
        left=batch.left + again.left,
        results=batch.results | again.results,
    )


def faults_of_the_report(verdict: Judgement, verdicts: dict[str, str], flags: list[str]) -> list[str]:
    """What the report on a case should say and does not."""
    case = verdict.case
    found = [
        f"{cell} is {verdicts.get(cell)!r}, not {wanted!r}"
        for cell, wanted in case.verdicts.items()
        if verdicts.get(cell) != wanted
    ]
    missing = [word for word in case.flagged if not any(word in flag or word == "*" for flag in flags)]
    return found + [f"no flag says {word!r}: {flags}" for word in missing]


def look_over(batch: Batch, subtests: Any) -> None:
    """Fails for a point that was forged or lost, a report that does not say so, a host that was touched."""
    assert batch.ended.status == 0, batch.ended.text[-3000:]
    assert batch.honest_lost == [], batch.ended.text[-3000:]
    assert batch.changed == []
    assert batch.left == []
    for verdict in batch.judgements:
        with subtests.test(msg=verdict.case.name):
            assert verdict.faults == [], batch.verdicts(verdict.case)
            assert faults_of_the_report(verdict, batch.verdicts(verdict.case), batch.flags(verdict.case)) == []
