"""Who could decide, and what each would have saved: baselines first, then models, on labels as known then."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud import models
from case_studies.fraud.data import labels_as_of
from case_studies.fraud.fitting import DAY, THRESHOLD_DAYS, between, fit_release
from case_studies.fraud.labels import LabelPolicy
from case_studies.fraud.policy import ReviewPolicy, daily_interval, saved_eur
from mlsd_lib.datasets.fraud import PaymentStream


def candidates(
    stream: PaymentStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    policy: ReviewPolicy,
    label_policy: LabelPolicy,
    seed: int = 0,
    names: tuple[str, ...] = tuple(models.MODELS),
) -> dict[str, Callable[[pd.DataFrame, pd.Series], tuple[np.ndarray, np.ndarray]]]:
    """Who could decide: each maps features and times to what payments are ranked by and which are reviewed.

    Baselines first. They rank by the amount, or by a rule of thumb, and take as many a day as are allowed.
    """
    recent = features[between(stream.payments["time"], now - THRESHOLD_DAYS * DAY, now)]
    kept = int(policy.reviews_per_day * THRESHOLD_DAYS)

    def ranked_by(rank: Callable[[pd.DataFrame], np.ndarray]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
        threshold = np.sort(rank(recent))[-kept]

        def decide(rows: pd.DataFrame, time: pd.Series) -> tuple[np.ndarray, np.ndarray]:
            return rank(rows), policy.reviewed(time, rank(rows), threshold)

        return decide

    def released(name: str) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
        release = fit_release(stream, features, now, name, policy, label_policy, seed)

        def decide(rows: pd.DataFrame, time: pd.Series) -> tuple[np.ndarray, np.ndarray]:
            probability, _, reviewed = release.decide(rows, time)
            return probability, reviewed

        return decide

    def nothing(rows: pd.DataFrame, time: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)

    baselines = {
        "do nothing": nothing,
        "largest amounts": ranked_by(lambda rows: rows["amount"].to_numpy()),
        "rule of thumb": ranked_by(lambda rows: models.rule_score(rows) + 1e-6 * rows["amount"].to_numpy()),
    }
    return baselines | {name: released(name) for name in names}


def compare(
    stream: PaymentStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    rng: np.random.Generator,
    policy: ReviewPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    days: int = 28,
    **options: Any,
) -> pd.DataFrame:
    """Every candidate made `days` before `now`, judged on the days since: one row each, the best by seen money last.

    `seen_eur`: saved a day by the labels known at `now`; that is what the choice may use. `tied`: its distance to
    the best, customer by customer, may be chance. `true_eur`, `true_low`, `true_high`: by all labels, which only a
    simulation or the future knows, with a 95 % interval over customers.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    policy, then = policy or ReviewPolicy(), now - days * DAY
    rows = between(stream.payments["time"], then, now)
    tested, time = features[rows], stream.payments["time"][rows]
    true, seen = stream.truth["is_fraud"].to_numpy()[rows], labels_as_of(stream.truth, now)[rows]
    amount, customer = tested["amount"].to_numpy(), stream.payments["customer_id"].to_numpy()[rows]
    records, seen_saved = {}, {}
    for name, decide in candidates(stream, features, then, policy, label_policy, **options).items():
        rank, reviewed = decide(tested, time)
        interval = daily_interval(saved_eur(reviewed, amount, true), customer, days, rng)
        seen_saved[name] = saved_eur(reviewed, amount, seen)
        records[name] = {
            "AUC": roc_auc_score(true, rank),
            "AP": average_precision_score(true, rank),
            "reviews_per_day": reviewed.sum() / days,
            "seen_eur": seen_saved[name].sum() / days,
            "true_eur": interval.mean,
            "true_low": interval.low,
            "true_high": interval.high,
        }
    table = pd.DataFrame(records).T.rename_axis("candidate").sort_values("seen_eur")
    best = seen_saved[str(table.index[-1])]
    behind = [daily_interval(best - seen_saved[str(name)], customer, days, rng).low for name in table.index]
    table.insert(4, "tied", np.array(behind) <= 0)
    return table


def chosen_from(table: pd.DataFrame) -> str:
    """The model to release: of those tied with the best by seen money, the cheapest to serve."""
    compared = [name for name in models.MODELS if name in table.index]
    tied = [name for name in compared if table.loc[name, "tied"]]
    return tied[0] if tied else str(table.loc[compared, "seen_eur"].idxmax())
