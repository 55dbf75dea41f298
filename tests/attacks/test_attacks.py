"""Hostile and broken submissions: the marks they must get, and nothing outside the output touched.

One `mlsd grade` a kind, then one assertion a case. `benchmarks/attacks.py` shows what stock nbgrader makes of the same.
"""

from dataclasses import replace

import pytest

from tests.attacks.batch import Batch, grade
from tests.attacks.corpus import KINDS, cases
from tests.attacks.graders import Ended
from tests.attacks.judge import Judgement

PATIENT_CELL_S = "30"


@pytest.mark.parametrize("kind", KINDS)
def test_no_point_is_forged_or_lost_and_the_host_is_untouched(kind, template, root, subtests):
    batch = graded(template, root, kind)
    assert batch.ended.status == 0, batch.ended.text[-3000:]
    assert batch.honest_lost == [], batch.ended.text[-3000:]
    assert batch.changed == []
    assert batch.left == []
    for verdict in batch.judgements:
        with subtests.test(msg=verdict.case.name):
            assert verdict.faults == [], batch.verdicts(verdict.case)
            assert faults_of_the_report(verdict, batch.verdicts(verdict.case), batch.flags(verdict.case)) == []
            assert batch.unsealed(verdict.case) == []


def graded(template, root, kind) -> Batch:
    """The class of a kind. Who lost points is graded again without the others and with more time for a cell.

    The limit that ends hostile cells is short, and on a busy machine an honest one next to them may meet it. Only a
    loss of points is looked at again: what was forged, changed, left behind or shown stays.
    """
    batch = grade(template, root, cases(kind))
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


def test_only_a_loss_of_points_is_looked_at_again(root, monkeypatch):
    slow, forger, *_ = cases("forging")
    asked = []

    def judged(template, folder, some, *options):
        asked.append(list(some))
        found = [Judgement(case, undeserved={"mean-test": 2.0} if case is forger else {}) for case in some]
        for judgement in found:
            judgement.missing = {"mean-test": 2.0} if judgement.case is slow and len(asked) == 1 else {}
        return Batch(folder, Ended(0, ""), found, [], ["a file"] if len(asked) == 1 else [], [])

    monkeypatch.setitem(graded.__globals__, "grade", judged)
    batch = graded(None, root, "forging")
    assert asked == [cases("forging"), [slow]]
    assert [judgement.case for judgement in batch.judgements if judgement.faults] == [forger]
    assert batch.changed == ["a file"]


def test_the_corpus_holds_every_kind_and_at_least_120_cases():
    assert all(len(cases(kind)) >= 15 for kind in KINDS)
    assert len(cases()) >= 120
