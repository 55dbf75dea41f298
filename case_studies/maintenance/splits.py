"""What a way of splitting rows promises, against what rows of new groups then keep."""

from typing import Any

import numpy as np


def split_scores(
    rows: np.ndarray, label: np.ndarray, group: np.ndarray, rng: np.random.Generator, groups: int
) -> dict[str, float]:
    """R2 of a forest that learns from `groups` of the groups, as two splits validate it and as new groups find it.

    `rows` (n, columns), `label` and `group` (n,). "random rows" holds out a fifth of the rows, "whole groups" a fifth
    of the groups; "new groups" are all the others, which is what both estimate.
    """
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.metrics import r2_score

    chosen = rng.permutation(np.unique(group))
    pool = np.isin(group, chosen[:groups])
    apart = {
        "random rows": pool & (rng.random(len(group)) < 0.2),
        "whole groups": np.isin(group, chosen[: groups // 5]),
        "new groups": ~pool,
    }

    def score(test: np.ndarray) -> float:
        learn: Any = pool & ~test
        fitted = ExtraTreesRegressor(40, random_state=0).fit(rows[learn], label[learn])
        return float(r2_score(label[test], fitted.predict(rows[test])))

    return {name: score(test) for name, test in apart.items()}
