"""From a probability to a decision, in money: what to review, at what price, with how many reviewers.

A review stops a fraud and costs a reviewer's time whether it was one or not. The day has room for so many reviews.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from case_studies.fraud.data import FraudError
from case_studies.kit import filling_value, first_come
from notebook_runner.errors import require_one_of

REVIEW_COST_EUR = 12.0
"""Twenty minutes of an analyst."""
CHARGEBACK_FEE_EUR = 15.0
"""What a bank charges on top of the amount of an unstopped fraud."""


@dataclass(frozen=True)
class ReviewPolicy:
    """How many payments are reviewed a day, and whether by probability or by expected loss."""

    rank_by: Literal["money", "probability"] = "money"
    reviews_per_day: int = 50

    def __post_init__(self) -> None:
        require_one_of("rank_by", self.rank_by, ("money", "probability"), FraudError)
        if self.reviews_per_day < 1:
            raise FraudError(f"reviews_per_day is {self.reviews_per_day}; at least one payment a day is reviewed.")

    def value(self, probability: Any, amount: Any) -> Any:
        """What payments are ranked by, (n,) or one number: the probability, or the expected loss in EUR."""
        return probability * (amount + CHARGEBACK_FEE_EUR) if self.rank_by == "money" else probability

    def threshold(self, probability: np.ndarray, amount: np.ndarray, days: float) -> float:
        """The value from which a payment is reviewed, from recent scores of `days` days; no labels are needed.

        The larger of two: where a review pays for itself, and where the expected number of reviews meets the
        capacity, which is the shadow price of a review.
        """
        value = self.value(probability, amount)
        pays = REVIEW_COST_EUR
        if self.rank_by == "probability":
            pays /= np.average(amount, weights=probability) + CHARGEBACK_FEE_EUR
        return float(max(pays, filling_value(value, int(self.reviews_per_day * days))))

    def reviewed(self, time: pd.Series, value: np.ndarray, threshold: float) -> np.ndarray:
        """Which payments are reviewed, (n,) of bool: those over the threshold while the day has room."""
        return first_come(time, value >= threshold, self.reviews_per_day)


def saved_eur(reviewed: np.ndarray, amount: np.ndarray, is_fraud: np.ndarray) -> np.ndarray:
    """What reviewing saved against doing nothing, EUR, (n,): a stopped loss less the price of the review."""
    return reviewed * (is_fraud * (amount + CHARGEBACK_FEE_EUR) - REVIEW_COST_EUR)
