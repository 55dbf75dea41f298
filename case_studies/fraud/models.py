"""The models, the rule of thumb, and a release: a model with its policy, fitted as it could have been at a moment."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud.data import DAY, Adapter, FraudError
from case_studies.fraud.features import HISTORY
from case_studies.fraud.labels import LabelPolicy, training_labels
from case_studies.fraud.policy import ReviewPolicy
from case_studies.kit import read_artefact, save_artefact
from case_studies.kit.stream_times import between
from mlsd_lib.datasets.fraud import PaymentStream
from mlsd_lib.modeling import fit_weighted, scaled_logistic, small_trees
from notebook_runner.errors import require_one_of

TRAIN_DAYS = 48
"""Rows a model learns from: the latest seven weeks, because fraud changes."""
THRESHOLD_DAYS = 7
"""The last week before a release is kept from the model and sets the threshold: scores of its own rows are too sure."""


def _forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    # A third of the rows a tree: a third of the time, and no worse on the Handbook's data.
    return RandomForestClassifier(100, min_samples_leaf=2, max_samples=0.3, random_state=seed)


def _boosted(seed: int) -> Any:
    # Frauds are few: small trees, slow steps and large leaves. The library's defaults lose .06 of average precision.
    return small_trees(100, seed, learning_rate=0.05, min_samples_leaf=50)


MODELS: dict[str, Callable[[int], Any]] = {"logistic": scaled_logistic, "boosted": _boosted, "forest": _forest}
"""From the cheapest to serve to the most expensive: a payment waits for its score."""


def rule_score(features: pd.DataFrame) -> np.ndarray:
    """A reviewer's rule of thumb, (n,): how many of four warning signs a payment shows, as a share."""
    signs = [
        features["amount"] > 3 * features["customer_mean_amount_30d"],
        features["terminal_risk_30d"] > 0.05,
        features["customer_count_1d"] >= 6,
        features["night"] > 0,
    ]
    return np.mean(signs, axis=0)


def fit(name: str, features: pd.DataFrame, label: np.ndarray, weight: np.ndarray | None = None, seed: int = 0) -> Any:
    """The model `name`, fitted. `features` (n, columns), `label` (n,) of bool, `weight` (n,).

    Raises `FraudError` for an unknown name and where one of the two classes is missing.
    """
    require_one_of("The model", name, MODELS, FraudError)
    if label.all() or not label.any():
        raise FraudError(
            f"All {len(label):,} training rows have the same label; a model needs frauds and honest payments. "
            "Train on more days, or wait for chargebacks."
        )
    return fit_weighted(MODELS[name](seed), features.to_numpy(float), label, weight)


def score(model: Any, features: pd.DataFrame | np.ndarray) -> np.ndarray:
    """The probability of fraud that `model` gives each row, (n,)."""
    return model.predict_proba(np.asarray(features, dtype=float))[:, 1]


@dataclass(frozen=True)
class Release:
    """All that decides about a payment: a fitted model, the review policy with its threshold, and the adapter that
    reads the acquirers' messages. They are promoted together and taken back together."""

    model_name: str
    model: Any
    columns: tuple[str, ...]
    policy: ReviewPolicy
    threshold: float
    adapter: Adapter

    def with_adapter(self, adapter: Adapter) -> "Release":
        """The same release with another reading of the messages."""
        return replace(self, adapter=adapter)

    def score(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """The probability of fraud of each row, (n,)."""
        return score(self.model, features)

    def decide(self, features: pd.DataFrame, time: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probability, value and whether it is reviewed, (n,) each, of payments in the order in which they came."""
        probability = self.score(features)
        value = self.policy.value(probability, features["amount"].to_numpy())
        return probability, value, self.policy.reviewed(time, value, self.threshold)

    def save(self, folder: Path) -> None:
        """Writes the release into `folder`."""
        save_artefact(
            folder,
            self.model,
            model_name=self.model_name,
            columns=self.columns,
            policy=asdict(self.policy),
            threshold=self.threshold,
            cent_terminals=sorted(self.adapter.cent_terminals),
        )

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release in `folder`; raises `ModelingError` if it is not complete and unchanged."""
        model, document = read_artefact(folder)
        policy, adapter = ReviewPolicy(**document["policy"]), Adapter.of(document["cent_terminals"])
        columns, threshold = tuple(document["columns"]), document["threshold"]
        return cls(document["model_name"], model, columns, policy, threshold, adapter)


def fit_release(
    stream: PaymentStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    name: str = "boosted",
    policy: ReviewPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    seed: int = 0,
    adapter: Adapter | None = None,
) -> Release:
    """The release that could be made at `now`: nothing later than that is looked at."""
    policy, time = policy or ReviewPolicy(), stream.payments["time"]
    learned = training_labels(time, stream.truth, now, label_policy)
    rows = learned.use & between(time, max(now - TRAIN_DAYS * DAY, warm(stream)), now - THRESHOLD_DAYS * DAY)
    if not rows.any():
        raise FraudError(
            f"No payment before {now:%Y-%m-%d} has {HISTORY / np.timedelta64(1, 'D'):.0f} days of history and labels "
            "that the policy accepts. Give a longer stream, or the label policy 'as seen'."
        )
    model = fit(name, features[rows], learned.label[rows], learned.weight[rows], seed)
    recent = features[between(time, now - THRESHOLD_DAYS * DAY, now)]
    threshold = policy.threshold(score(model, recent), recent["amount"].to_numpy(), THRESHOLD_DAYS)
    return Release(name, model, tuple(features), policy, threshold, adapter or Adapter.of())


def warm(stream: PaymentStream) -> pd.Timestamp:
    """From when on the features of a stream have their full history."""
    start = stream.payments["time"].iloc[0].normalize()
    return start + pd.Timedelta(HISTORY) if "customer_id" in stream.payments else start
