"""From scores to a slate: ranked by chance or by money, under rules, with places kept for what nobody has tried.

The rules: nothing that is sold out, no candidate that was bought a moment ago, not too much of one category.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from case_studies.recommendation.data import Catalogue, RecommendationError
from case_studies.recommendation.slates import varied
from notebook_runner.errors import require_one_of

SLOTS = 10


@dataclass(frozen=True)
class ShelfPolicy:
    """How a slate is filled. `explore_slots`: places at its end for random items younger than `young_days` or, where
    there are none, any."""

    rank_by: Literal["money", "probability"] = "money"
    explore_slots: int = 1
    most_of_a_category: int = 4
    rest_days: float = 2.0
    young_days: int = 35

    def __post_init__(self) -> None:
        require_one_of("rank_by", self.rank_by, ("money", "probability"), RecommendationError)
        if not 0 <= self.explore_slots <= SLOTS:
            raise RecommendationError(f"explore_slots is {self.explore_slots}; a slate has {SLOTS} places, 0 to 10.")

    def value(self, probability: np.ndarray, margin_eur: np.ndarray) -> np.ndarray:
        """What candidates are ranked by: the chance that they are bought, or the margin expected of it, EUR."""
        return probability * margin_eur if self.rank_by == "money" else probability

    def slate(
        self, catalogue: Catalogue, places: np.ndarray, value: np.ndarray, barred: set[int], visit_id: int
    ) -> np.ndarray:
        """The codes of a visit's slate, (SLOTS,), best first, -1 where the rules leave a place empty.

        `places`, `value`: (candidates,). `barred`: the places of what is sold out or was bought a moment ago. What is
        explored follows from `visit_id` alone, so that a request that is sent twice is answered alike.
        """
        order = places[np.argsort(-np.round(value, 9), kind="stable")]
        ranked = [place for place in order.tolist() if place not in barred]
        one_kind = catalogue.category.max(initial=0) == 0  # a catalogue without categories has only one
        most = SLOTS if one_kind else self.most_of_a_category
        chosen = varied(ranked, catalogue.category, most, SLOTS - self.explore_slots)
        chosen += self._explored(catalogue, barred | set(chosen), visit_id)
        slate = np.full(SLOTS, -1)
        slate[: len(chosen)] = catalogue.codes[chosen]
        return slate

    def _explored(self, catalogue: Catalogue, taken: set[int], visit_id: int) -> list[int]:
        if not self.explore_slots:
            return []
        age = (catalogue.launched.max() - catalogue.launched).astype(int)
        young = [place for place in np.flatnonzero(age < self.young_days).tolist() if place not in taken]
        pool = young or [place for place in range(len(catalogue)) if place not in taken]
        rng = np.random.default_rng(visit_id)
        return rng.choice(pool, min(self.explore_slots, len(pool)), replace=False).tolist()
