"""The models of lessons and case studies that need no tuning: boosted trees and linear models, the same in each run."""

from typing import Any

import numpy as np


def small_trees(rounds: int, seed: int, leaves: int = 8, **settings: Any) -> Any:
    """An unfitted classifier of `rounds` boosted trees with at most `leaves` leaves each, without early stopping."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_leaf_nodes=leaves, max_iter=rounds, early_stopping=False, random_state=seed, **settings
    )


def scaled_logistic(seed: int = 0, before: Any = None) -> Any:
    """An unfitted logistic regression on columns of mean 0 and deviation 1; `before`: a function applied to them first.

    The function must stand in a module, or the model cannot be saved.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    first = [] if before is None else [FunctionTransformer(before)]
    return make_pipeline(*first, StandardScaler(), LogisticRegression(max_iter=500, random_state=seed))


def fit_weighted(model: Any, rows: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> Any:
    """The model, or the pipeline with a model at its end, fitted to weighted rows: (n, columns), (n,) and (n,).

    Weights of 1 are not given to boosted trees: the model is the same to the bit, and weighted quantiles of the columns
    take longer than a hundred small trees.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    if isinstance(model, HistGradientBoostingClassifier) and weight is not None and (weight == 1).all():
        weight = None
    if weight is None:
        return model.fit(rows, label)
    key = f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"
    return model.fit(rows, label, **{key: weight})
