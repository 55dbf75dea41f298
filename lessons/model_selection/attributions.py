"""What each column contributed to one score, as exact sums: base plus contributions is what the model says.

Four ways, each an answer to another question. A linear model's terms; the steps along a tree's path (A. Saabas, 2014);
TreeSHAP over a boosted model's own training paths (S. Lundberg et al., From Local Explanations to Global Understanding
with Explainable AI for Trees, 2020), computed by XGBoost; and Shapley values against rows that the asker chooses.
"""

from math import factorial
from typing import Any

import numpy as np


def linear_contributions(pipeline: Any, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Contributions (n, columns) and base (n,) of a scaled logistic model, in log-odds.

    The base is the score of a payment that is average in each column.
    """
    scaler, model = pipeline[0], pipeline[-1]
    return (rows - scaler.mean_) / scaler.scale_ * model.coef_[0], np.full(len(rows), model.intercept_[0])


def path_contributions(tree: Any, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Contributions (n, columns) and base (n,) of one classification tree, in probability of the second class.

    Each step down the path changes the share of the second class among the rows that reached it in training; the
    change is credited to the column that the step asked about. The base is the share at the root.
    """
    nodes, rows = tree.tree_, np.asarray(rows, dtype=np.float32)
    share = nodes.value[:, 0, 1] / nodes.value[:, 0].sum(axis=1)
    reached = tree.decision_path(rows).toarray().astype(bool)
    contributions = np.zeros(rows.shape)
    for parent in np.flatnonzero(nodes.children_left >= 0):
        for child in (nodes.children_left[parent], nodes.children_right[parent]):
            contributions[reached[:, child], nodes.feature[parent]] += share[child] - share[parent]
    return contributions, np.full(len(rows), share[0])


def boosted_contributions(model: Any, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """TreeSHAP contributions (n, columns) and base (n,) of an `XGBClassifier`, in log-odds.

    A column that is "not known" is averaged over as the training rows were spread on the paths of the trees.
    """
    from xgboost import DMatrix

    found = model.get_booster().predict(DMatrix(np.asarray(rows)), pred_contribs=True)
    return found[:, :-1], found[:, -1]


def shapley_contributions(model: Any, rows: np.ndarray, against: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exact Shapley contributions (n, columns) and base (n,), in log-odds, against the rows `against` (m, columns).

    A column that is "not known" takes its value from each row of `against`, and the scores are averaged. All
    2^columns sets of known columns are asked: keep columns below about ten, and n times m small.
    Source: L. S. Shapley, A Value for n-Person Games, 1953.
    """
    columns = rows.shape[1]
    known = (np.arange(2**columns)[:, None] >> np.arange(columns)) & 1 == 1
    value = np.stack([_value_of_sets(model, row, against, known) for row in rows])
    size, contributions = known.sum(axis=1), np.zeros(rows.shape)
    for column in range(columns):
        without = np.flatnonzero(~known[:, column])
        weight = np.array([factorial(k) * factorial(columns - k - 1) for k in range(columns)]) / factorial(columns)
        gained = value[:, without | 1 << column] - value[:, without]
        contributions[:, column] = gained @ weight[size[without]]
    return contributions, value[:, 0]


def _value_of_sets(model: Any, row: np.ndarray, against: np.ndarray, known: np.ndarray) -> np.ndarray:
    mixed = np.where(known[:, None, :], row, against).reshape(-1, len(row))
    return log_odds(model.predict_proba(mixed)[:, 1]).reshape(len(known), len(against)).mean(axis=1)


def log_odds(probability: np.ndarray) -> np.ndarray:
    """The log-odds of probabilities, (n,); 0 and 1 are moved inside by a billionth."""
    inside = np.clip(np.asarray(probability, dtype=float), 1e-9, 1 - 1e-9)
    return np.log(inside / (1 - inside))
