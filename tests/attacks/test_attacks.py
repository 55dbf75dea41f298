"""Hostile and broken submissions: the marks they must get, and nothing outside the output touched.

One `mlsd grade` a kind, then one assertion a case. `benchmarks/attacks.py` shows what stock nbgrader makes of the same.
"""

import pytest

from tests.attacks.batch import graded, look_over
from tests.attacks.corpus import KINDS, cases

ON_PAGES = "shown"  # graded in `test_feedback`, which looks at the pages too


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != ON_PAGES])
def test_no_point_is_forged_or_lost_and_the_host_is_untouched(kind, template, root, subtests):
    look_over(graded(template, root, kind), subtests)


def test_the_corpus_holds_every_kind_and_at_least_120_cases():
    assert all(len(cases(kind)) >= 12 for kind in KINDS)
    assert len(cases()) >= 120
