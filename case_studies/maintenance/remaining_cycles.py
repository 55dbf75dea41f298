"""How well the cycles left to a failure were foretold, as on C-MAPSS: capped, late ones counted more, by whole units.

Source: A. Saxena, K. Goebel, D. Simon and N. Eklund, Damage Propagation Modeling for Aircraft Engine Run-to-Failure
Simulation, PHM 2008.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def cycles_left(engines: "pd.DataFrame") -> "pd.Series":
    """The cycles that follow each row in its unit, which ran to failure; columns `unit` and `cycle`."""
    return engines.groupby("unit")["cycle"].transform("max") - engines["cycle"]


def remaining_scores(found: np.ndarray, true: np.ndarray, cap: float, rng: np.random.Generator) -> dict[str, float]:
    """RMSE with the true cycles capped, its interval over units, RMSE without the cap, and NASA's score; (units,)."""
    late = found - np.minimum(true, cap)
    square = late**2
    drawn = np.sqrt(square[rng.integers(0, len(true), (1_000, len(true)))].mean(axis=1))
    score = np.where(late < 0, np.expm1(-late / 13), np.expm1(late / 10)).sum()
    low, high = np.percentile(drawn, [2.5, 97.5])
    uncapped = float(np.sqrt(((found - true) ** 2).mean()))
    return {"RMSE": float(np.sqrt(square.mean())), "low": low, "high": high, "RMSE_uncapped": uncapped, "score": score}


def validated_rmse(
    fit: Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]],
    engines: "pd.DataFrame",
    label: np.ndarray,
    rng: np.random.Generator,
) -> float:
    """RMSE on units held out in three folds, each cut at five random cycles, as test units are cut.

    `fit` learns from rows, given by their positions, and gives a function from positions to predictions. `label` (n,).
    """
    from sklearn.model_selection import GroupKFold

    old = engines["cycle"] > engines.groupby("unit")["cycle"].transform("max") // 6
    cut = np.isin(engines.index, engines[old].groupby("unit").sample(5, random_state=rng).index)
    errors = []
    for learn, rest in GroupKFold(3).split(engines, groups=engines["unit"]):
        asked = rest[cut[rest]]
        errors.append(fit(learn)(asked) - label[asked])
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))
