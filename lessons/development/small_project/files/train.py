"""Trains on the first days, judges on the last: `python train.py` prints the metrics."""

import hashlib
import json
import tomllib
from pathlib import Path

import pandas as pd
from features import features_of
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

HERE = Path(__file__).parent
CONFIG = tomllib.loads((HERE / "config.toml").read_text())
DATA = HERE / "payments.csv"


def digest(file: Path = DATA) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def train(payments: pd.DataFrame) -> tuple[RandomForestClassifier, dict]:
    """The model and its metrics on the last days."""
    old = payments["day"] < CONFIG["first_test_day"]
    model = RandomForestClassifier(n_estimators=12, min_samples_leaf=20, random_state=CONFIG["seed"])
    try:
        model.fit(features_of(payments[old]), payments.loc[old, "fraud"])
    except ValueError as error:
        raise SystemExit(f"{DATA.name} cannot be learned from: {error}") from error
    new = payments[~old]
    score = model.predict_proba(features_of(new))[:, 1]
    flagged = score >= CONFIG["threshold"]
    return model, {"auc": float(roc_auc_score(new["fraud"], score)), "flagged": float(flagged.mean())}


if __name__ == "__main__":
    print(json.dumps(train(pd.read_csv(DATA))[1]))
