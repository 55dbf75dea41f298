"""Lives of which most have not ended: what can be said of all units from those that failed and those that still run.

A table of lives has a row a unit: `days` in place so far, whether it `failed`, and any number of covariates. A unit
that has not failed is censored: its life is longer than what was seen. Whoever drops such units keeps the short lives.
"""

from typing import TYPE_CHECKING

import numpy as np

from mlsd_lib.modeling.errors import ModelingError

if TYPE_CHECKING:
    import pandas as pd
    from lifelines import WeibullAFTFitter


def mean_life(lives: "pd.DataFrame", method: str) -> float:
    """The mean life, days, that `method` makes of `lives`; for "Kaplan-Meier" up to the longest life seen.

    "drop censored" averages the failed ones, "Weibull AFT" fits a life with a hazard of one form whose speed depends
    on the covariates.
    """
    if method == "drop censored":
        return float(lives["days"][lives["failed"]].mean())
    if method == "Kaplan-Meier":
        from lifelines import KaplanMeierFitter
        from lifelines.utils import restricted_mean_survival_time

        fitted = KaplanMeierFitter().fit(lives["days"], lives["failed"])
        return float(restricted_mean_survival_time(fitted, t=lives["days"].max()))
    if method == "Weibull AFT":
        return float(weibull_aft(lives).predict_expectation(lives).mean())
    raise ModelingError(f"The method is {method!r}; it is 'drop censored', 'Kaplan-Meier' or 'Weibull AFT'.")


def weibull_aft(lives: "pd.DataFrame") -> "WeibullAFTFitter":
    """A fitted `lifelines.WeibullAFTFitter` of lives on the covariates; raises `ModelingError` for under 5 failures."""
    from lifelines import WeibullAFTFitter

    if lives["failed"].sum() < 5:
        raise ModelingError(f"{lives['failed'].sum()} units have failed; a Weibull life needs 5. Wait for more.")
    return WeibullAFTFitter().fit(lives, "days", "failed")


def watched_share(lives: "pd.DataFrame", days: np.ndarray) -> np.ndarray:
    """The share of units that would be watched for so long if none failed, (n,), at least 0.05; `days` (n,).

    Kaplan and Meier's estimate of when watching ends.
    """
    from lifelines import KaplanMeierFitter

    watched = KaplanMeierFitter().fit(lives["days"], ~lives["failed"])
    share = watched.survival_function_at_times(np.maximum(np.asarray(days, dtype=float) - 0.5, 0)).to_numpy()
    return np.maximum(share, 0.05)


def censoring_weights(lives: "pd.DataFrame") -> np.ndarray:
    """What each unit stands for, (units,): 0 if censored, else 1 over the share of units watched for so long.

    Inverse probability of censoring weights (J. Robins and A. Rotnitzky, 1992); no weight is above 20.
    """
    return np.where(lives["failed"], 1 / watched_share(lives, lives["days"].to_numpy()), 0.0)
