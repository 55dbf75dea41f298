"""What is required of a design, as data: measures, limits and points; ranges for random ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.suite_kit.designs import DesignTask, OneOf, Requirement, Whole
from grader.suites.design_fraud_pipeline import scenarios
from grader.suites.design_fraud_pipeline.cases import EXERCISE
from grader.suites.design_fraud_pipeline.document import KNOWN, SOURCES, WINDOWED, Pipeline

MONEY = ("money",)
"""Nothing else counts for a design that saves less; money counts where no sign is said to be known too early."""
REQUIREMENTS = (
    Requirement("known", "known too early", ("ordinary",), "at most", ((0.0, 0),), "%", display_scale=100.0),
    Requirement("money", "money", ("ordinary",), "at least", ((0.66, 1),), "%", display_scale=100.0, needs=("known",)),
    Requirement(
        "more money", "money", ("ordinary",), "at least", ((0.72, 1),), "%", display_scale=100.0, needs=("known",)
    ),
    Requirement("ripe", "labels as seen over yours", ("ordinary",), "at most", ((0.87, 0),), "x", needs=MONEY),
    Requirement("labels", "expected frauds", ("ordinary",), "at most", ((1.3, 1),), "x", needs=("ripe",)),
    Requirement("promise", "promise", ("ordinary",), "at most", ((1.65, 2),), "x", needs=MONEY),
    Requirement(
        "choice", "with repeated labels", ("ordinary",), "at most", ((0.92, 2),), "%", display_scale=100.0, needs=MONEY
    ),
    Requirement(
        "new scheme",
        "found by retraining",
        ("new scheme",),
        "at least",
        ((0.3, 3),),
        "%",
        display_scale=100.0,
        needs=MONEY,
    ),
    Requirement(
        "late labels", "labels as seen over yours", ("late reports",), "at most", ((0.92, 2),), "x", needs=("labels",)
    ),
    Requirement("capacity", "turned away", ("peak",), "at most", ((0.18, 2),), "%", display_scale=100.0, needs=MONEY),
    Requirement(
        "late source", "kept", ("late source",), "at least", ((0.82, 1),), "%", display_scale=100.0, needs=MONEY
    ),
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
