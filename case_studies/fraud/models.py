"""The models and baselines, how one is fitted, scored, kept and read back."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud.data import FraudError


def _logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, random_state=seed))


def _forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    # A third of the rows a tree: a third of the time, and no worse on the Handbook's data.
    return RandomForestClassifier(100, min_samples_leaf=2, max_samples=0.3, random_state=seed)


def _boosted(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # Frauds are few: small trees, slow steps and large leaves. The library's defaults lose .06 of average precision.
    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=50, early_stopping=False, random_state=seed
    )


MODELS: dict[str, Callable[[int], Any]] = {"logistic": _logistic, "boosted": _boosted, "forest": _forest}
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
    if name not in MODELS:
        raise FraudError(f"The model is {name!r}; it must be one of {', '.join(MODELS)}.")
    if label.all() or not label.any():
        raise FraudError(
            f"All {len(label):,} training rows have the same label; a model needs frauds and honest payments. "
            "Train on more days, or wait for chargebacks."
        )
    model = MODELS[name](seed)
    if weight is None:
        return model.fit(features.to_numpy(float), label)
    key = f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"
    return model.fit(features.to_numpy(float), label, **{key: weight})


def score(model: Any, features: pd.DataFrame | np.ndarray) -> np.ndarray:
    """The probability of fraud that `model` gives each row, (n,)."""
    return model.predict_proba(np.asarray(features, dtype=float))[:, 1]


def save(model: Any, folder: Path) -> str:
    """Writes `model.joblib` and its checksum into `folder`; the checksum, SHA-256."""
    import joblib

    path = folder / "model.joblib"
    joblib.dump(model, path)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps({"sha256": checksum}), encoding="utf-8")
    return checksum


def read(folder: Path) -> Any:
    """The model in `folder`, if it is the file that was saved there.

    A joblib file runs code when it is read, so one whose checksum is not the recorded one is refused: `FraudError`.
    """
    import joblib

    path = folder / "model.joblib"
    if not path.exists():
        raise FraudError(f"{path} does not exist. Train first: python -m case_studies.fraud train.")
    recorded = json.loads((folder / "model.json").read_text(encoding="utf-8"))["sha256"]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != recorded:
        raise FraudError(
            f"{path} has the checksum {found[:12]}, recorded was {recorded[:12]}: it is not the file that training "
            "wrote, and reading it would run its code. Train again, or take the file from a backup."
        )
    return joblib.load(path)
