"""A design from the ranges of its document, and a model that weighs its signs at random.

kind = "random"
"""

# %% design
from grader.suite_kit.designs import OneOf, Whole, random_document
from grader.suites.design_fraud_pipeline.document import KNOWN, SOURCES, WINDOWED


class _Signs:
    """Signs at random, each with a source, a window and a moment that are possible for it."""

    def draw(self, rng):
        return [self._one(rng, str(name)) for name in rng.permutation(list(SOURCES))[: rng.integers(2, 8)]]

    def _one(self, rng, sign):
        source = str(rng.choice(SOURCES[sign]))
        found = {"sign": sign, "source": source, "known": str(rng.choice(KNOWN[source]))}
        return found | ({"window_days": int(rng.integers(1, 61))} if sign in WINDOWED else {})


OPTIONS = {
    "signs": _Signs(),
    "labels": {"ripen_days": Whole(0, 60), "unreported": OneOf(["honest", "wait", "left out", "weighted"])},
    "learning": {"window_days": Whole(7, 98), "retrain_days": OneOf([None, *range(1, 43)])},
    "backtest": {"split": OneOf(["time", "random"]), "test_days": Whole(7, 42), "gap_days": Whole(0, 42)},
    "review": {
        "alerts_per_day": Whole(1, 200), "threshold": OneOf(["at training", "daily"]),
        "rank_by": OneOf(["expected loss", "probability"]),
    },
    "late_ledger": OneOf(["zero", "last known", "model without", "no alerts"]),
}


def design():
    return random_document(np.random.default_rng(seed), OPTIONS, suite.TASK)[0]

# %% fraud-model
class FraudModel:
    def fit(self, rows, labels):
        self.rng = np.random.default_rng(seed)

    def score(self, rows):
        signs = np.column_stack([rows.drop(columns="day"), np.ones(len(rows))])
        signs = (signs - signs.mean(axis=0)) / (signs.std(axis=0) + 1e-9)
        return np.exp(signs @ self.rng.normal(size=signs.shape[1]) + self.rng.normal(1, 2))
