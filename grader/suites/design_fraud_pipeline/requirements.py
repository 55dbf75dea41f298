"""What is required of a design, as data: measures, limits and points; ranges for random ones."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from grader.suite_kit.designs import DesignTask, OneOf, Whole, required
from grader.suites.design_fraud_pipeline import scenarios
from grader.suites.design_fraud_pipeline.cases import EXERCISE
from grader.suites.design_fraud_pipeline.document import KNOWN, SOURCES, WINDOWED, Pipeline

MONEY = ("money",)
"""Nothing else counts for a design that saves less; money counts where no sign is said to be known too early."""


_required = partial(required, EXERCISE)
REQUIREMENTS = (
    _required("known", "known too early", ("ordinary",), "at most", unit="%"),
    _required("money", "money", ("ordinary",), "at least", unit="%", needs=("known",)),
    _required("more money", "money", ("ordinary",), "at least", unit="%", needs=("known",)),
    _required("ripe", "labels as seen over yours", ("ordinary",), "at most", unit="x", needs=MONEY),
    _required("labels", "expected frauds", ("ordinary",), "at most", unit="x", needs=("ripe",)),
    _required("later", "tested too early", ("ordinary",), "at most", unit="%", needs=MONEY),
    _required("promise", "promise", ("ordinary",), "at most", unit="x", needs=("later",)),
    _required("choice", "with repeated labels", ("ordinary",), "at most", unit="%", needs=("later",)),
    _required("new scheme", "found by retraining", ("new scheme",), "at least", unit="%", needs=MONEY),
    _required("late labels", "labels as seen over yours", ("late reports",), "at most", unit="x", needs=("labels",)),
    _required("capacity", "turned away", ("peak",), "at most", unit="%", needs=MONEY),
    _required("late source", "kept", ("late source",), "at least", unit="%", needs=MONEY),
)
TASK = DesignTask(EXERCISE, Pipeline.of, scenarios.FAMILIES, scenarios.outcome, REQUIREMENTS)


class _Signs:
    """Signs at random, each with a source, a window and a moment that are possible for it."""

    def draw(self, rng: np.random.Generator) -> list[dict[str, Any]]:
        return [self._one(rng, str(name)) for name in rng.permutation(list(SOURCES))[: rng.integers(2, 8)]]

    def _one(self, rng: np.random.Generator, sign: str) -> dict[str, Any]:
        source = str(rng.choice(SOURCES[sign]))
        found = {"sign": sign, "source": source, "known": str(rng.choice(KNOWN[source]))}
        return found | ({"window_days": int(rng.integers(1, 61))} if sign in WINDOWED else {})


OPTIONS: Mapping[str, Any] = {
    "signs": _Signs(),
    "labels": {"ripen_days": Whole(0, 60), "unreported": OneOf(["honest", "wait", "left out", "weighted"])},
    "learning": {"window_days": Whole(7, 98), "retrain_days": OneOf([None, *range(1, 43)])},
    "backtest": {"split": OneOf(["time", "random"]), "test_days": Whole(7, 42), "gap_days": Whole(0, 42)},
    "review": {
        "alerts_per_day": Whole(1, 200), "threshold": OneOf(["at training", "daily"]),
        "rank_by": OneOf(["expected loss", "probability"]),
    },
    "late_ledger": OneOf(["zero", "last known", "model without", "no alerts"]),
}  # fmt: skip
