"""Candidates for a visit and what the ranker sees of them: for whole tables, and for one visit at a time.

Of hundreds of items, forty candidates are taken from five sources: bought before, neighbours of what was bought,
neighbours of the page, best sellers, newest. A visit sees what was bought before its midnight; what happened the same
day only the page, `viewing`, tells. The batch reads histories from tables, the service from SQL: a test compares them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from case_studies.recommendation.data import Catalogue, places_of
from case_studies.recommendation.owned_items import DAY_US, HISTORY_DAYS, Histories, History

YOUNG_DAYS = 28
CANDIDATES = 40
SHARES = {"bought before": 12, "neighbours": 14, "of the page": 8, "best sellers": 8, "newest": 4}
"""How many candidates each source may give; best sellers fill what is left."""
FEATURES = (
    "own_count",
    "own_days",
    "popular_7d",
    "age_days",
    "neighbours",
    "with_viewed",
    "same_category",
    "viewed_count",
    "category_count",
)


@dataclass(frozen=True)
class ItemIndex:
    """What candidates and features are looked up in: the catalogue, and how much buying one item says of another.

    `neighbours` (items, items): row i is added to the scores of a household that bought i; `alike` (items, items):
    cosine of who bought them.
    """

    catalogue: Catalogue
    neighbours: np.ndarray
    alike: np.ndarray


@dataclass(frozen=True)
class Ranking:
    """Everything about visits of one day over all items: (visits, items), (items,) where all visits have it in common.

    `viewing`: (visits,), the place of each page's item, -1 for an unknown one.
    """

    category: np.ndarray
    viewing: np.ndarray
    count: np.ndarray
    days: np.ndarray
    neighbours: np.ndarray
    alike: np.ndarray
    sold: np.ndarray
    age_days: np.ndarray

    @classmethod
    def of(cls, index: ItemIndex, histories: Sequence[History], viewing: np.ndarray, midnight_us: int) -> "Ranking":
        """From a history a visit, the places of their pages, and the midnight before them."""
        shape = len(viewing), len(index.catalogue)
        count, days, near = np.zeros(shape), np.full(shape, float(HISTORY_DAYS)), np.empty(shape)
        for row, history in enumerate(histories):
            count[row, history.item] = history.count
            days[row, history.item] = (midnight_us - history.last_us) / DAY_US
            near[row] = index.neighbours[history.item].sum(axis=0, dtype=float)
        alike = index.alike[viewing].astype(float) * (viewing >= 0)[:, None]
        today = np.datetime64(midnight_us, "us").astype("datetime64[D]")
        age_days = (today - index.catalogue.launched).astype(float)
        sold = histories[0].sold.astype(float)
        return cls(index.catalogue.category, viewing, count, days, near, alike, sold, age_days)

    def candidates(self) -> np.ndarray:
        """The places of the candidates, (visits, CANDIDATES), of a visit each once, by source."""
        own = np.where(self.count > 0, self.count + 1 / (1 + self.days), 0.0)
        of_visit = [
            (best(score, SHARES[name]), (score > 0).sum(axis=1).tolist())
            for name, score in {"bought before": own, "neighbours": self.neighbours, "of the page": self.alike}.items()
        ]
        sold, newest = best(self.sold, 2 * CANDIDATES), best(-self.age_days, SHARES["newest"])
        newest = newest[self.age_days[newest] < YOUNG_DAYS]
        of_day = np.concatenate([sold[: SHARES["best sellers"]], newest, sold]).tolist()
        chosen = np.empty((len(self.viewing), CANDIDATES), dtype=np.int64)
        for row in range(len(chosen)):
            found = [place for order, positive in of_visit for place in order[row, : positive[row]].tolist()]
            chosen[row] = list(dict.fromkeys(found + of_day))[:CANDIDATES]
        return chosen

    def features(self, places: np.ndarray) -> np.ndarray:
        """The features of some items at each visit, (visits, places, features); `places`: (visits, places)."""
        known, rows, kind = (self.viewing >= 0)[:, None], np.arange(len(places))[:, None], self.category[places]
        in_category = self.count @ np.eye(self.category.max() + 1)[self.category]
        columns = [
            self.count[rows, places],
            self.days[rows, places],
            self.sold[places],
            np.minimum(self.age_days[places], 365),
            self.neighbours[rows, places],
            self.alike[rows, places],
            (kind == self.category[self.viewing][:, None]) * known,
            np.broadcast_to(self.count[rows, self.viewing[:, None]] * known, places.shape),
            in_category[rows, kind],
        ]
        return np.stack(columns, axis=-1).astype(float)


def best(score: np.ndarray, count: int) -> np.ndarray:
    """The places of the highest scores, (..., count), best first, the lower place first among equals.

    Scores are below a million, and equal to nine decimals. Score and place as one number are sorted many times faster.
    """
    items = score.shape[-1]
    rank = np.rint(score * -1e9).astype(np.int64) * items + np.arange(items)
    return np.sort(np.partition(rank, min(count, items) - 1)[..., :count]) % items


def rankings(purchases: pd.DataFrame, visits: pd.DataFrame, index: ItemIndex) -> Iterator[tuple[np.ndarray, Ranking]]:
    """The rows of the visits of each day and their `Ranking`; of `purchases` what came before its midnight."""
    placed = purchases[["time", "household_id"]].assign(place=places_of(purchases, index.catalogue))
    viewing = index.catalogue.places(visits["viewing"].to_numpy())
    household, day = visits["household_id"].to_numpy(), visits["time"].dt.normalize()
    for midnight, rows in visits.groupby(day.to_numpy()).indices.items():
        histories = Histories(placed, pd.Timestamp(midnight), len(index.catalogue))
        midnight_us = int(np.datetime64(midnight, "us").astype(np.int64))
        own = [histories.of(who) for who in household[rows].tolist()]
        yield rows, Ranking.of(index, own, viewing[rows], midnight_us)


def candidate_features(
    purchases: pd.DataFrame, visits: pd.DataFrame, index: ItemIndex
) -> tuple[np.ndarray, np.ndarray]:
    """The candidates of each visit, places (visits, CANDIDATES), and their features (visits, CANDIDATES, features)."""
    places = np.empty((len(visits), CANDIDATES), dtype=np.int64)
    found = np.empty((*places.shape, len(FEATURES)))
    for rows, ranking in rankings(purchases, visits, index):
        places[rows] = ranking.candidates()
        found[rows] = ranking.features(places[rows])
    return places, found


def features_of(purchases: pd.DataFrame, visits: pd.DataFrame, index: ItemIndex) -> pd.DataFrame:
    """A row of `FEATURES` a candidate, CANDIDATES rows a visit, with the visit's `visit_id` as index."""
    _, rows = candidate_features(purchases, visits, index)
    visit = pd.Index(np.repeat(visits["visit_id"].to_numpy(), CANDIDATES), name="visit_id")
    return pd.DataFrame(rows.reshape(-1, len(FEATURES)), columns=list(FEATURES), index=visit)
