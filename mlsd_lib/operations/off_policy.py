"""What a policy would have earned, from the log of another one: importance weights, three estimators, and a refusal.

A log says what was shown, with which propensity, and what came of it. A row's weight is how much more often the target
policy would have shown the same. The mean weight over the log is 1 when the propensities are those that were acted on.
"""

from dataclasses import dataclass

import numpy as np

from mlsd_lib.operations.errors import OperationsError

LEAST_EFFECTIVE_ROWS = 200.0
"""Below so many effective rows the interval itself is estimated from a handful of heavy ones, and covers too rarely."""

MEAN_WEIGHT_OFF = 0.2
"""How far the mean weight may be from 1. Where all heavy rows are missing, the others look even and effective."""


@dataclass(frozen=True)
class Estimate:
    """The value of a policy a row, its 95 % interval, the effective sample size; `refused` says why not to use it."""

    value: float
    low: float
    high: float
    effective_rows: float
    refused: str = ""

    def covers(self, truth: float) -> bool:
        """Whether the interval holds `truth`."""
        return self.low <= truth <= self.high

    def __str__(self) -> str:
        if self.refused:
            return f"refused: {self.refused}"
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f}), {self.effective_rows:,.0f} effective rows"


def importance_weights(target: np.ndarray, propensity: np.ndarray) -> np.ndarray:
    """How much more often the target shows what was shown, (n,).

    `target`: its probability of the item shown, (n,); `propensity`: the logged one, (n,). Raises `OperationsError`
    for a propensity outside (0, 1] and for a target outside [0, 1].
    """
    for name, values, good in (
        ("propensity", propensity, (propensity > 0) & (propensity <= 1)),
        ("target probability", target, (target >= 0) & (target <= 1)),
    ):
        if not good.all():
            row = int(np.argmin(good))
            raise OperationsError(
                f"The {name} of row {row} is {values[row]}; a probability is at most 1, and a logged one above 0. "
                "Log the probability with which the item shown was drawn."
            )
    return target / propensity


def effective_sample_size(weight: np.ndarray) -> float:
    """How many rows of equal weight say as much: (sum w)^2 / sum w^2; 0 where all weights are 0 (Kish, 1965)."""
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def ips(reward: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Each row's part in the inverse propensity estimate, (n,); the value is their mean (Horvitz and Thompson)."""
    return weight * reward


def snips(reward: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Each row's part in the self-normalised estimate, (n,): linearised, so that mean and error come out right.

    The mean is sum(w r) / sum(w) (Swaminathan and Joachims, 2015).
    """
    total = weight.sum()
    value = weight @ reward / total if total else 0.0
    return value + (weight * (reward - value)) * (len(weight) / total if total else 0.0)


def doubly_robust(reward: np.ndarray, weight: np.ndarray, shown: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Each row's part in the doubly robust estimate, (n,): a model's value, corrected where the log can.

    `shown`: the model's reward of the item shown, (n,); `expected`: its mean reward under the target policy, (n,).
    Right on average if the propensities are right or the model is (Dudik, Langford and Li, 2011).
    """
    return expected + weight * (reward - shown)


def estimate(
    parts: np.ndarray,
    weight: np.ndarray,
    cluster: np.ndarray | None = None,
    least_effective_rows: float = LEAST_EFFECTIVE_ROWS,
) -> Estimate:
    """The mean of `parts` with a normal 95 % interval over clusters, refused below `least_effective_rows`.

    It is refused too where the mean weight is further than `MEAN_WEIGHT_OFF` from 1.

    `cluster`: (n,), what rows stand or fall together with, such as visitors; each row by itself if not given. Raises
    `OperationsError` for fewer than two rows.
    """
    if len(parts) < 2:
        raise OperationsError(f"A log of {len(parts)} rows has no interval. Give at least 2, better some thousand.")
    value, rows = float(parts.mean()), effective_sample_size(weight)
    away: np.ndarray = parts - value
    if cluster is not None:
        away = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=away)
    error = float(np.sqrt(away @ away * len(away) / max(len(away) - 1, 1))) / len(parts)
    refused = ""
    if rows < least_effective_rows:
        refused = (
            f"{rows:,.1f} effective rows of {len(parts):,}, at least {least_effective_rows:,.0f} are needed; "
            "log more rows, explore more, or ask about a policy nearer to the logged one"
        )
    elif abs(weight.mean() - 1) > MEAN_WEIGHT_OFF:
        refused = (
            f"the mean weight is {weight.mean():.2f}, near 1 in a true log; the log hardly holds what is asked, "
            "or the propensities are not those of what was shown"
        )
    return Estimate(value, value - 1.96 * error, value + 1.96 * error, rows, refused)
