"""Cheap checks of a scikit-learn estimator or pipeline on its own rows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lessons.debugging.findings import MOST_ROWS, Check, Measured, NotRun, Split, as_array
from mlsd_lib.modeling.errors import ModelingError

ASKED_ROWS = 64
BEATS_Z = 2.0


@dataclass
class EstimatorCase:
    """An estimator, not fitted, and the rows; it is fitted once, as a clone, on at most 2,000 rows."""

    split: Split
    model: Any
    seed: int

    @cached_property
    def rows(self) -> tuple[Any, Any, Any, Any]:
        """Inputs and targets of both sides, a sample of at most 2,000 rows each; tables stay tables."""
        found = []
        for side in ("train", "valid"):
            inputs, targets = getattr(self.split, f"{side}_inputs"), as_array(getattr(self.split, f"{side}_targets"))
            kept = np.arange(len(targets))
            if len(targets) > MOST_ROWS:
                kept = np.sort(np.random.default_rng(self.seed).choice(len(targets), MOST_ROWS, replace=False))
            found += [_taken(inputs, kept), targets[kept]]
        return tuple(found)

    @cached_property
    def fitted(self) -> tuple[Any, bool]:
        """The estimator after fitting, and whether fitting left its inputs alone."""
        from sklearn.base import clone

        given = self.rows[0].copy()
        try:
            model = clone(self.model).fit(given, self.rows[1])
        except Exception as error:
            raise ModelingError(
                f"fit raised {type(error).__name__}: {error}. It was called with {len(given)} rows of train_inputs. "
                "Call fit yourself with the same and repair it, then examine again."
            ) from error
        return model, _equal(given, self.rows[0])

    def answers(self, inputs: Any) -> np.ndarray:
        """Probabilities where the estimator has them, else predictions; (rows,) or (rows, classes)."""
        ask = getattr(self.fitted[0], "predict_proba", self.fitted[0].predict)
        return np.asarray(ask(inputs))


def rows_apart(case: EstimatorCase) -> Measured:
    """How many rows are answered otherwise when their neighbours change, or when they come alone."""
    inputs = _taken(case.rows[2], np.arange(min(ASKED_ROWS, len(case.rows[2]))))
    half, whole = len(inputs) // 2, case.answers(inputs.copy())
    first, few = _taken(inputs, np.arange(half)), range(min(16, half))
    without = case.answers(first.copy())
    alone = [case.answers(_taken(inputs, np.array([row])).copy())[0] for row in few]
    moved = int(_differ(whole[:half], without).sum()) + int(_differ(whole[: len(few)], np.array(alone)).sum())
    return Measured(f"{moved} of {half + len(few)} answers moved", moved > 0)


def same_twice(case: EstimatorCase) -> Measured:
    """Whether two answers for the same rows agree, and fitting and asking leave the rows alone."""
    inputs = _taken(case.rows[2], np.arange(min(ASKED_ROWS, len(case.rows[2]))))
    given = inputs.copy()
    first = case.answers(given)
    moved = int(_differ(first, case.answers(inputs.copy())).sum())
    if not (case.fitted[1] and _equal(given, inputs)):
        return Measured("fit or predict changes its inputs in place", True)
    return Measured(f"{moved} of {len(first)} answers moved", moved > 0)


def beats_constant(case: EstimatorCase) -> Measured:
    """By how many standard errors it is better than the best constant on the judging rows.

    By squared error; for classes by the best of errors, log loss and, of two classes, rank: with rare positives the
    most frequent class makes few errors, and a model that ranks well may have probabilities that are far off.
    """
    model, truth, known = case.fitted[0], case.rows[3], case.rows[1]
    answers = case.answers(case.rows[2])
    if not case.split.has_classes:
        found = [_gain((answers.reshape(-1) - truth) ** 2, (truth - known.mean()) ** 2)]
    else:
        names, counts = np.unique(known, return_counts=True)
        if len(names) < 2:
            raise NotRun("the learning rows have one class only")
        said = np.asarray(model.predict(case.rows[2]))
        found = [_gain(said != truth, truth != names[counts.argmax()])]
        if answers.ndim > 1:
            at = np.searchsorted(model.classes_, truth).clip(0, len(names) - 1)
            own = -np.log(answers[np.arange(len(truth)), at].clip(1e-3))
            found.append(_gain(own, -np.log((counts / counts.sum())[at])))
        if answers.ndim > 1 and len(names) == 2:
            found.append(_ranked(answers[:, 1], truth == names[1]))
    better = max(found)
    return Measured(f"it is better by {better:.3g} standard errors", not better > BEATS_Z)


CHECKS = (
    Check(
        "rows apart",
        "an answer stays when the neighbours of its row change or leave",
        "Look for a step that computes a statistic in transform or predict; it belongs in fit.",
        rows_apart,
    ),
    Check(
        "same twice",
        "two answers for one row agree, and inputs are left alone",
        "Draw nothing in predict; work on a copy of the inputs.",
        same_twice,
    ),
    Check(
        "beats constant",
        f"on the judging rows it beats the best constant by {BEATS_Z:g} standard errors",
        "Look whether inputs and targets still belong together; then whether the columns say anything.",
        beats_constant,
    ),
)


def _taken(inputs: Any, rows: np.ndarray) -> Any:
    return inputs.iloc[rows] if hasattr(inputs, "iloc") else as_array(inputs)[rows]


def _equal(value: Any, other: Any) -> bool:
    if hasattr(value, "equals"):  # a pandas table, which may hold names
        return bool(value.equals(other))
    return bool(np.array_equal(value, other, equal_nan=True))


def _differ(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Which rows differ, by more than rounding."""
    if first.dtype.kind in "OUS":
        return first != second
    near = np.isclose(first.astype(float), second.astype(float), rtol=1e-4, atol=1e-6)
    return ~near.reshape(len(near), -1).all(axis=1)


def _gain(own: np.ndarray, constant: np.ndarray) -> float:
    """By how many of its standard errors the mean of `own` lies below that of `constant`, on the same rows."""
    gained = constant.astype(float) - own
    return float(gained.mean() / (gained.std(ddof=1) / np.sqrt(len(gained)) + 1e-12))


def _ranked(score: np.ndarray, positive: np.ndarray) -> float:
    """Mann and Whitney's U in standard errors from what chance gives."""
    from scipy.stats import rankdata

    some, others = int(positive.sum()), int((~positive).sum())
    won = rankdata(score)[positive].sum() - some * (some + 1) / 2
    return float((won - some * others / 2) / np.sqrt(some * others * (some + others + 1) / 12 + 1e-12))
