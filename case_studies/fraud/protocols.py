"""Evaluation protocols that others published figures for: the same features and models, their split.

The Handbook's: train on 7 days from 2018-07-25, let 7 days pass until labels are known, test on 7 days without the
cards known to be compromised by then (Le Borgne et al., 2022, chapters 3 and 5). ULB's file has two days, no cards
and no terminals: train on the first day, test on the second.
"""

import numpy as np
import pandas as pd

from case_studies.fraud import models
from case_studies.fraud.data import FraudError, day_of
from case_studies.fraud.features import features_of
from mlsd_lib.datasets.fraud import PaymentStream

HANDBOOK_START = pd.Timestamp("2018-07-25")
HANDBOOK_PUBLISHED = {"logistic": (0.871, 0.606), "forest": (0.867, 0.658)}
"""AUC and average precision."""


def handbook_split(stream: PaymentStream, days: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Which payments the Handbook trains and tests on, (n,) of bool each; raises `FraudError` if days are missing."""
    payments, fraud = stream.payments, stream.truth["is_fraud"].to_numpy()
    day = ((payments["time"] - HANDBOOK_START) // pd.Timedelta(days=1)).to_numpy()
    if len(day) == 0 or day.min() > -30 or day.max() < 3 * days - 1:
        raise FraudError(
            f"{stream.card.source} does not hold the days from 30 before {HANDBOOK_START:%Y-%m-%d} to {3 * days} after "
            "it, which the Handbook's protocol needs. Give the Handbook's own transactions."
        )
    train, test = (day >= 0) & (day < days), np.zeros(len(day), dtype=bool)
    customer = payments["customer_id"].to_numpy()
    compromised = set(customer[train & fraud])
    for ahead in range(days):  # the labels of one more day become known with each day of the test
        compromised |= set(customer[(day == days - 1 + ahead) & fraud])
        test |= (day == 2 * days + ahead) & ~np.isin(customer, list(compromised))
    return train, test


def handbook(stream: PaymentStream, names: tuple[str, ...] = ("logistic", "forest"), seed: int = 0) -> pd.DataFrame:
    """AUC and average precision of the models on the Handbook's protocol, beside what it published."""
    train, test = handbook_split(stream)
    table = _scores(stream, train, test, names, seed)
    for i, column in enumerate(("AUC_published", "AP_published")):
        table[column] = [HANDBOOK_PUBLISHED.get(name, (np.nan, np.nan))[i] for name in table.index]
    return table


def ulb(stream: PaymentStream, names: tuple[str, ...] = ("logistic", "forest"), seed: int = 0) -> pd.DataFrame:
    """AUC and average precision on ULB's second day after training on its first."""
    day = day_of(stream.payments)
    if day[-1] < 1:
        raise FraudError(
            f"{stream.card.source} holds 1 day; ULB's protocol needs 2, the first to train on and the second to test. "
            "Give ULB's whole file."
        )
    return _scores(stream, day == 0, day == 1, names, seed)


def _scores(
    stream: PaymentStream, train: np.ndarray, test: np.ndarray, names: tuple[str, ...], seed: int
) -> pd.DataFrame:
    from sklearn.metrics import average_precision_score, roc_auc_score

    features, fraud = features_of(stream.payments, stream.truth), stream.truth["is_fraud"].to_numpy()
    records = {}
    for name in names:
        score = models.score(models.fit(name, features[train], fraud[train], seed=seed), features[test])
        records[name] = {
            "AUC": roc_auc_score(fraud[test], score),
            "AP": average_precision_score(fraud[test], score),
            "train": int(train.sum()),
            "test": int(test.sum()),
            "frauds": int(fraud[test].sum()),
        }
    return pd.DataFrame(records).T.rename_axis("model")
