"""When to replace what wears out, in money: by age, by an alarm, or not before it fails.

A planned replacement throws away the life that was left; a failure costs more. What counts is the cost of a position
and day, which a renewal argument gives: the mean cost of a unit over its mean time in place (R. Barlow and F. Proschan,
Mathematical Theory of Reliability, 1965). Lives are whole lives in days, by unit; where some units run still, a weight
says what each stands for, see `lifetimes.censoring_weights`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


class Prices(NamedTuple):
    """What a unit costs that is replaced before it fails, and one that failed, EUR."""

    planned_eur: float
    failure_eur: float


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
    readings: "pd.DataFrame",
    alarm: np.ndarray,
    life_days: "pd.Series",
    prices: Prices,
    weight: "pd.Series | None" = None,
) -> Outcome:
    """What becomes of the units whose whole lives are `life_days`, by unit, if the first alarm replaces a unit.

    `readings` has the columns `unit_id` and `age_days`; `alarm`: (n,) of bool, a row of it each. A unit that fails on
    the evening of its first alarm has failed.
    """
    alarmed = readings.loc[alarm].groupby("unit_id")["age_days"].min().reindex(life_days.index)
    life = life_days.to_numpy(float)
    days = np.fmin(alarmed.to_numpy(float) + 1, life)
    cost = np.where(days < life, prices.planned_eur, prices.failure_eur)
    return Outcome(days, cost, np.ones(len(life)) if weight is None else weight.reindex(life_days.index).to_numpy())


def saved_by_unit(policy: Outcome, nothing: Outcome, positions: int) -> np.ndarray:
    """Each unit's part in the EUR that a policy saves a day at `positions` positions against `nothing`; (units,).

    A rate is a ratio of two sums, so a unit's part is its influence on the ratio (delta method) and an equal share.
    """

    def influence(outcome: Outcome) -> np.ndarray:
        return outcome.weight * (outcome.cost_eur - outcome.rate * outcome.days) / (outcome.weight * outcome.days).sum()

    share = (nothing.rate - policy.rate) / len(policy.days)
    return positions * (influence(nothing) - influence(policy) + share)


def best_age(life_days: "pd.Series", weight: "pd.Series", prices: Prices) -> float:
    """The age, 5 to 365 days, at which replacing costs least, from lives and weights by unit; inf if none pays."""
    life, counts, ages = life_days.to_numpy(), weight.to_numpy(), np.arange(5, 366)
    kept = np.minimum(life[None, :], ages[:, None])
    cost = np.where(life[None, :] <= ages[:, None], prices.failure_eur, prices.planned_eur)
    rate = (cost @ counts) / (kept @ counts)
    never = prices.failure_eur * counts.sum() / (life @ counts)
    return float(ages[rate.argmin()]) if rate.min() < never else np.inf


def best_threshold(
    readings: "pd.DataFrame",
    value: np.ndarray,
    life_days: "pd.Series",
    prices: Prices,
    weight: "pd.Series | None" = None,
    steps: int = 60,
) -> float:
    """The value, of `value` (n,), from which replacing costs least on these units; inf if none pays."""
    tried = np.unique(np.quantile(value, np.linspace(0.5, 0.9999, steps)))
    rates = [outcome(readings, value >= limit, life_days, prices, weight).rate for limit in tried]
    never = outcome(readings, np.zeros(len(value), dtype=bool), life_days, prices, weight).rate
    return float(tried[int(np.argmin(rates))]) if min(rates) < never else np.inf
