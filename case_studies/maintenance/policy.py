"""From a forecast to a decision, in money: which units to replace before they fail, with how large a crew.

A planned replacement costs the unit and the crew's hours, and throws away the life that was left. A failure costs
that and the standstill. What counts is the cost of a position and day, which a renewal argument gives: the mean cost
of a unit over its mean time in place (R. Barlow and F. Proschan, Mathematical Theory of Reliability, 1965).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from case_studies.maintenance.data import MaintenanceError
from mlsd_lib.modeling import first_come

PLANNED_EUR = 1_000.0
FAILURE_EUR = 6_000.0
LOOK_EUR = 40.0
"""An hour of the crew, to look at a unit for an alarm."""
WORN_DAYS = 20
"""A unit that gives signs shows them to whoever looks when it has so many days left."""


@dataclass(frozen=True)
class ReplacementPolicy:
    """How many units a day the crew can replace, by what they are chosen, and what a failure costs."""

    crew_per_day: int = 6
    by: Literal["prediction", "age"] = "prediction"
    failure_eur: float = FAILURE_EUR

    def __post_init__(self) -> None:
        if self.by not in ("prediction", "age"):
            raise MaintenanceError(f"by is {self.by!r}; it must be 'prediction' or 'age'.")
        if self.crew_per_day < 1:
            raise MaintenanceError(f"crew_per_day is {self.crew_per_day}; the crew replaces at least one unit a day.")
        if not self.failure_eur > PLANNED_EUR:
            raise MaintenanceError(
                f"failure_eur is {self.failure_eur}; a failure costs more than the {PLANNED_EUR:.0f} EUR of a planned "
                "replacement, or nobody would plan one."
            )

    def value(self, risk: Any, age_days: Any) -> Any:
        """What units are chosen by, (n,) or one number: the risk, 0 to 1, or the age in days."""
        return risk if self.by == "prediction" else age_days

    def replaced(self, time: pd.Series, wanted: np.ndarray) -> np.ndarray:
        """Which of the `wanted`, (n,) of bool, are replaced: those that come while the crew has room."""
        return first_come(time, wanted, self.crew_per_day)


@dataclass(frozen=True)
class Outcome:
    """What becomes of each unit under a policy, (units,) each: days in place, its cost in EUR, how much it counts."""

    days: np.ndarray
    cost_eur: np.ndarray
    weight: np.ndarray

    @property
    def rate(self) -> float:
        """EUR a position and day."""
        return float((self.weight * self.cost_eur).sum() / (self.weight * self.days).sum())


def outcome(
    readings: pd.DataFrame,
    alarm: np.ndarray,
    life_days: pd.Series,
    failure_eur: float = FAILURE_EUR,
    weight: pd.Series | None = None,
) -> Outcome:
    """What becomes of the units whose whole lives are `life_days`, by unit, if the first alarm replaces a unit.

    `alarm`: (n,) of bool, a row of `readings` each. A unit that fails on the evening of its first alarm has failed.
    """
    alarmed = readings.loc[alarm].groupby("unit_id")["age_days"].min().reindex(life_days.index)
    life = life_days.to_numpy(float)
    days = np.fmin(alarmed.to_numpy(float) + 1, life)
    cost = np.where(days < life, PLANNED_EUR, failure_eur)
    return Outcome(days, cost, np.ones(len(life)) if weight is None else weight.reindex(life_days.index).to_numpy())


def saved_by_unit(policy: Outcome, nothing: Outcome, positions: int) -> np.ndarray:
    """Each unit's part in the EUR that a policy saves a day at `positions` positions against `nothing`; (units,).

    A rate is a ratio of two sums, so a unit's part is its influence on the ratio (delta method) and an equal share.
    """

    def influence(one: Outcome) -> np.ndarray:
        return one.weight * (one.cost_eur - one.rate * one.days) / (one.weight * one.days).sum()

    share = (nothing.rate - policy.rate) / len(policy.days)
    return positions * (influence(nothing) - influence(policy) + share)


def best_age(life_days: pd.Series, weight: pd.Series, failure_eur: float = FAILURE_EUR) -> float:
    """The age, days, at which replacing costs least, from whole lives and their weights, by unit; inf if none pays."""
    life_days, weight, ages = life_days.to_numpy(), weight.to_numpy(), np.arange(5, 366)
    kept = np.minimum(life_days[None, :], ages[:, None])
    cost = np.where(life_days[None, :] <= ages[:, None], failure_eur, PLANNED_EUR)
    rate = (cost @ weight) / (kept @ weight)
    never = failure_eur * weight.sum() / (life_days @ weight)
    return float(ages[rate.argmin()]) if rate.min() < never else np.inf


def best_threshold(
    readings: pd.DataFrame,
    value: np.ndarray,
    life_days: pd.Series,
    failure_eur: float = FAILURE_EUR,
    weight: pd.Series | None = None,
    steps: int = 60,
) -> float:
    """The value, of `value` (n,), from which replacing costs least on these units; inf if none pays."""
    tried = np.unique(np.quantile(value, np.linspace(0.5, 0.9999, steps)))
    rates = [outcome(readings, value >= limit, life_days, failure_eur, weight).rate for limit in tried]
    never = outcome(readings, np.zeros(len(value), dtype=bool), life_days, failure_eur, weight).rate
    return float(tried[int(np.argmin(rates))]) if min(rates) < never else np.inf


def looked_after(
    readings: pd.DataFrame, alarm: np.ndarray, units: pd.DataFrame, looks_a_day: int, rng: np.random.Generator
) -> dict[str, float]:
    """What alarms come to where each asks for a look, and the crew has time for `looks_a_day` of them.

    `alarm`: (n,) of bool, a row of `readings` each; `units`: with the truth. A look finds the wear of a unit that has
    at most `WORN_DAYS` left and gives signs; that unit is replaced, and its later readings are left out. Any other
    unit stays, and may ring again tomorrow. Which of a day's alarms is looked at is chance: nobody knows the true one.
    Gives `alarms` and `looks` a day, and the cost of all positions in `eur` a day.
    """
    of_unit = units.reindex(readings["unit_id"])
    left = of_unit["life_days"].to_numpy() - readings["age_days"].to_numpy()
    worn = (left <= WORN_DAYS) & (left > 1) & ~of_unit["sudden"].to_numpy(bool)
    unit, found = readings["unit_id"].to_numpy(), np.zeros(int(readings["unit_id"].max()) + 1, dtype=bool)
    alarms, looks, failures, days, lived = 0, 0, 0, 0, 0
    for rows in readings.groupby(readings["time"].dt.normalize()).indices.values():
        running = rows[~found[unit[rows]]]
        rang = running[alarm[running]]
        seen = rng.permutation(rang)[:looks_a_day]
        found[unit[seen[worn[seen]]]] = True
        failures += int((left[running] <= 1).sum())
        alarms, looks, days, lived = alarms + len(rang), looks + len(seen), days + 1, lived + len(running)
    cost = LOOK_EUR * looks + PLANNED_EUR * found.sum() + FAILURE_EUR * failures
    eur = float(cost / lived) * units["position"].nunique()
    return {"alarms": alarms / days, "looks": looks / days, "eur": eur}
