"""From a stream to a run folder: candidates compared, the chosen one fitted, tested and written down.

And the evaluation protocols on published files: the same features and models, another split. The Handbook's: train on
7 days from 2018-07-25, let 7 days pass until labels are known, test on 7 days without the cards known to be compromised
by then (Le Borgne et al., 2022, chapters 3 and 5, whose figures stand next to ours). ULB's file has two days, no cards
and no terminals: train on the first day, test on the second; nothing was published of this split.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from case_studies.fraud import data, models
from case_studies.fraud.data import DAY, FraudError, labels_as_of
from case_studies.fraud.features import HISTORY, features_of
from case_studies.fraud.labels import LabelPolicy, training_labels
from case_studies.fraud.models import THRESHOLD_DAYS, Release, fit_release, warm
from case_studies.fraud.monitor import monitor_of
from case_studies.fraud.policy import ReviewPolicy, saved_eur
from case_studies.fraud.service import FraudStore
from case_studies.kit import DecisionRecord, Run, filling_value, gains, with_monitor
from case_studies.kit.stream_times import between, midnight_after, require_days
from mlsd_lib.datasets.fraud import PaymentStream
from mlsd_lib.datasets.published import require_groups
from mlsd_lib.modeling import cheapest_tied, clustered_interval, seen_and_true

HANDBOOK_START = pd.Timestamp("2018-07-25")
HANDBOOK_PUBLISHED = {"logistic": (0.871, 0.606), "forest": (0.867, 0.658)}
"""AUC and average precision."""
Decide = Callable[[pd.DataFrame, pd.Series], tuple[np.ndarray, np.ndarray]]
"""From features and times to what payments are ranked by and which are reviewed, (n,) each."""


def candidates(
    stream: PaymentStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    policy: ReviewPolicy,
    label_policy: LabelPolicy,
    seed: int = 0,
    names: tuple[str, ...] = tuple(models.MODELS),
) -> dict[str, Decide]:
    """Who could decide from `now` on. Baselines first: by amount or by a rule, as many a day as are allowed."""
    recent = features[between(stream.payments["time"], now - THRESHOLD_DAYS * DAY, now)]

    def ranked_by(rank: Callable[[pd.DataFrame], np.ndarray]) -> Decide:
        threshold = filling_value(rank(recent), policy.reviews_per_day * THRESHOLD_DAYS)
        return lambda rows, time: (rank(rows), policy.reviewed(time, rank(rows), threshold))

    def released(name: str) -> Decide:
        release = fit_release(stream, features, now, name, policy, label_policy, seed)
        return lambda rows, time: release.decide(rows, time)[::2]

    baselines: dict[str, Decide] = {
        "do nothing": lambda rows, time: (np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)),
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
    policy, then = policy or ReviewPolicy(), now - days * DAY
    rows = between(stream.payments["time"], then, now)
    tested, time = features[rows], stream.payments["time"][rows]
    true, seen = stream.truth["is_fraud"].to_numpy()[rows], labels_as_of(stream.truth, now)[rows]
    amount, customer = tested["amount"].to_numpy(), stream.payments["customer_id"].to_numpy()[rows]
    figures, saved, earned = {}, {}, {}
    for name, decide in candidates(stream, features, then, policy, label_policy, **options).items():
        rank, reviewed = decide(tested, time)
        saved[name], earned[name] = (saved_eur(reviewed, amount, label) for label in (seen, true))
        figures[name] = {"AUC": roc_auc_score(true, rank), "AP": average_precision_score(true, rank)}
        figures[name]["prevalence"] = true.mean()
        figures[name]["reviews_per_day"] = reviewed.sum() / days
    return seen_and_true(saved, earned, customer, days, rng, over="customers").join(pd.DataFrame(figures).T)


def train(
    run: Run,
    stream: PaymentStream,
    rng: np.random.Generator,
    policy: ReviewPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    test_days: int = 28,
    tell: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> pd.DataFrame:
    """Adds a release to `run`, in a new run a promoted one, and gives the comparison that chose it.

    The last `test_days` of the stream come after the release and are used for nothing but the test.
    """
    if "customer_id" not in stream.payments:
        raise FraudError(
            f"{stream.card.name} has no customers and terminals, which a release needs. "
            "Use report --protocol ulb for it."
        )
    policy, end = policy or ReviewPolicy(), midnight_after(stream.payments["time"])
    needed = {
        "of history before the first features": int(HISTORY // np.timedelta64(1, "D")),
        "to learn from and compare on": 2 * THRESHOLD_DAYS + 1,
        "of test": test_days,
    }
    require_days(stream.card.name, (end - stream.payments["time"].iloc[0].normalize()) // DAY, needed, FraudError)
    now = end - test_days * DAY
    learned = run.learns_from(__package__, stream.card, {"payments": stream.payments, "truth": stream.truth}, now)
    tell(f"features of {len(stream.payments):,} payments")
    features = features_of(stream.payments, stream.truth)
    tell("comparing the candidates on labels as known")
    days = min(28, int((now - warm(stream)) / DAY) // 2)
    table = compare(stream, features, now, rng, policy, label_policy, days, **options)
    name = cheapest_tied(table, tuple(models.MODELS), "seen_eur")
    tell(f"fitting the release ({name})")
    release = fit_release(stream, features, now, name, policy, label_policy)
    tell("testing it on the days after its release")
    tested = between(stream.payments["time"], now, end)
    worth = partial(_saved, stream, features, tested)
    customer = stream.payments["customer_id"].to_numpy()[tested]
    interval = partial(clustered_interval, cluster=customer, periods=test_days, rng=rng, over="customers")
    record = DecisionRecord(
        f"{name}, ranked by {policy.rank_by}, {policy.reviews_per_day} reviews a day, threshold "
        f"{release.threshold:.4g}, labels {label_policy}, learned from {stream.card.name} ({stream.card.source})",
        table,
        interval(worth(release)),
        "fraud next month looks like fraud last month; whoever is caught will see to it that it does not.",
        "parses the remembered amounts again, if they were read wrongly",
        models=tuple(models.MODELS),
        why_a_model="A rule gives no probability, on which a payment's expected loss and the threshold rest; no lead "
        "in money is claimed over it.",
        gains=gains(run, Release.read, worth, release, np.zeros(tested.sum()), interval),
    )
    record.file(
        run,
        learned,
        with_monitor(release.save, monitor_of(release, features, stream.payments["time"], now)),
        lambda: FraudStore(run.store).remember_history(stream, now, release.adapter).close(),
    )
    return table


def _saved(stream: PaymentStream, features: pd.DataFrame, tested: np.ndarray, release: Release) -> np.ndarray:
    """EUR saved on each of the payments `tested`, (n,) of bool, by all labels."""
    rows, fraud = stream.payments[tested], stream.truth["is_fraud"].to_numpy()[tested]
    reviewed = release.decide(features[tested], rows["time"])[2]
    return saved_eur(reviewed, rows["amount"].to_numpy(), fraud)


def handbook_split(stream: PaymentStream, days: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Which payments the Handbook trains and tests on, (n,) of bool each; raises `FraudError` if days are missing."""
    payments, fraud = stream.payments, stream.truth["is_fraud"].to_numpy()
    day = ((payments["time"] - HANDBOOK_START) // DAY).to_numpy()
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
    """AUC and average precision of the models on the Handbook's protocol, next to what it published.

    `prevalence` is the average precision of a score that knows nothing.
    """
    table = _scores(stream, *handbook_split(stream), names, seed)
    for i, column in enumerate(("AUC_published", "AP_published")):
        table[column] = [HANDBOOK_PUBLISHED.get(name, (np.nan, np.nan))[i] for name in table.index]
    return table


def ulb(stream: PaymentStream, names: tuple[str, ...] = ("logistic", "forest"), seed: int = 0) -> pd.DataFrame:
    """AUC and average precision on ULB's second day after training on its first."""
    time = stream.payments["time"]
    day = ((time - time.iloc[0].normalize()) // DAY).to_numpy()
    require_groups(day, 2, "days from the first payment on", stream.card.source)
    return _scores(stream, day == 0, day == 1, names, seed)


def _scores(
    stream: PaymentStream, train: np.ndarray, test: np.ndarray, names: tuple[str, ...], seed: int
) -> pd.DataFrame:
    fraud = stream.truth["is_fraud"].to_numpy()
    for rows, use in ((train, "train"), (test, "test")):
        require_groups(fraud[rows], 2, f"classes (fraud, honest) of payments to {use} on", stream.card.source)
    features, records = features_of(stream.payments, stream.truth), {}
    for name in names:
        score = models.score(models.fit(name, features[train], fraud[train], seed=seed), features[test])
        records[name] = {
            "AUC": roc_auc_score(fraud[test], score),
            "AP": average_precision_score(fraud[test], score),
            "prevalence": fraud[test].mean(),
            "train": int(train.sum()),
            "test": int(test.sum()),
            "frauds": int(fraud[test].sum()),
        }
    return pd.DataFrame(records).T.rename_axis("model")


def label_trial(seed: int, policies: Sequence[LabelPolicy], **options: Any) -> pd.DataFrame:
    """What learning under each policy comes to on one simulated stream, in %: a row a policy, one for complete labels.

    Predicted frauds are shares of what complete labels predict. `options` are the simulator's.
    """
    stream = data.load_payments("simulator", seed=seed, days=120, **options)
    table = features_of(stream.payments, stream.truth)
    now = stream.payments["time"].iloc[0].normalize() + 92 * DAY
    later = (stream.payments["time"] >= now).to_numpy()
    true, tested = stream.truth["is_fraud"].to_numpy()[later], table[later]
    night = ((tested.amount > 2.5 * tested.customer_mean_amount_30d) & (tested.night > 0)).to_numpy()
    score = {policy: _learned(stream, table, policy, now) for policy in ("complete", *policies)}
    rows = {
        policy: {
            "AUC": roc_auc_score(true, s),
            "average precision": average_precision_score(true, s),
            "precision of 50 a day": true[np.argsort(-s)[: 50 * 28]].mean(),
            "predicted frauds": s.sum() / score["complete"].sum(),
            "predicted, large at night": s[night].sum() / score["complete"][night].sum(),
        }
        for policy, s in score.items()
    }
    return 100 * pd.DataFrame(rows).T


def _learned(stream: PaymentStream, table: pd.DataFrame, policy: Any, now: pd.Timestamp) -> np.ndarray:
    """Scores on the days after `now` of a logistic model that learned from the 48 days before it."""
    age_days = ((now - stream.payments["time"]) / DAY).to_numpy()
    complete = policy == "complete"
    learned = training_labels(stream.payments["time"], stream.truth, now, "as seen" if complete else policy)
    label = stream.truth["is_fraud"].to_numpy() if complete else learned.label
    rows = learned.use & (age_days <= 48)
    return models.score(models.fit("logistic", table[rows], label[rows], learned.weight[rows]), table[age_days <= 0])
