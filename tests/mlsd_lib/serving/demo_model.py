"""A model whose score can be computed in the head."""

import numpy as np


class SumModel:
    """Scores a row by the sum of its values."""

    def predict_proba(self, rows):
        score = np.asarray(rows, dtype=float).sum(axis=1)
        return np.column_stack([1 - score, score])
