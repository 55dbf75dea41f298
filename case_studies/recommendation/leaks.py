"""A leak and the test that finds one: a page that is part of the label, and purchases in which nothing can be foreseen.

A ranker that has no label among its features foresees shuffled purchases no better than popularity does. One that has
goes on foreseeing them.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from case_studies.recommendation.data import midnight_after
from case_studies.recommendation.models import MODELS
from case_studies.recommendation.policy import ShelfPolicy
from case_studies.recommendation.shopping import ShoppingLog
from case_studies.recommendation.train import compare


def at_own_receipt(log: ShoppingLog) -> ShoppingLog:
    """The log with each visit at the page of the first item of its own receipt: a leak. Others keep their page."""
    first = log.purchases.drop_duplicates("visit_id").set_index("visit_id")["item"]
    page = first.reindex(log.visits["visit_id"]).to_numpy()
    viewing = np.where(np.isnan(page), log.visits["viewing"], page).astype(np.int64)
    return replace(log, visits=log.visits.assign(viewing=viewing))


def shuffled(log: ShoppingLog, rng: np.random.Generator) -> ShoppingLog:
    """The log with each day's purchases in the hands of other visits of that day: items sell as before, to anybody."""
    days = pd.Series(log.purchases["time"].dt.normalize().to_numpy())
    order = np.concatenate([rng.permutation(rows) for rows in days.groupby(days).indices.values()])
    return replace(log, purchases=log.purchases.assign(item=log.purchases["item"].to_numpy()[order], position=-1))


def over_popularity(log: ShoppingLog, rng: np.random.Generator, names: tuple[str, ...] = tuple(MODELS)) -> float:
    """The best ranker's NDCG in the last two weeks of a log over that of popularity, which knows nobody."""
    shelf = ShelfPolicy("probability", rest_days=-np.inf)  # shows even what a leak says will be bought today
    quality = compare(log, midnight_after(log), rng, shelf, names=names)["NDCG"]
    return float(quality[list(names)].max() / quality["popularity"])
