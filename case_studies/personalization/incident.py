"""A live page in virtual time: what exploring costs and buys, and what a release costs that lies about what it showed.

Views come, the current release fills their slots, clicks are reported late; once a week items change their appeal and
the model is fitted anew on the page's own log. The bad release carries a campaign's rule: on a share of the pages its
item takes the top slot, the logged propensity stays as it was, and the page is filed under the campaign's category.
"""

from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import LiveSystem, Rollback
from case_studies.kit.stream_times import midnight_after
from case_studies.personalization.data import DAY
from case_studies.personalization.features import features_of
from case_studies.personalization.labels import LabelPolicy, rewards_as_of
from case_studies.personalization.models import Release, fit_release, item_rates
from case_studies.personalization.monitor import monitor_of, window_of
from case_studies.personalization.policy import CLICK_EUR, CampaignRule, SlotPolicy, in_order
from mlsd_lib.datasets.personalization import logged, shown_at_random
from mlsd_lib.datasets.personalization_simulator import PageSimulator, ViewTruth

KEEP = 36
"""Days of views that are kept: the 28 that models learn from and their history."""
CAMPAIGN_SHARE = 0.9


def campaign(rates: np.ndarray, files: bool = True) -> CampaignRule:
    """The rule of the incident: the item that is clicked least, on nine pages of ten. `rates`: (items,)."""
    return CampaignRule(int(np.argmin(rates)), CAMPAIGN_SHARE, files)


class Page(LiveSystem[Release]):
    """A live page: its views as it filed them, its log, its truth as it will come out, its features, its release."""

    rollback_cost_eur = 200.0
    """Four hours of an engineer."""

    def __init__(
        self,
        simulator: PageSimulator,
        views: pd.DataFrame,
        log: pd.DataFrame,
        release: Release,
        features: pd.DataFrame,
        rates: np.ndarray,
    ):
        self.simulator, self.views, self.log, self.features = simulator, views, log, features
        self.filed, self.rates = views["category"].to_numpy(), rates
        self.first_pages: list[int] = []
        super().__init__(release, monitor_of(release, features, views, self.now))

    @classmethod
    def opened(
        cls,
        rng: np.random.Generator,
        history_days: int = 35,
        model: str = "logistic",
        policy: SlotPolicy | None = None,
        label_policy: LabelPolicy = "matured",
        **options: Any,
    ) -> "Page":
        """A page on the day of its first release, after `history_days` in which any item was shown."""
        simulator = PageSimulator(rng, **options)
        views, truth = simulator.advance(history_days)
        log = shown_at_random(views, truth, rng)
        features, now = features_of(views), midnight_after(views["time"])
        release = fit_release(views, log, features, now, model, policy, label_policy)
        rates = item_rates(log["item"].to_numpy(), rewards_as_of(log, now))
        return cls(simulator, views, log, release, features, rates)

    @property
    def now(self) -> pd.Timestamp:
        """The midnight after the last view."""
        return midnight_after(self.views["time"])

    def week(self, rollback: Rollback = "release and state") -> None:
        """Lives seven days."""
        for _ in range(7):
            self.day(self.simulator.advance(1), rollback)

    def live_day(self, arrivals: tuple[pd.DataFrame, ViewTruth]) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Files, decides and records the views of one day; `arrivals`: views and truth."""
        (views, truth), release, first = arrivals, self.release, len(self.views)
        page, position = views["page_id"].to_numpy(), views["position"].to_numpy()
        self.first_pages.append(int(page[0]))
        self.views = pd.concat([self.views, views], ignore_index=True)
        self.filed = np.concatenate([self.filed, release.filed(views["category"].to_numpy(), page)])
        features = features_of(self.views, first, filed=self.filed)
        self.features = pd.concat([self.features, features])
        shown = release.decide(features, page)
        log = logged(views, truth, shown.item, shown.propensity)
        self.log = pd.concat([self.log, log.assign(overridden=release.overrides(page, position))], ignore_index=True)
        self._forget()
        best, ideal = (in_order(score, position) for score in (np.tile(self.rates, (len(views), 1)), truth.chance))
        figures = {
            "date": views["time"].iloc[0].normalize(),
            "saved_eur": CLICK_EUR * float(log["clicked"].sum() - truth.chance_of(best).sum()),
            "earned_eur": CLICK_EUR * float(log["clicked"].sum()),
            "at_best_eur": CLICK_EUR * float(truth.chance_of(ideal).sum()),
            "slots": len(views),
        }
        return window_of(features, shown), figures

    def spoils(self, release: Release) -> bool:
        """Whether a release shows what it did not draw: the log and the memory are wrong from then on."""
        return release.rule is not None

    def restore_state(self, day: int) -> None:
        """Files again what came since then, empties the false propensities, and computes the features anew."""
        first = int(np.searchsorted(self.views["page_id"], self.first_pages[day]))
        self.filed = self.views["category"].to_numpy()
        self.features = pd.concat([self.features.iloc[:first], features_of(self.views, first)])
        self.log.loc[self.log["overridden"].fillna(False).astype(bool), "propensity"] = np.nan

    def retrain(self, label_policy: LabelPolicy = "matured", watched: bool = True) -> None:
        """Fits the same kind of model to the page's own log of the last weeks, and, if `watched`, a monitor for it."""
        old = self.release
        release = fit_release(
            self.views, self.log, self.features, self.now, old.model_name, old.policy, label_policy
        ).with_rule(old.rule)
        self.deploy(release, monitor_of(release, self.features, self.views, self.now) if watched else None)

    def _forget(self) -> None:
        keep = (self.views["time"] >= self.now - KEEP * DAY).to_numpy()
        self.views, self.log = (table[keep].reset_index(drop=True) for table in (self.views, self.log))
        self.features, self.filed = self.features[keep], self.filed[keep]
