"""One `mlsd grade` for all cases of a kind, and what must hold of each: of the marks, the report and the host."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.attacks.batch import Batch, grade
from tests.attacks.corpus import cases
from tests.attacks.judge import Judgement

PATIENT_CELL_S = "30"


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
