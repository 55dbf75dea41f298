"""From chances to an item: mostly the best one, sometimes any, with the probability written down.

The draw is a hash of the request's id: a request sent twice draws the same, and an offline table draws what the
service drew.
"""

from dataclasses import dataclass

import numpy as np

from case_studies.personalization.data import PersonalizationError
from mlsd_lib.datasets.personalization_simulator import ITEM_CATEGORY, ITEMS

CLICK_EUR = 1.5
"""What a click on a slot is worth on average."""


def luck_of(request_id: np.ndarray, salt: int) -> np.ndarray:
    """A number in [0, 1) for each id, (n,), the same whenever it is asked (splitmix64 of Steele, Lea and Flood)."""
    with np.errstate(over="ignore"):
        z = np.asarray(request_id, dtype=np.uint64) + np.uint64(salt + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(float) / 2.0**53


def greedy(chance: np.ndarray) -> np.ndarray:
    """Probability 1 for the item with the largest chance in each row, (n, items)."""
    return np.eye(chance.shape[1])[chance.argmax(axis=1)]


@dataclass(frozen=True)
class SlotPolicy:
    """The best item, and in a share `explore` of the slots any."""

    explore: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.explore <= 1:
            raise PersonalizationError(
                f"explore is {self.explore}; it must be above 0 and at most 1: an item that is never shown by chance "
                "is never learned about, and no log can speak for it."
            )

    def distribution(self, chance: np.ndarray) -> np.ndarray:
        """The probability with which each item is shown, (n, items)."""
        return self.explore / ITEMS + (1 - self.explore) * greedy(chance)

    def draw(self, chance: np.ndarray, request_id: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The item of each slot and its probability, (n,) each."""
        shown = self.distribution(chance)
        below = np.cumsum(shown, axis=1)[:, :-1] <= luck_of(request_id, salt=0)[:, None]
        item = below.sum(axis=1)
        return item, shown[np.arange(len(item)), item]


@dataclass(frozen=True)
class CampaignRule:
    """A business rule behind the model: in a share of the slots the campaign's item is shown, whatever was drawn.

    It changes what is shown and leaves the logged propensity as it was. With `files` it also remembers those views as
    views of the campaign's category.
    """

    item: int
    share: float
    files: bool = True

    def applies(self, request_id: np.ndarray) -> np.ndarray:
        """Which slots the rule takes, (n,) of bool."""
        return luck_of(request_id, salt=1) < self.share

    def shown(self, item: np.ndarray, request_id: np.ndarray) -> np.ndarray:
        """What is shown in place of the items drawn, (n,)."""
        return np.where(self.applies(request_id), self.item, item)

    def filed(self, category: np.ndarray, request_id: np.ndarray) -> np.ndarray:
        """Under which category each view is remembered, (n,)."""
        return np.where(self.files & self.applies(request_id), ITEM_CATEGORY[self.item], category)
