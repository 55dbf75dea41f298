"""Lives that have not ended: what is known of a unit that still runs, and what a model may learn from it.

A unit is censored if it runs still, or was replaced or withdrawn before it failed: its life is longer than what was
seen. Whoever drops such units keeps the short lives. Remaining life is capped: of a unit that ran for the cap's days
after a reading, the capped label of that reading is known, whatever became of it later.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from case_studies.maintenance.data import DAY, MaintenanceError

LabelPolicy = Literal["known by now", "drop censored", "censored as failed"]
CAP_DAYS = 60
"""Beyond two months nobody plans a replacement, and no sensor tells more."""


@dataclass(frozen=True)
class TrainingLabels:
    """Which rows to learn from, and their remaining life in days, capped, both (n,) over the whole table."""

    use: np.ndarray
    label: np.ndarray


def lifetimes(units: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """What is known at `now` of each unit installed before: `days` in place, whether it `failed`, and its `load`."""
    started = units[units["installed"] < now]
    over = (started["ended"] <= now).to_numpy()
    end = started["ended"].where(over, now)
    failed = over & (started["end"] == "failed").to_numpy()
    days = ((end - started["installed"]) / DAY).to_numpy()
    return pd.DataFrame({"days": days, "failed": failed, "load": started["load"].to_numpy()}, index=started.index)


def mean_life(lives: pd.DataFrame, method: str) -> float:
    """The mean life, days, that `method` makes of `lives`; for "Kaplan-Meier" up to the longest life seen.

    "drop censored" averages the failed ones, "Weibull AFT" fits a life with a rising hazard that depends on the load.
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
    raise MaintenanceError(f"The method is {method!r}; it is 'drop censored', 'Kaplan-Meier' or 'Weibull AFT'.")


def weibull_aft(lives: pd.DataFrame) -> "WeibullAFTFitter":  # type: ignore[name-defined]  # noqa: F821
    """A fitted `lifelines.WeibullAFTFitter` of lives on load."""
    from lifelines import WeibullAFTFitter

    if lives["failed"].sum() < 5:
        raise MaintenanceError(f"{lives['failed'].sum()} units have failed; a Weibull life needs 5. Wait for more.")
    return WeibullAFTFitter().fit(lives, "days", "failed")


def censoring_weights(lives: pd.DataFrame) -> np.ndarray:
    """What each unit stands for, (units,): 0 if censored, else 1 over the share of units watched for so long.

    Inverse probability of censoring weights (J. Robins and A. Rotnitzky, 1992), by Kaplan and Meier's estimate of when
    watching ends; no weight is above 20.
    """
    from lifelines import KaplanMeierFitter

    watched = KaplanMeierFitter().fit(lives["days"], ~lives["failed"])
    share = watched.survival_function_at_times(lives["days"] - 0.5).to_numpy()
    return np.where(lives["failed"], 1 / np.maximum(share, 0.05), 0.0)


def training_labels(
    readings: pd.DataFrame, units: pd.DataFrame, now: pd.Timestamp, policy: LabelPolicy = "known by now"
) -> TrainingLabels:
    """What may be learned at `now` under `policy`; only ends that have come by then are looked at."""
    if policy not in get_args(LabelPolicy):
        raise MaintenanceError(f"The label policy is {policy!r}; it must be one of {', '.join(get_args(LabelPolicy))}.")
    of_unit = lifetimes(units, now).reindex(readings["unit_id"])
    left = of_unit["days"].to_numpy() - readings["age_days"].to_numpy()
    failed = of_unit["failed"].to_numpy() == 1
    use = (readings["time"] < now).to_numpy()
    if policy == "drop censored":
        use = use & failed
    elif policy == "known by now":
        use = use & (failed | (left >= CAP_DAYS))
    return TrainingLabels(use, np.clip(left, 0, CAP_DAYS))
