"""What is required of a design, as data: measures, limits and points; questions about it; ranges for random ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.suite_kit.designs import DesignTask, Draws, OneOf, Question, Requirement, Whole
from grader.suites.design_fraud_pipeline import scenarios
from grader.suites.design_fraud_pipeline.cases import EXERCISE
from grader.suites.design_fraud_pipeline.document import KNOWN, SOURCES, WINDOWED, Labels, Pipeline

ONLY = ("money",)
REQUIREMENTS = (
    Requirement("money", "money", ("ordinary",), "at least", ((0.66, 1),), "%", times=100.0),
    Requirement("more money", "money", ("ordinary",), "at least", ((0.72, 2),), "%", times=100.0),
    Requirement("new scheme", "scheme found", ("new scheme",), "at least", ((0.18, 2),), "%", times=100.0, needs=ONLY),
    Requirement("promise", "promise", ("ordinary",), "at most", ((1.75, 2),), "x", needs=ONLY),
    Requirement("labels", "expected frauds", ("ordinary",), "at most", ((1.4, 1),), "x", needs=ONLY),
    Requirement(
        "late labels", "over labels as seen", ("late reports",), "at most", ((0.95, 1),), "x", needs=("money", "labels")
    ),
    Requirement("capacity", "turned away", ("peak",), "at most", ((0.25, 2),), "%", times=100.0, needs=ONLY),
    Requirement("late source", "kept", ("late source",), "at least", ((0.82, 1),), "%", times=100.0, needs=ONLY),
)
TASK = DesignTask(EXERCISE, Pipeline.of, scenarios.FAMILIES, scenarios.outcome, REQUIREMENTS)
HURT_ALIKE = 0.1
"""Shares of the oracle's money that differ by less hurt alike."""


def hurt_most(design: Pipeline, draws: Draws) -> frozenset[str]:
    """The scenarios in which the design loses most of its money if no release follows the first."""
    never = design.model_copy(update={"learning": design.learning.model_copy(update={"retrain_days": None})})
    lost = {
        family: _money(design, draws, family) - _money(never, draws, family)
        for family in ("ordinary", "new scheme", "peak", "late reports")
    }
    return frozenset(family for family, one in lost.items() if one >= max(lost.values()) - HURT_ALIKE)


def _money(design: Pipeline, draws: Draws, family: str) -> float:
    return float(np.mean([TASK.outcome(design, one).measures["money"] for one in draws[family]]))


def expected_as_seen(design: Pipeline, draws: Draws) -> float:
    """Expected frauds over frauds in ordinary weeks, were every payment honest that is not reported yet."""
    seen = design.model_copy(update={"labels": Labels(ripen_days=0, unreported="honest")})
    return TASK.outcome(seen, draws["ordinary"][0]).measures["expected over real"]


QUESTIONS = (
    Question[Pipeline]("which scenario", "hurt_most", hurt_most),
    Question[Pipeline]("as seen", "expected_as_seen", expected_as_seen, within=0.2),
)


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
