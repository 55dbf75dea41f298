"""Lives that have not ended: what is known of a unit that still runs, and what a model may learn from it.

A unit is censored if it runs still, or was replaced or withdrawn before it failed. Remaining life is capped: of a unit
that ran for the cap's days after a reading, the capped label of that reading is known, whatever became of it later.

Of the last `CAP_DAYS` days nothing but failures can be known, so all labels known by now are too short on average: a
sample selected by its outcome. A policy that learns from them needs readings whose label had the time to come, or
weights.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from case_studies.kit import TrainingLabels
from case_studies.maintenance.data import DAY, MaintenanceError
from case_studies.maintenance.lifetimes import censoring_weights, watched_share
from notebook_runner.errors import require_one_of

LabelPolicy = Literal["matured", "weighted", "known by now", "drop censored", "censored as failed"]
"""What to learn of units that have not failed.

"matured": readings at least `CAP_DAYS` old whose label is known. "weighted": every reading whose label is known, by the
inverse of its chance to be known. The others are mistakes to compare with: every known label alike, failed units alone,
the last day seen taken for a failure.
"""
CAP_DAYS = 60
"""Beyond two months nobody plans a replacement, and no sensor tells more."""
HELD_OUT_TENTHS = 4
"""Of ten units so many set ages, limits, thresholds and intervals; the models learn from the others."""


@dataclass(frozen=True)
class KnownLives:
    """What rules are set on: the units that had failed by a day, and those of them that no model learned from.

    `life_days` and `weight`, by unit: whole lives, and what each stands for among all units. `judged_days`: the lives
    of the held-out ones. `judged`: which readings are theirs, (n,) of bool.
    """

    life_days: pd.Series
    weight: pd.Series
    judged_days: pd.Series
    judged: np.ndarray


def lifetimes(units: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """What is known at `now` of each unit installed before: `days` in place, whether it `failed`, and its `load`."""
    started = units[units["installed"] < now]
    over = (started["ended"] <= now).to_numpy()
    end = started["ended"].where(over, now)
    failed = over & (started["end"] == "failed").to_numpy()
    days = ((end - started["installed"]) / DAY).to_numpy()
    return pd.DataFrame({"days": days, "failed": failed, "load": started["load"].to_numpy()}, index=started.index)


def held_out(unit: pd.Series | pd.Index) -> np.ndarray:
    """Which rows are of units that no model learns from, by the number of the unit, (n,) of bool."""
    return np.asarray(unit) * 7 % 10 < HELD_OUT_TENTHS


def known_lives(readings: pd.DataFrame, units: pd.DataFrame, now: pd.Timestamp) -> KnownLives:
    """The lives that had ended in a failure by `now`."""
    lives = lifetimes(units, now)
    failed = lives["failed"]
    weight = pd.Series(censoring_weights(lives), lives.index)[failed]
    ours = lives["days"][failed & held_out(lives.index)]
    judged = readings["unit_id"].isin(ours.index) & (readings["time"] < now)
    return KnownLives(lives["days"][failed], weight, ours, judged.to_numpy())


def days_left(readings: pd.DataFrame, life_days: pd.Series) -> np.ndarray:
    """How long the unit of each reading went on, (n,), from whole lives by unit; NaN for a unit without one."""
    return life_days.reindex(readings["unit_id"]).to_numpy(float) - readings["age_days"].to_numpy()


def training_labels(
    readings: pd.DataFrame, units: pd.DataFrame, now: pd.Timestamp, policy: LabelPolicy = "matured"
) -> TrainingLabels:
    """What may be learned at `now` under `policy`, days left up to the cap; only ends that have come are looked at.

    Weights assume that watching ends by chance. A policy that replaces worn units breaks that, and weights cannot
    correct it.
    """
    require_one_of("The label policy", policy, get_args(LabelPolicy), MaintenanceError)
    lives = lifetimes(units, now)
    left = days_left(readings, lives["days"])
    failed = lives["failed"].reindex(readings["unit_id"]).to_numpy() == 1
    use, label = (readings["time"] < now).to_numpy(), np.clip(left, 0, CAP_DAYS)
    if policy == "drop censored":
        use = use & failed
    elif policy != "censored as failed":
        use = use & (failed | (left >= CAP_DAYS))
    if policy == "matured":
        use = use & (readings["time"].dt.normalize() <= now - CAP_DAYS * DAY).to_numpy()
    weight = np.ones(len(left))
    if policy == "weighted":
        age = readings["age_days"].to_numpy()[use]
        weight[use] = watched_share(lives, age) / watched_share(lives, age + label[use])
    return TrainingLabels(use, label, weight)
