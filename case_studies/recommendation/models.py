"""The rankers, and a release: index, ranker and shelf policy, fitted as they could have been."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from case_studies.kit import read_artefact, save_artefact
from case_studies.kit.stream_times import between
from case_studies.recommendation.data import DAY, Catalogue, RecommendationError, places_of, until
from case_studies.recommendation.features import FEATURES, HISTORY_DAYS, ItemIndex, candidate_features
from case_studies.recommendation.labels import LabelPolicy, training_labels
from case_studies.recommendation.policy import ShelfPolicy
from case_studies.recommendation.retrieval import baskets, cosine, ease, ridge_for
from case_studies.recommendation.shopping import ShoppingLog
from mlsd_lib.modeling import fit_weighted, scaled_logistic, small_trees
from notebook_runner.errors import require_one_of

TRAIN_DAYS = 21
"""The ranker learns from these last days; its index then knows only what came before them."""
TRAIN_VISITS = 1_500
"""So many visits of these days are drawn: forty candidates each are rows enough."""


def index_of(log: ShoppingLog, now: pd.Timestamp, catalogue: Catalogue | None = None) -> ItemIndex:
    """The index that could be made at `now`; the last `HISTORY_DAYS` of purchases say what goes together."""
    catalogue = catalogue or Catalogue.of(log.items, now)
    recent = until(log, now)
    recent = recent.iloc[int(recent["time"].searchsorted(now - HISTORY_DAYS * DAY)) :]
    if recent.empty:
        raise RecommendationError(f"Nothing was bought in the {HISTORY_DAYS} days before {now:%Y-%m-%d}. Give a log.")
    bought = baskets(recent["household_id"].to_numpy(), places_of(recent, catalogue), len(catalogue))
    neighbours, alike = ease(bought, ridge_for(bought.shape[0])), cosine(bought)
    return ItemIndex(catalogue, neighbours.astype(np.float32), alike.astype(np.float32))


def _logistic(seed: int) -> Any:
    return scaled_logistic(seed, before=_tamed)


def _boosted(seed: int) -> Any:
    return small_trees(80, seed, leaves=12, learning_rate=0.08, min_samples_leaf=40)


def _tamed(features: np.ndarray) -> np.ndarray:
    """Counts on a scale on which the tenth purchase says less than the first."""
    return np.sign(features) * np.log1p(np.abs(features))


MODELS: dict[str, Callable[[int], Any]] = {"logistic": _logistic, "boosted": _boosted}
"""From the cheapest to serve to the most expensive: a page waits for its slate."""


@dataclass(frozen=True)
class Release:
    """All that makes a slate: index with its catalogue, ranker, shelf policy, and `threshold`, the score that half of
    all visits' best candidates reach. They are promoted together and taken back together."""

    model_name: str
    model: Any
    index: ItemIndex
    policy: ShelfPolicy
    threshold: float

    @property
    def catalogue(self) -> Catalogue:
        """The place of each item code."""
        return self.index.catalogue

    def with_catalogue(self, catalogue: Catalogue) -> "Release":
        """The same release with other places for the item codes."""
        return replace(self, index=replace(self.index, catalogue=catalogue))

    def score(self, features: np.ndarray) -> np.ndarray:
        """The chance that each candidate is bought; `features` (..., features), without the last axis what comes."""
        flat = np.asarray(features, dtype=float).reshape(-1, len(FEATURES))
        return self.model.predict_proba(flat)[:, 1].reshape(np.shape(features)[:-1])

    def slate(
        self, places: np.ndarray, features: np.ndarray, score: np.ndarray, visit_id: int, sold_out: Sequence[int] = ()
    ) -> np.ndarray:
        """The codes of one visit's slate, (slots,); `sold_out`: codes."""
        value = self.policy.value(score, self.catalogue.margin_eur[places])
        resting = places[features[:, FEATURES.index("own_days")] < self.policy.rest_days]
        gone = self.catalogue.places(np.array(sold_out, dtype=np.int64))
        return self.policy.slate(self.catalogue, places, value, {*resting.tolist(), *gone.tolist()}, visit_id)

    def slates(
        self, purchases: pd.DataFrame, visits: pd.DataFrame, sold_out: Sequence[int] = ()
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For visits: slates (visits, slots), scores (visits, candidates), features (visits, candidates, features)."""
        places, features = candidate_features(purchases, visits, self.index)
        score, ids = self.score(features), visits["visit_id"].tolist()
        each = zip(places, features, score, ids, strict=True)
        return np.stack([self.slate(*visit, sold_out) for visit in each]), score, features

    def save(self, folder: Path) -> None:
        """Writes the release into `folder`."""
        save_artefact(
            folder,
            (self.model, self.index),
            model_name=self.model_name,
            policy=asdict(self.policy),
            threshold=self.threshold,
            items=len(self.catalogue),
        )

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release in `folder`; raises `ModelingError` if it is not complete and unchanged."""
        (model, index), document = read_artefact(folder)
        return cls(document["model_name"], model, index, ShelfPolicy(**document["policy"]), document["threshold"])


@threadpool_limits.wrap(limits=1)  # of matrices this small, threads wait longer than they compute
def fit_release(
    log: ShoppingLog,
    now: pd.Timestamp,
    name: str = "logistic",
    policy: ShelfPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    seed: int = 0,
    catalogue: Catalogue | None = None,
) -> Release:
    """The release that could be made at `now`: nothing later than that is looked at.

    Raises `RecommendationError` for an unknown model and for days without purchases.
    """
    require_one_of("The model", name, MODELS, RecommendationError)
    rows = training_visits(log, now, np.random.default_rng(seed))
    before = index_of(log, now - TRAIN_DAYS * DAY, catalogue)
    places, features = candidate_features(until(log, now), log.visits.iloc[rows], before)
    label, weight = training_labels(log, rows, before.catalogue, places, label_policy)
    flat = features.reshape(-1, len(FEATURES))
    model = fit_weighted(MODELS[name](seed), flat, label.ravel(), weight.ravel())
    release = Release(name, model, index_of(log, now, catalogue), policy or ShelfPolicy(), 0.0)
    return replace(release, threshold=float(np.median(release.score(features).max(axis=1))))


def training_visits(log: ShoppingLog, now: pd.Timestamp, rng: np.random.Generator) -> np.ndarray:
    """Positions of the visits that the ranker learns from at `now`, ascending, (at most TRAIN_VISITS,)."""
    rows = np.flatnonzero(between(log.visits["time"], now - TRAIN_DAYS * DAY, now))
    if len(rows) < 50:
        raise RecommendationError(
            f"{log.card.name} has {len(rows)} visits in the {TRAIN_DAYS} days before {now:%Y-%m-%d}; a ranker needs "
            "50. Give a longer log."
        )
    return np.sort(rng.choice(rows, min(TRAIN_VISITS, len(rows)), replace=False))
