"""Bins keep the order of a column, and trees that are fitted to them decide as on the column itself."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from lessons.project_setup.quantile_bins import BINS, in_bins


def test_bins_keep_the_order_and_are_those_of_the_rows_that_were_learned():
    rng = np.random.default_rng(0)
    learned = pd.DataFrame({"wide": rng.normal(size=5_000), "flag": 1.0 * (rng.random(5_000) < 0.1)})
    codes, other_codes = in_bins(learned, learned.assign(wide=100.0))
    assert (np.diff(codes[np.argsort(learned["wide"]), 0]) >= 0).all()
    assert len(np.unique(codes[:, 0])) == BINS
    assert (pd.crosstab(codes[:, 1], learned["flag"]).to_numpy() > 0).sum() == 2
    assert (other_codes[:, 0] == BINS - 1).all()


def test_weighted_trees_decide_on_bins_as_on_the_columns():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(4_000, 3)), columns=["a", "b", "c"])
    truth, weight = table["a"] + rng.normal(size=4_000) > 1, 1 + 3 * rng.random(4_000)
    trees = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=0)
    (codes,) = in_bins(table)
    plain = trees.fit(table.to_numpy(), truth, sample_weight=weight).predict_proba(table.to_numpy())[:, 1]
    binned = trees.fit(codes, truth, sample_weight=weight).predict_proba(codes)[:, 1]
    assert np.corrcoef(plain, binned)[0, 1] > 0.99
