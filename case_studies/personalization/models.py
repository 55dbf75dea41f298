"""The models, the rules of thumb, and a release: a model with its policy and rule, promoted and taken back together."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import read_artefact, save_artefact
from case_studies.kit.stream_times import between
from case_studies.personalization.data import PersonalizationError
from case_studies.personalization.features import WINDOWS
from case_studies.personalization.labels import LabelPolicy, learnable, rewards_as_of
from case_studies.personalization.policy import CampaignRule, SlotPolicy, in_order
from mlsd_lib.datasets.personalization_simulator import CATEGORIES, ITEM_CATEGORY, ITEMS
from mlsd_lib.modeling import small_trees
from notebook_runner.errors import require_one_of

LEARN_DAYS = pd.Timedelta(days=28)
"""Views that a model learns from: what an item's appeal was months ago is no longer true."""


def pairs(features: np.ndarray, item: np.ndarray) -> np.ndarray:
    """One row a view and item, (n, 19): shares of the item's category, how much was seen, position, which item.

    `features`: (n, 13); `item`: (n,).
    """
    share, others = _of_views(features)
    return np.hstack([share[np.arange(len(item)), :, ITEM_CATEGORY[item]], others, np.eye(ITEMS)[item]])


def _of_views(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each view the share of each category, (n, windows, categories), and what is the same for all items."""
    counts = features[:, :-1].reshape(-1, len(WINDOWS), CATEGORIES)
    total = counts.sum(axis=2)
    share = (counts + 0.5) / (total + 0.5 * CATEGORIES)[:, :, None]
    return share, np.hstack([np.log1p(total), features[:, -1:]])


def _logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10.0, solver="newton-cholesky", random_state=seed)


def _boosted(seed: int) -> Any:
    return small_trees(60, seed, learning_rate=0.1, min_samples_leaf=100)


MODELS: dict[str, Callable[[int], Any]] = {"logistic": _logistic, "boosted": _boosted}
"""From the cheapest to serve to the most expensive: a page waits for its slots."""


def fit(name: str, features: np.ndarray, item: np.ndarray, reward: np.ndarray, seed: int = 0) -> Any:
    """The model `name` of a click, fitted to what was shown: `features` (n, 13), `item` and `reward` (n,).

    Raises `PersonalizationError` for an unknown name, and for a log without a click or with nothing else.
    """
    require_one_of("The model", name, MODELS, PersonalizationError)
    if len(np.unique(reward)) < 2:
        raise PersonalizationError(
            f"The {len(reward):,} views to learn from hold no click, or nothing else. Learn from more days, or wait "
            "for the reports."
        )
    return MODELS[name](seed).fit(pairs(features, item), reward > 0)


def chances(model: Any, features: np.ndarray) -> np.ndarray:
    """The chance of a click on every item in every view, (n, items), as `model` sees it."""
    rows, (share, others) = len(features), _of_views(features)
    of_items = share[:, :, ITEM_CATEGORY].swapaxes(1, 2)
    repeated = (np.broadcast_to(part, (rows, ITEMS, part.shape[-1])) for part in (others[:, None], np.eye(ITEMS)))
    asked = np.concatenate([of_items, *repeated], axis=2)
    return model.predict_proba(asked.reshape(-1, asked.shape[2]))[:, 1].reshape(rows, ITEMS)


def item_rates(item: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """The click rate of each item over a log, (items,), with one click in twenty shows added."""
    return (np.bincount(item, reward, ITEMS) + 1) / (np.bincount(item, minlength=ITEMS) + 20)


def category_rule(features: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """A merchandiser's rule as scores, (n, items): the most clicked item of what was looked at most in 30 minutes."""
    recent = features[:, CATEGORIES : 2 * CATEGORIES].argmax(axis=1)
    return np.where(recent[:, None] == ITEM_CATEGORY, 1.0, 0.0) + rates


def ranking(model: Any, features: np.ndarray) -> np.ndarray:
    """By what a page orders its items, (n, items): the chance of each in the top slot, the same for all its slots."""
    return chances(model, np.hstack([features[:, :-1], np.ones((len(features), 1))]))


@dataclass(frozen=True)
class Shown:
    """What was shown in each slot: `item`, its logged `propensity`, the `score` of the item drawn, (n,) each.

    `score`: its chance of a click in the top slot. `again`: the probability with which the release, asked again, shows
    that item there.
    """

    item: np.ndarray
    propensity: np.ndarray
    score: np.ndarray
    again: np.ndarray


@dataclass(frozen=True)
class Release:
    """All that decides about a slot: a fitted model, the policy that draws from it, and perhaps a business rule."""

    model_name: str
    model: Any
    policy: SlotPolicy
    rule: CampaignRule | None = None

    def with_rule(self, rule: CampaignRule | None) -> "Release":
        """The same release with another business rule."""
        return replace(self, rule=rule)

    def decide(self, features: pd.DataFrame | np.ndarray, page_id: np.ndarray) -> Shown:
        """What is shown in each view. The rule comes last, and what is logged stays as it was drawn."""
        asked, rows = np.asarray(features, dtype=float), np.arange(len(features))
        score, position = ranking(self.model, asked), asked[:, -1]
        best = in_order(score, position)
        item, chance = self.policy.draw(best, position, page_id), self.policy.distribution(best)
        shown = np.where(self.overrides(page_id, position), self.rule.item, item) if self.rule else item
        return Shown(shown, chance[rows, item], score[rows, item], chance[rows, shown])

    def logged(self, seen: pd.DataFrame, columns: tuple[str, ...]) -> Shown:
        """What a service's log says was shown, and what this release says of it. `columns`: the features in `seen`."""
        item, propensity, score = (seen[name].to_numpy() for name in ("item", "propensity", "score"))
        asked = seen[list(columns)].to_numpy(float)
        again = self.policy.distribution(in_order(ranking(self.model, asked), asked[:, -1]))
        return Shown(item, propensity, score, again[np.arange(len(item)), item])

    def filed(self, category: np.ndarray, page_id: np.ndarray) -> np.ndarray:
        """Under which category each view's page is remembered, (n,)."""
        return self.rule.filed(category, page_id) if self.rule else np.asarray(category)

    def overrides(self, page_id: np.ndarray, position: np.ndarray) -> np.ndarray:
        """The slots whose logged propensity says nothing about what was shown, (n,) of bool."""
        return self.rule.applies(page_id, position) if self.rule else np.zeros(len(page_id), dtype=bool)

    def save(self, folder: Path) -> None:
        """Writes the release into `folder`."""
        rule = asdict(self.rule) if self.rule else None
        save_artefact(folder, self.model, model_name=self.model_name, policy=asdict(self.policy), rule=rule)

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release in `folder`; raises `ModelingError` if it is not complete and unchanged."""
        model, document = read_artefact(folder)
        rule = CampaignRule(**document["rule"]) if document["rule"] else None
        return cls(document["model_name"], model, SlotPolicy(**document["policy"]), rule)


def fit_release(
    views: pd.DataFrame,
    log: pd.DataFrame,
    features: pd.DataFrame,
    now: pd.Timestamp,
    name: str = "logistic",
    policy: SlotPolicy | None = None,
    label_policy: LabelPolicy = "matured",
    seed: int = 0,
) -> Release:
    """The release that could be made at `now`: nothing later than that is looked at."""
    rows = learnable(views["time"], log, now, label_policy) & between(views["time"], now - LEARN_DAYS, now)
    reward = rewards_as_of(log, now)[rows]
    model = fit(name, features.to_numpy()[rows], log["item"].to_numpy()[rows], reward, seed)
    return Release(name, model, policy or SlotPolicy())
