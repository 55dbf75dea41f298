"""What a purchase says. Some were made because an item stood on top of a list; the log does not say which.

Three policies: take every purchase as seen; learn only from what households found without a list; or weigh purchases
of shown items by how often their place on the list is looked at.
"""

from typing import Literal

import numpy as np
import pandas as pd

from case_studies.recommendation.data import Catalogue, RecommendationError, places_of
from mlsd_lib.datasets.shopping import ShoppingLog

LabelPolicy = Literal["as seen", "unaided", "by position"]


def bought_of(purchases: pd.DataFrame, visits: pd.DataFrame, items: np.ndarray) -> np.ndarray:
    """Whether each item was bought at its visit; `items` are codes (visits, any), of the same shape what comes back."""
    row = pd.Index(visits["visit_id"]).get_indexer(purchases["visit_id"])
    known = row >= 0
    codes, place = np.unique(np.r_[purchases["item"].to_numpy(), items.ravel()], return_inverse=True)
    bought = np.zeros((len(visits), len(codes)), dtype=bool)
    bought[row[known], place[: len(purchases)][known]] = True
    return np.take_along_axis(bought, place[len(purchases) :].reshape(items.shape), axis=1)


def position_curve(log: ShoppingLog) -> np.ndarray:
    """How often each place of the list leads to a purchase, against the first, (slots,).

    Right where the order of a list was random, and no more than an upper bound on how often a place is looked at: an
    item that would have been bought anyway is bought wherever it stands.
    """
    slots = log.shown.shape[1]
    position = log.purchases["position"].to_numpy()
    found = np.bincount(position[position >= 0], minlength=slots)
    shown = (log.shown >= 0).sum(axis=0)
    if found[0] < 50:
        raise RecommendationError(
            f"Only {found[0]} purchases were made from the first place of a list; a position curve needs 50. "
            "Give a log with slates, or use the labels 'as seen'."
        )
    rate = found / np.maximum(shown, 1)
    return rate / rate[0]


def training_labels(
    log: ShoppingLog, rows: np.ndarray, catalogue: Catalogue, places: np.ndarray, policy: LabelPolicy
) -> tuple[np.ndarray, np.ndarray]:
    """Label and weight of each candidate; `rows` are the visits' positions in the log, `places` (visits, any)."""
    visits = log.visits.iloc[rows]
    mine = log.purchases[log.purchases["visit_id"].isin(visits["visit_id"])]
    stored = mine.assign(item=places_of(mine, catalogue))
    label, weight = bought_of(stored, visits, places), np.ones(places.shape)
    if policy == "as seen":
        return label, weight
    if policy not in ("unaided", "by position"):
        raise RecommendationError(f"The labels are {policy!r}; they must be 'as seen', 'unaided' or 'by position'.")
    position = _positions(catalogue.places(log.shown[rows]), places)
    if policy == "unaided":
        return label, np.where(position >= 0, 0.0, weight)
    curve = np.append(position_curve(log), 1.0)
    return label, np.where(label, 1 / curve[position], 1.0)


def _positions(shown: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Where each item stands on its visit's slate, -1 if nowhere; the shape of `items`."""
    position = np.full(items.shape, -1)
    for slot in range(shown.shape[1] - 1, -1, -1):
        position[items == shown[:, [slot]]] = slot
    return position
