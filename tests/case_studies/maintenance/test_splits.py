"""Two ways of validating, against what new groups then show."""

import numpy as np

from case_studies.maintenance.splits import split_scores


def test_random_rows_of_known_groups_flatter_and_whole_groups_do_not():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(80), 20)
    level, label = rng.normal(size=80)[group], rng.normal(size=80)[group]  # a group's level tells who it is, no more
    rows = np.column_stack([level, rng.normal(size=len(group))])
    found = split_scores(rows, label + 0.1 * rng.normal(size=len(group)), group, rng, groups=40)
    assert found["random rows"] > 0.8
    assert max(found["whole groups"], found["new groups"]) < 0.3
