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
    purchase is of the item then present with the highest appeal plus a whim (Gumbel noise: a multinomial logit).
    """
    total = first_items + new_a_day * (days - launch_day)
    launches = np.repeat(np.arange(launch_day, days), new_a_day)
    born = np.concatenate([np.zeros(first_items, int), launches])
    tastes, described, hidden = (rng.normal(size=(n, traits)) for n in (shoppers, total, total))
    items = np.sqrt(explained) * described + np.sqrt(1 - explained) * hidden
    appeal = 1.5 / np.sqrt(traits) * tastes @ items.T + 0.5 * rng.normal(size=total)
    shopper = rng.integers(shoppers, size=(days, purchases_a_day))
    item = np.empty_like(shopper)
    for day in range(days):
        wanted = appeal[shopper[day]] + rng.gumbel(size=(purchases_a_day, total))
        item[day] = wanted[:, born <= day].argmax(axis=1)  # born is sorted: places among those present are items
    day_of = np.repeat(np.arange(days), purchases_a_day)
    return Shop(tastes, described, born, day_of, shopper.ravel(), item.ravel(), appeal)
