"""Hostile and broken submissions: the marks they must get, and nothing outside the output touched.

One `mlsd grade` a kind, then one assertion a case. `benchmarks/attacks.py` shows what stock nbgrader makes of the same.
"""

import pytest

from tests.attacks.batch import Batch
from tests.attacks.corpus import KINDS, cases
from tests.attacks.expected import graded, look_over
from tests.attacks.graders import Ended
from tests.attacks.judge import Judgement

ON_PAGES = "shown"  # graded in `test_feedback`, which looks at the pages too


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != ON_PAGES])
def test_no_point_is_forged_or_lost_and_the_host_is_untouched(kind, template, root, subtests):
    look_over(graded(template, root, kind), subtests)


def test_only_a_loss_of_points_is_looked_at_again(root, monkeypatch):
    slow, forger, *_ = cases("forging")
    asked = []

    def judged(template, folder, some, *options, then=()):
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
    assert all(len(cases(kind)) >= 12 for kind in KINDS)
    assert len(cases()) >= 120
