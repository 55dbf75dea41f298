"""Logistic regression on scaled columns that answers for one row at once. Imported where a model is made or read."""

from typing import Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler


class ScaledLogistic(Pipeline):
    """Perhaps a function, then a scaler, then a logistic regression."""

    def predict_proba(self, rows: Any) -> np.ndarray:
        """The probability of each class, (n, classes), of rows of numbers, (n, columns).

        As the steps themselves give it; each of them would look its input over, which takes forty times as long as
        what one row needs. Rows with a number missing are left to them: they raise ValueError.
        """
        *before, scaler, model = (step for _, step in self.steps)
        values = np.asarray(rows, dtype=float)
        for step in before:
            values = step.func(values)
        if not np.isfinite(values).all():
            return super().predict_proba(rows)
        distance = (values - scaler.mean_) / scaler.scale_ @ model.coef_.T + model.intercept_
        if distance.shape[1] > 1:
            return softmax(distance, axis=1)
        positive = expit(distance[:, 0])
        return np.stack([1 - positive, positive], axis=1)


def steps_of(seed: int, before: Any) -> list[tuple[str, Any]]:
    """The unfitted steps by name; see `scaled_logistic`."""
    first = [] if before is None else [("functiontransformer", FunctionTransformer(before))]
    model = LogisticRegression(max_iter=500, random_state=seed)
    return [*first, ("standardscaler", StandardScaler()), ("logisticregression", model)]
