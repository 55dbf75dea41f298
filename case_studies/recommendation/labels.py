"""What a purchase says. Some were made because an item stood on top of a list; the log does not say which.

Three policies: take every purchase as seen; learn only from what households found without a list; or weigh purchases
of shown items by how often their place on the list is looked at.
"""

from typing import Literal, get_args

import numpy as np

from case_studies.recommendation.data import Catalogue, RecommendationError, places_of
from case_studies.recommendation.shopping import ShoppingLog
from case_studies.recommendation.slates import hits, position_curve, positions
from notebook_runner.errors import require_one_of

LabelPolicy = Literal["as seen", "unaided", "by position"]


def training_labels(
    log: ShoppingLog, rows: np.ndarray, catalogue: Catalogue, places: np.ndarray, policy: LabelPolicy
) -> tuple[np.ndarray, np.ndarray]:
    """Label and weight of each candidate; `rows` are the visits' positions in the log, `places` (visits, any)."""
    require_one_of("The label policy", policy, get_args(LabelPolicy), RecommendationError)
    visits = log.visits.iloc[rows]
    mine = log.purchases[log.purchases["visit_id"].isin(visits["visit_id"])]
    label = hits(mine["visit_id"].to_numpy(), places_of(mine, catalogue), visits["visit_id"].to_numpy(), places)
    weight = np.ones(places.shape)
    if policy == "as seen":
        return label, weight
    position = positions(catalogue.places(log.shown[rows]), places)
    if policy == "unaided":
        return label, np.where(position >= 0, 0.0, weight)
    curve = np.append(position_curve(log.purchases["position"].to_numpy(), log.shown), 1.0)
    return label, np.where(label, 1 / curve[position], 1.0)
