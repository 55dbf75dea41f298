"""Hostile and broken submissions: the marks they must get, and nothing outside the output touched.

One `mlsd grade` a kind, then one assertion a case. `benchmarks/attacks.py` shows what stock nbgrader makes of the same.
"""

import pytest

from tests.attacks.batch import grade
from tests.attacks.corpus import KINDS, cases
from tests.attacks.judge import Judgement


@pytest.mark.parametrize("kind", KINDS)
def test_no_point_is_forged_or_lost_and_the_host_is_untouched(kind, template, root, subtests):
    batch = grade(template, root, cases(kind))
    assert batch.ended.status == 0, batch.ended.text[-3000:]
    assert batch.honest_lost == [], batch.ended.text[-3000:]
    assert batch.changed == []
    assert batch.left == []
    for verdict in batch.judgements:
        with subtests.test(msg=verdict.case.name):
            assert verdict.faults == [], batch.verdicts(verdict.case)
            assert faults_of_the_report(verdict, batch.verdicts(verdict.case), batch.flags(verdict.case)) == []
            assert batch.unsealed(verdict.case) == []


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


def test_the_corpus_holds_every_kind_and_at_least_120_cases():
    assert all(len(cases(kind)) >= 15 for kind in KINDS)
    assert len(cases()) >= 120
