"""A live shop in virtual time: what a policy costs when a release goes wrong, and what exploring does over weeks.

Visits come, the current release makes their slates, purchases are reported and stored by the place of their item; once
a week index and ranker are fitted again. The bad release here is one whose catalogue gives old codes other places.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from case_studies.kit import LiveSystem, Rollback
from case_studies.recommendation.data import DAY, Catalogue, midnight_after, places_of
from case_studies.recommendation.features import HISTORY_DAYS
from case_studies.recommendation.labels import LabelPolicy
from case_studies.recommendation.models import Release, fit_release
from case_studies.recommendation.monitor import monitor_of, window_of
from case_studies.recommendation.policy import ShelfPolicy
from case_studies.recommendation.shopping import ShoppingLog, live_day, simulate
from mlsd_lib.datasets.shopping_simulator import ShoppingSimulator, added_eur
from mlsd_lib.lesson.plotting import Spread
from mlsd_lib.modeling import Interval, clustered_interval
from mlsd_lib.modeling.scores import share_of_total

KEPT_DAYS = HISTORY_DAYS + 35
"""How much of its log the live shop keeps: enough for the index that the monitor's first days need."""


class Lived(NamedTuple):
    """A live day's visits: household (visits,), slate (visits, slots), and the margin that it added, EUR (visits,)."""

    household: np.ndarray
    slates: np.ndarray
    added_eur: np.ndarray


