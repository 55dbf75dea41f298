"""A shop whose households come back: repeat purchases, a list of offers with position bias, new items each week.

A visit begins at one item's page. Then the household buys what it came for, whether shown or not (*unaided*), and of
the offers that it looks at, some that it would not have bought otherwise (*added*). It looks at the first offer
always, at later ones less and less often. What an item is worth to a household is its taste for the item, and for its
staples how long ago it bought them. Which purchases a list added is the truth, which no shop can see in its log.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataError

START = pd.Timestamp("2026-01-05")
"""Day 0 of the stream, a Monday."""
DAY_US = 86_400_000_000
SLOTS = 10
"""How many offers a visit is shown."""
CATEGORIES = 24
TRAITS = 8
STAPLES = 14
FIRST_CODE = 10_000
"""Item codes count from here, in the order of launches: a code is a name, not a position in a table."""


def examined(slots: int = SLOTS) -> np.ndarray:
    """The chance that a household looks at each offer, (slots,): 1, .72, .56, ..."""
    return 1 / (1 + 0.39 * np.arange(slots))


@dataclass(frozen=True)
class Response:
    """What happened at visits that were shown slates. `bought` and `added`: (visits, items) of bool; `position`: where
    each item stood on the visit's slate, -1 if it was not shown; `offer_eur`: the margin that each would have added as
    an offer that is looked at, see there, (visits, items) each."""

    bought: np.ndarray
    added: np.ndarray
    position: np.ndarray
    offer_eur: np.ndarray

    @property
    def bought_from_slate(self) -> np.ndarray:
        """What was bought and stood on the slate, whether the slate added it or not, (visits, items) of bool."""
        return self.bought & (self.position >= 0)


class ShoppingSimulator:
    """A shop that can be continued, a day at a time: `visits`, then `respond` to what they were shown.

    `rng` is the only source of randomness. About one household in four comes on a day. `new_a_week` items are launched
    each week for as long as `weeks` last.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        households: int = 600,
        first_items: int = 300,
        new_a_week: int = 5,
        weeks: int = 40,
    ):
        if households < 20 or first_items < 60:
            raise DataError(
                f"households is {households} and first_items is {first_items}; the simulator needs at least 20 and "
                "60, so that tastes can differ. Ask for more."
            )
        self.rng, self.households, self.day, self.next_visit = rng, households, 0, 0
        launches = 7 * np.repeat(np.arange(1, weeks + 1), new_a_week)
        total = first_items + len(launches)
        self.launched = np.concatenate([np.full(first_items, -365), launches])
        self.category = rng.integers(0, CATEGORIES, total)
        self.margin_eur = np.round(rng.lognormal(np.log(1.2), 0.6, total), 2)
        self.rate = np.minimum(rng.gamma(3.0, 0.25 / 3, households), 0.9)
        self.appeal = self._appeal(total)
        self._choose_staples()

    def _appeal(self, total: int) -> np.ndarray:
        """What attracts each household in each item, (households, items): taste, category and popularity."""
        center = self.rng.normal(size=(CATEGORIES, TRAITS))
        traits = 0.8 * center[self.category] + 0.6 * self.rng.normal(size=(total, TRAITS))
        taste = self.rng.normal(size=(self.households, TRAITS))
        popular = 0.6 * self.rng.normal(size=total)
        return 1.1 / np.sqrt(TRAITS) * taste @ traits.T + popular

    def _choose_staples(self) -> None:
        whim = self.appeal + self.rng.gumbel(size=self.appeal.shape)
        whim[:, self.launched >= 0] = -np.inf
        chosen = np.argpartition(-whim, STAPLES, axis=1)[:, :STAPLES]
        self.cycle_days = np.full(self.appeal.shape, np.inf)
        cycles = self.rng.uniform(10, 45, chosen.shape)
        np.put_along_axis(self.cycle_days, chosen, cycles, axis=1)
        self.last_bought = np.where(np.isfinite(self.cycle_days), -self.cycle_days * self.rng.random(whim.shape), -1e9)

    @property
    def codes(self) -> np.ndarray:
        """The code of every item that will ever be launched, (items,)."""
        return FIRST_CODE + np.arange(len(self.launched))

    @property
    def present(self) -> np.ndarray:
        """Which items can be bought today, (items,) of bool."""
        return self.launched <= self.day

    def items(self) -> pd.DataFrame:
        """What the shop knows of the items launched so far: `item`, its code, `category`, `margin_eur`, `launched`."""
        columns = {"item": self.codes, "category": self.category, "margin_eur": self.margin_eur}
        launched = START + pd.to_timedelta(self.launched, unit="D").as_unit("us")
        return pd.DataFrame({**columns, "launched": launched})[self.present]

    def visits(self) -> pd.DataFrame:
        """Today's visits in order of time: `visit_id`, `time`, `household_id` and `viewing`, the item of their page."""
        return pd.DataFrame(self.visit_columns())

    def visit_columns(self) -> dict[str, np.ndarray]:
        """The columns of `visits`; of many days they are joined without a table for each."""
        came = np.flatnonzero(self.rng.random(self.households) < self.rate)
        household = self.rng.permutation(came)
        second = np.sort(self.rng.choice(np.arange(8 * 3_600, 22 * 3_600), len(came), replace=False))
        pull = self.appeal[household] + 2.5 * self._due(household) + self.rng.gumbel(size=(len(came), len(self.codes)))
        viewing = np.where(self.present, pull, -np.inf).argmax(axis=1)
        ids = np.arange(self.next_visit, self.next_visit + len(came))
        self.next_visit += len(came)
        time = np.datetime64(START, "us") + (self.day * 86_400 + second).astype("timedelta64[s]")
        return {"visit_id": ids, "time": time, "household_id": household, "viewing": self.codes[viewing]}

    def chances(self, household: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The truth about visits of these households today, (visits, items) each: the chance that an item is bought
        unaided, and that an offer which is looked at adds a purchase that would not have been made."""
        due = self._due(household)
        unaided = self.present * _logistic(self.appeal[household] - 6.2 + 4.2 * due)
        added = self.present * _logistic(self.appeal[household] - 2.6 + 1.2 * due) * (1 - unaided)
        return unaided, added

    def offer_eur(self, household: np.ndarray) -> np.ndarray:
        """The margin that each item would add today as an offer that is looked at, EUR, (visits, items), 32 bits."""
        return self._eur(self.chances(household)[1])

    def _eur(self, chance: np.ndarray) -> np.ndarray:
        return (chance * self.margin_eur).astype(np.float32)

    def respond(self, household: np.ndarray, slates: np.ndarray) -> Response:
        """What is bought when each of today's visits is shown its row of `slates`, codes (visits, slots); ends the day.

        A code that names no item present is an empty place.
        """
        unaided, chance = self.chances(household)
        position = np.full(unaided.shape, -1)
        for slot in range(slates.shape[1] - 1, -1, -1):
            column = slates[:, slot] - FIRST_CODE
            there = (column >= 0) & (column < len(self.codes))
            there[there] = self.present[column[there]]
            position[np.flatnonzero(there), column[there]] = slot
        looked = np.append(examined(slates.shape[1]), 0.0)[position]
        wanted = self.rng.random(unaided.shape) < unaided
        added = ~wanted & (self.rng.random(unaided.shape) < looked * chance / np.maximum(1 - unaided, 1e-9))
        bought = wanted | added
        visit, column = np.nonzero(bought)
        self.last_bought[household[visit], column] = self.day
        self.day += 1
        return Response(bought, added, position, self._eur(chance))

    def _due(self, household: np.ndarray) -> np.ndarray:
        """How far each staple is through its cycle, 0 to 1, (visits, items); 0 for what is no staple."""
        return np.clip((self.day - self.last_bought[household]) / self.cycle_days[household], 0, 1)


def popular_slates(
    rng: np.random.Generator, sold: np.ndarray, present: np.ndarray, visits: int, pool: int = 40
) -> np.ndarray:
    """What the old shop shows: of its `pool` best sellers ten in a random order, codes (visits, 10).

    `sold`: how often each item was bought lately, (items,). The random order is what shows the position bias.
    """
    best = np.argsort(-np.where(present, sold + 1e-6 * rng.random(len(sold)), -1.0))[:pool]
    order = np.argsort(rng.random((visits, len(best))), axis=1)[:, :SLOTS]
    return FIRST_CODE + best[order]


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def added_eur(offer_eur: np.ndarray, slates: np.ndarray) -> np.ndarray:
    """The margin that slates of codes, (visits, slots), are expected to add, EUR, (visits,); see `offer_eur`."""
    column = slates - FIRST_CODE
    known = (column >= 0) & (column < offer_eur.shape[1])
    offered = np.take_along_axis(offer_eur, np.where(known, column, 0), axis=1) * known
    return (offered * examined(slates.shape[1])).sum(axis=1)
