"""Columns as bins before boosted trees are fitted to weighted rows."""

import numpy as np
import pandas as pd

BINS = 255
"""As many as scikit-learn's boosted trees make by themselves."""


def in_bins(learned: pd.DataFrame, *others: pd.DataFrame) -> list[np.ndarray]:
    """`learned` and `others`, (rows, columns) each, with a number replaced by its place among quantiles of `learned`.

    Boosted trees make bins of the columns anyway; of weighted rows scikit-learn looks for weighted quantiles, one by
    one, which takes longer than the trees. Of columns with at most `BINS` values it needs none.
    """
    edges = {name: np.unique(np.quantile(learned[name], np.arange(1, BINS) / BINS)) for name in learned}
    return [
        np.column_stack([np.searchsorted(edge, table[name]) for name, edge in edges.items()])
        for table in (learned, *others)
    ]