class Shop(LiveSystem[Release]):
    """A live shop: its simulator, its log as it is stored, and its release."""

    rollback_cost_eur = 150.0
    """Three hours of an engineer."""

    def __init__(self, simulator: ShoppingSimulator, log: ShoppingLog, release: Release):
        self.simulator, self.log = simulator, _placed(log, release.catalogue)
        self.lived: list[Lived] = []
        super().__init__(release, monitor_of(release, self.log, self.now))

    @classmethod
    def opened(
        cls,
        rng: np.random.Generator,
        history_days: int = 120,
        model: str = "logistic",
        policy: ShelfPolicy | None = None,
        label_policy: LabelPolicy = "as seen",
        **options: Any,
    ) -> "Shop":
        """A shop on the day of its first release, after `history_days` of showing best sellers."""
        log, simulator = simulate(rng, history_days, **options)
        log = log.since(midnight_after(log) - KEPT_DAYS * DAY)
        return cls(simulator, log, fit_release(log, midnight_after(log), model, policy, label_policy))

    @property
    def now(self) -> pd.Timestamp:
        """The midnight after the last visit."""
        return midnight_after(self.log)

    def week(self, rollback: Rollback = "release and state") -> None:
        """Lives seven days."""
        for _ in range(7):
            self.day(self.simulator.visits(), rollback)

    def live_day(self, arrivals: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Makes and shows the slates of a day's visits, and stores what was bought."""
        slates, score, features = self.release.slates(self.log.purchases, arrivals)
        purchases, found = live_day(self.simulator, arrivals, slates)
        self._append(arrivals, purchases, slates)
        self.lived.append(Lived(arrivals["household_id"].to_numpy(), slates, added_eur(found.offer_eur, slates)))
        figures = {
            "saved_eur": self.lived[-1].added_eur.sum(),
            "visits": len(arrivals),
            "bought": len(purchases),
            "added": int(found.added.sum()),
        }
        return window_of(features, score, self.release.threshold), figures

    def spoils(self, release: Release) -> bool:
        """Whether a release stores purchases under places that belong to other codes."""
        known = Catalogue.of(self.simulator.items(), self.now)
        return known.moved(release.catalogue) > 0

    def restore_state(self, day: int) -> None:
        """Places all purchases again by the codes that were sent."""
        self.log = _placed(self.log, Catalogue.of(self.simulator.items(), self.now))

    def retrain(self, label_policy: LabelPolicy = "as seen", watched: bool = True) -> None:
        """Fits index and ranker on what is stored by now, and a monitor for them; the catalogue takes in new items.

        A shop that does not act on alarms need not be `watched`: the monitor is what costs most.

        The catalogue of a bad release stays bad: only new codes are added at its end.
        """
        old = self.release
        catalogue = grown(old.catalogue, Catalogue.of(self.simulator.items(), self.now))
        place = self.log.purchases["place"].to_numpy()
        known = np.where(place >= 0, place, catalogue.places(self.log.purchases["item"].to_numpy()))
        self.log = replace(self.log, purchases=self.log.purchases.assign(place=known))
        release = fit_release(self.log, self.now, old.model_name, old.policy, label_policy, catalogue=catalogue)
        self.deploy(release, monitor_of(release, self.log, self.now) if watched else None)

    def ranking(self, rank_by: Literal["money", "probability"]) -> Callable[[pd.DataFrame], np.ndarray]:
        """From visits to the slates that the release makes of the log as it is, ranked so; nothing is explored."""
        release = replace(self.release, policy=ShelfPolicy(rank_by, 0))
        return lambda visits: release.slates(self.log.purchases, visits)[0]

    def of_days(self, first: int, end: int | None = None) -> Lived:
        """The live days from `first` until before `end`, or all since, as one."""
        return Lived(*(np.concatenate(part) for part in zip(*self.lived[first:end], strict=True)))

    @property
    def saved_eur(self) -> np.ndarray:
        """The margin added on each live day, less the price of its rollback, EUR, (days,)."""
        return np.array([day["saved_eur"] for day in self.days])

    def added_beyond(self, other: "Shop", days: float, rng: np.random.Generator) -> Interval:
        """The margin that this shop's slates added beyond another's, EUR, over `days`: 1 for the sum, the number of
        days for EUR a day; its interval over households. The price of rollbacks is not in it."""
        shops = (self.of_days(0), other.of_days(0))
        mine, others = (np.bincount(shop.household, shop.added_eur, self.simulator.households) for shop in shops)
        return clustered_interval(mine - others, np.arange(len(mine)), days, rng, over="households")

    def share_of(self, codes: np.ndarray, rng: np.random.Generator) -> Spread:
        """The share of all places of the last seven days that showed these codes, %, its interval over households."""
        shown = self.of_days(-7)
        inside, places = (
            np.bincount(shown.household, found.sum(axis=1), minlength=self.simulator.households)
            for found in (np.isin(shown.slates, codes), shown.slates >= 0)
        )
        return share_of_total(100 * inside, places, rng)

    def change_policy(self, policy: ShelfPolicy) -> None:
        """Puts the same release under another shelf policy; there is no way back from it."""
        self.release = replace(self.release, policy=policy)
        self.earlier.clear()

    def _append(self, visits: pd.DataFrame, purchases: pd.DataFrame, slates: np.ndarray) -> None:
        stored, old = purchases.assign(place=places_of(purchases, self.release.catalogue)), self.log
        self.log = replace(
            old,
            visits=pd.concat([old.visits, visits], ignore_index=True),
            purchases=pd.concat([old.purchases, stored], ignore_index=True),
            items=self.simulator.items(),
            shown=np.concatenate([old.shown, slates]),
        )


def spoiled(release: Release) -> Release:
    """The release of the incident: a new catalogue version has moved the item codes by some places."""
    return release.with_catalogue(release.catalogue.remapped())


def grown(old: Catalogue, new: Catalogue) -> Catalogue:
    """The old catalogue with the items of the new one that it does not have at its end."""
    fresh = ~np.isin(new.codes, old.codes)
    names = ("codes", "category", "margin_eur", "launched", "name")
    return Catalogue(*(np.concatenate([getattr(old, name), getattr(new, name)[fresh]]) for name in names))


def _placed(log: ShoppingLog, catalogue: Catalogue) -> ShoppingLog:
    place = catalogue.places(log.purchases["item"].to_numpy())
    return replace(log, purchases=log.purchases.assign(place=place))
