"""Which streams are ordinary: those on which answers of the grader's own are neither lucky nor unlucky.

A design that sees the oracle's signs meets every requirement there, and the same design with a fault misses what it
must: all measures lie in the ranges below, well away from the limits. What an answer loses on such a stream it loses by
what it is, and not by luck.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from grader.suite_kit.designs import Draw, Draws
from grader.suites.design_fraud_pipeline.document import Backtest, Labels, Learning, Pipeline, Review
from grader.suites.design_fraud_pipeline.hidden.oracle import SEEN
from grader.suites.design_fraud_pipeline.pipeline_rows import OwnTask
from grader.suites.design_fraud_pipeline.requirements import TASK
from grader.suites.design_fraud_pipeline.scenarios import BASELINE, ORACLE, late_days, promises, story_of
from grader.suites.design_fraud_pipeline.signs import table_of
from grader.suites.design_fraud_pipeline.simulate import Run, run

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
OVER = RIGHT.model_copy(update={"review": RIGHT.review.model_copy(update={"alerts_per_day": 33})})
ZERO = RIGHT.model_copy(update={"late_ledger": "zero"})
MEASURED: tuple[tuple[str, Pipeline, Ranges], ...] = (
    ("ordinary", RIGHT, {"money": (0.84, 1.0), "promise": (1.0, 1.35), "expected over real": (0.84, 1.2)}),
    ("ordinary", RIGHT, {"with repeated labels": (0.0, 0.85)}),
    ("ordinary", AS_SEEN, {"money": (0.8, 1.0), "expected over real": (0.56, 0.69)}),
    ("ordinary", AMOUNTS, {"money": (0.0, 0.66)}),
    ("late source", RIGHT, {"kept": (0.9, 1.1)}),
    ("late source", ZERO, {"kept": (0.0, 0.79)}),
    ("new scheme", RIGHT, {"found by retraining": (0.5, 1.0)}),
    ("peak", RIGHT, {"turned away": (0.0, 0.15)}),
    ("peak", OVER, {"turned away": (0.195, 1.0)}),
    ("late reports", RIGHT, {"labels as seen over yours": (0.0, 0.8)}),
)
"""In which ranges the measures of a design lie in the scenario of a family."""
QUICK: Mapping[str, Callable[[Run], float]] = {
    "expected over real": lambda made: made.expected,
    "promise": lambda made: promises(made)["promise"],
    "turned away": lambda made: made.turned_away,
}
"""Measures that a design's run gives, without the oracle and the other runs that its outcome needs."""
OWN_BASELINE, OWN_MONEY, OWN_LOSS, OWN_AS_SEEN = (0.0, 0.65), (0.92, 1.1), (0.85, 1.2), (0.0, 0.69)
"""Of the oracle's money that of the largest amounts and that of a pipeline; its expected loss over the loss that came,
learned from ripe labels and from all."""
OWN_LACKING = (0.16, 1.0)
"""`lacking_as_seen`: where it is less, chance in the scores of a right answer is a large part of it."""


def may_be_ordinary(draw: Draw) -> bool:
    """Whether a scenario passes those tests of `is_ordinary` that take little time; most fail here."""
    for family, design, ranges in MEASURED:
        if family == draw.family and ranges.keys() & QUICK.keys():
            made = run(design, table_of(story_of(draw)), late_days(draw))
            if not all(_within(measure(made), ranges[name]) for name, measure in QUICK.items() if name in ranges):
                return False
    return True


def is_ordinary(draws: Draws) -> bool:
    """Whether the scenarios of some families, with the oracle's money, are ordinary."""
    return all(
        _within(TASK.outcome(design, draw).measures[measure], limits)
        for family, design, ranges in MEASURED
        for draw in draws.get(family, ())
        for measure, limits in ranges.items()
    )


def is_ordinary_stream(draw: Draw) -> bool:
    """Whether the own pipeline's stream is: for the oracle's kind of model, by ripe labels and by labels as seen."""
    if not _within(draw[BASELINE] / draw[ORACLE], OWN_BASELINE):
        return False
    task = OwnTask(draw)
    ripe = task.rows["day"].to_numpy() < -40
    score = _score(task, task.rows[ripe], task.labels[ripe])
    if not _within(task.money(score), OWN_MONEY) or not _within(task.expected(score), OWN_LOSS):
        return False
    seen = _score(task, task.rows, task.labels)
    return _within(task.expected(seen), OWN_AS_SEEN) and _within(_lacking(task, seen), OWN_LACKING)


def lacking_as_seen(draw: Draw) -> float:
    """By which share labels as seen make the expected losses on a stream fall short, for the oracle's kind of model."""
    task = OwnTask(draw)
    return _lacking(task, _score(task, task.rows, task.labels))


def _lacking(task: OwnTask, seen: np.ndarray) -> float:
    return float(1 - seen.sum() / _score(task, *task.thinned).sum())


def _score(task: OwnTask, rows: "pd.DataFrame", labels: np.ndarray) -> np.ndarray:
    """The expected losses by a model that learned from some rows."""
    learned, scored = _signs(rows), _signs(task.scored)
    scale = learned.std(axis=0)
    chance = LogisticRegression(max_iter=1_000).fit(learned / scale, labels).predict_proba(scored / scale)
    return np.asarray(chance[:, 1] * (task.scored["amount"].to_numpy() + 15.0))


def _signs(rows: "pd.DataFrame") -> np.ndarray:
    skewed = [name for name in rows if name.startswith(("amount", "usual", "card_pay", "terminal_pay"))]
    rest = [rows["strange_terminal_60d"], rows["terminal_reports_14d"], rows["hour"] < 6]
    return np.column_stack([np.log(rows[skewed] + 0.1), *rest])


def _within(value: float, limits: tuple[float, float]) -> bool:
    low, high = limits
    return low <= value <= high
