"""Which streams are ordinary: those on which answers of the grader's own are neither lucky nor unlucky.

A design that sees the oracle's signs meets every requirement there, and the same design with a fault misses what it
must: all measures lie in the ranges below, well away from the limits.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from grader.suite_kit.designs import Draw, Draws
from grader.suites.design_fraud_pipeline.document import Backtest, Labels, Learning, Pipeline, Review
from grader.suites.design_fraud_pipeline.hidden.oracle import SEEN
from grader.suites.design_fraud_pipeline.pipeline_rows import OwnTask
from grader.suites.design_fraud_pipeline.requirements import TASK
from grader.suites.design_fraud_pipeline.scenarios import BASELINE, ORACLE

if TYPE_CHECKING:
    import pandas as pd

Ranges = Mapping[str, tuple[float, float]]
RIGHT = Pipeline(
    signs=SEEN,
    labels=Labels(ripen_days=50, unreported="weighted"),
    learning=Learning(window_days=49, retrain_days=7),
    backtest=Backtest(split="time", test_days=28, gap_days=25),
    review=Review(alerts_per_day=24, threshold="daily", rank_by="expected loss"),
    late_ledger="last known",
)
AS_SEEN = RIGHT.model_copy(update={"labels": Labels(ripen_days=0, unreported="honest")})
AMOUNTS = RIGHT.model_copy(update={"signs": SEEN[:2]})
NEVER = RIGHT.model_copy(update={"learning": Learning(window_days=49, retrain_days=None)})
ZERO = RIGHT.model_copy(update={"late_ledger": "zero"})
MEASURED: tuple[tuple[str, Pipeline, Ranges], ...] = (
    ("ordinary", RIGHT, {"money": (0.84, 1.0), "promise": (1.0, 1.35), "expected over real": (0.81, 1.24)}),
    ("ordinary", AS_SEEN, {"money": (0.8, 1.0), "expected over real": (0.56, 0.69)}),
    ("ordinary", NEVER, {"expected over real": (0.76, 1.3)}),
    ("ordinary", AMOUNTS, {"money": (0.0, 0.66)}),
    ("late source", RIGHT, {"kept": (0.9, 1.1)}),
    ("late source", ZERO, {"kept": (0.0, 0.79)}),
    ("new scheme", RIGHT, {"scheme found": (0.5, 1.0)}),
    ("peak", RIGHT, {"turned away": (0.0, 0.18)}),
    ("late reports", RIGHT, {"over labels as seen": (0.0, 0.8)}),
)
"""In which ranges the measures of a design lie in the scenario of a family."""
OWN_BASELINE, OWN_MONEY, OWN_LOSS = (0.0, 0.65), (0.92, 1.1), (0.7, 1.35)
"""Of the oracle's money that of the largest amounts and that of a pipeline's; its expected loss over the loss."""


def is_ordinary(draws: Draws) -> bool:
    """Whether the scenarios of some families, with the oracle's money, are ordinary."""
    return all(
        _within(TASK.outcome(design, one).measures[measure], limits)
        for family, design, ranges in MEASURED
        for one in draws.get(family, ())
        for measure, limits in ranges.items()
    )


def is_ordinary_stream(one: Draw) -> bool:
    """Whether the own pipeline's stream is: for the oracle's kind of model, which learns from ripe labels."""
    if not _within(one[BASELINE] / one[ORACLE], OWN_BASELINE):
        return False
    task = OwnTask(one)
    ripe = task.rows["day"] < -40
    learned, scored = (_signs(rows) for rows in (task.rows[ripe], task.scored))
    scale = learned.std(axis=0)
    chance = LogisticRegression(max_iter=1_000).fit(learned / scale, task.labels[ripe]).predict_proba(scored / scale)
    score = chance[:, 1] * (task.scored["amount"].to_numpy() + 15.0)
    return _within(task.money(score), OWN_MONEY) and _within(task.expected(score), OWN_LOSS)


def _signs(rows: "pd.DataFrame") -> np.ndarray:
    skewed = [name for name in rows if name.startswith(("amount", "usual", "card_pay", "terminal_pay"))]
    rest = [rows["strange_terminal_60d"], rows["terminal_reports_14d"], rows["hour"] < 6]
    return np.column_stack([np.log(rows[skewed] + 0.1), *rest])


def _within(value: float, limits: tuple[float, float]) -> bool:
    low, high = limits
    return low <= value <= high
