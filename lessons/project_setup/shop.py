"""A simulated shop to which new items come: who bought what, and apart from it what attracted whom."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shop:
    """Purchases in the order of days, and what is known of shoppers and items.

    `tastes` (shoppers, traits); `described` (items, traits), what its description says; `born` (items,), its first
    day; `day`, `shopper` and `item`, one entry a purchase. `appeal` (shoppers, items) is the truth, which no shop
    knows.
    """

    tastes: np.ndarray
    described: np.ndarray
    born: np.ndarray
    day: np.ndarray
    shopper: np.ndarray
    item: np.ndarray
    appeal: np.ndarray


def simulate_shop(
    rng: np.random.Generator,
    *,
    explained: float,
    new_a_day: int,
    shoppers: int = 1_000,
    first_items: int = 60,
    purchases_a_day: int = 300,
    launch_day: int = 30,
    days: int = 58,
    traits: int = 6,
) -> Shop:
    """A shop of `days` days, with `first_items` from the start and `new_a_day` more each day from `launch_day` on.

    What attracts in an item is `traits` numbers; of their variance the description tells the share `explained`. A
    purchase is of the item then present with the highest appeal plus a whim (Gumbel noise: a multinomial logit). Shops
    drawn alike that differ in `new_a_day` alone have the same days before the launch, and of each item that both have,
    counted in order of birth, the same description.
    """
    born = np.concatenate([np.zeros(first_items, int), np.repeat(np.arange(launch_day, days), new_a_day)])
    tastes, shopper = rng.normal(size=(shoppers, traits)), rng.integers(shoppers, size=(days, purchases_a_day))
    item = np.empty_like(shopper)
    described, appeal = np.empty((0, traits)), np.empty((shoppers, 0))
    for start, end, count in ((0, launch_day, first_items), (launch_day, days, len(born) - first_items)):
        told, hidden = (rng.normal(size=(count, traits)) for _ in range(2))
        items = np.sqrt(explained) * told + np.sqrt(1 - explained) * hidden
        attracts = 1.5 / np.sqrt(traits) * tastes @ items.T + 0.5 * rng.normal(size=count)
        described, appeal = np.vstack([described, told]), np.hstack([appeal, attracts])
        for day in range(start, end):
            wanted = appeal[shopper[day]] + rng.gumbel(size=(purchases_a_day, appeal.shape[1]))
            item[day] = wanted[:, born[: appeal.shape[1]] <= day].argmax(axis=1)  # born is sorted
    day_of = np.repeat(np.arange(days), purchases_a_day)
    return Shop(tastes, described, born, day_of, shopper.ravel(), item.ravel(), appeal)
