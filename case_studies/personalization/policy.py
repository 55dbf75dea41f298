"""From chances to the items of a page: mostly the best ones in order, sometimes any, none twice, all with propensity.

A page is drawn whole, by a hash of its id: its slots may be asked for one by one and still share no item, a request
sent twice draws the same, and an offline table draws what the service drew. The propensity is that of the item in its
slot, whatever stands in the others, which is what a click in that slot depends on.
"""

from dataclasses import dataclass

import numpy as np

from case_studies.personalization.data import PersonalizationError
from mlsd_lib.datasets.personalization_simulator import ITEM_CATEGORY, ITEMS

CLICK_EUR = 1.5
"""What a click on a slot is worth on average."""


def luck_of(identity: np.ndarray, salt: int | np.ndarray) -> np.ndarray:
    """A number in [0, 1) for each id and salt, always the same for both (splitmix64 of Steele, Lea and Flood)."""
    with np.errstate(over="ignore"):
        z = np.asarray(identity, np.uint64) + np.asarray(salt + 1, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(float) / 2.0**53


def in_order(score: np.ndarray, position: np.ndarray) -> np.ndarray:
    """The item of each slot, (n,), where items stand in the order of `score`, (n, items), from `position` 1 on."""
    order = np.argsort(-score, axis=1, kind="stable")
    return order[np.arange(len(order)), np.asarray(position, dtype=int) - 1]


def always(item: np.ndarray) -> np.ndarray:
    """Probability 1 for the item of each slot, (n, items)."""
    return np.eye(ITEMS)[item]


@dataclass(frozen=True)
class SlotPolicy:
    """The best items in order, and on a share `explore` of the pages any, in any order."""

    explore: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.explore <= 1:
            raise PersonalizationError(
                f"explore is {self.explore}; it must be above 0 and at most 1: an item that is never shown by chance "
                "is never learned about, and no log can speak for it."
            )

    def distribution(self, best: np.ndarray) -> np.ndarray:
        """The probability with which each slot shows each item, (n, items); `best`: the model's item for it, (n,)."""
        return self.explore / ITEMS + (1 - self.explore) * always(best)

    def draw(self, best: np.ndarray, position: np.ndarray, page_id: np.ndarray) -> np.ndarray:
        """The item of each slot, (n,)."""
        explored = luck_of(page_id, salt=0) < self.explore
        shuffled = luck_of(np.asarray(page_id)[:, None], salt=2 + np.arange(ITEMS))
        return np.where(explored, in_order(shuffled, position), best)


@dataclass(frozen=True)
class CampaignRule:
    """A business rule behind the model: on a share of the pages the campaign's item takes the top slot.

    It changes what is shown and leaves the logged propensity as it was. With `files` it also remembers those pages as
    pages of the campaign's category.
    """

    item: int
    share: float
    files: bool = True

    def applies(self, page_id: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Which slots the rule takes, (n,) of bool."""
        return (luck_of(page_id, salt=1) < self.share) & (np.asarray(position) == 1)

    def filed(self, category: np.ndarray, page_id: np.ndarray) -> np.ndarray:
        """Under which category each page is remembered, (n,)."""
        return np.where(self.files & self.applies(page_id, np.array(1)), ITEM_CATEGORY[self.item], category)
