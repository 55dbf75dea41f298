"""The tests of `design_fraud_pipeline`, and what its notebook shows."""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.suite_kit.answer import Answer, Reply
from grader.suite_kit.designs import skipped_while_grading
from grader.suite_kit.score_sheet import Sheet
from grader.suites.design_fraud_pipeline.cases import CASES, EXERCISE
from grader.suites.design_fraud_pipeline.pipeline_rows import YOUNG_DAYS, OwnTask, moved_by, scores_of, shown
from grader.suites.design_fraud_pipeline.requirements import TASK
from grader.suites.design_fraud_pipeline.scenarios import factor, story_of
from grader.suites.design_fraud_pipeline.signs import table_of
from grader.suites.design_fraud_pipeline.world import REVIEW_EUR

if TYPE_CHECKING:
    import pandas as pd

OWN_MONEY, _ = EXERCISE.steps("own money")
OWN_LOSS, OWN_KNOWN = EXERCISE.limit("own loss"), EXERCISE.limit("own known")
"""Scores may move by this share of their sum when the same payments are read after the six weeks."""
OWN_RIPE = EXERCISE.limit("own ripe")
"""How far young rows may move the sum of the scores, over how far they do where unreported frauds count as honest."""
begin, hint = EXERCISE.begin, EXERCISE.hint
_own = functools.lru_cache(maxsize=3)(OwnTask)


def warm() -> None:
    """What every submission needs alike, done once in a process of the grader's before it forks."""
    CASES.keep()
    for draw in CASES.find().all_draws():
        table_of(story_of(draw)).prepare()
    _own(CASES.find().stream)


money, backtest, change, strain = TASK.graded(CASES, "money", "backtest", "change", "strain")


@EXERCISE.graded("pipeline")
def pipeline(sheet: Sheet, answer: Answer, name: str) -> None:
    """The student's own class: fitted on what was known at the release, scored on the weeks after it."""
    task = _own(CASES.open(sheet).stream)
    own = answer.call(name)
    fitted: Reply = answer.call(own, task.rows, task.labels, method="fit", watch=True)
    scores = scores_of(answer.call(own, task.scored, method="score"), len(task.scored))
    if scores is None:
        rule = "score(rows) must give one finite number a row, in their order: the expected loss in EUR."
        sheet.end("fail", f"{rule} Is a return missing?")
        return
    moved = moved_by(scores, scores_of(answer.call(own, task.read_later, method="score"), len(scores)))
    known = moved <= OWN_KNOWN
    did = "The same payments, read six weeks later, get other scores: you use a column that counts what came later."
    sheet.judge("own known", f"{shown(100 * moved)} %", f"at most {100 * OWN_KNOWN:g} %", known, did)
    share, expected = task.money(scores), task.expected(scores)
    reviews = int((scores > REVIEW_EUR).sum())
    did = (
        f"Your reviews saved {shown(100 * share)} % of what the oracle saved."
        if reviews
        else f"No score exceeds the {REVIEW_EUR:g} EUR that a review costs, so nothing is reviewed: score in EUR, not "
        "as a chance."
    )
    EXERCISE.judge(sheet, "own money", share, did, counts=known)
    ripe = _judge_ripe(sheet, answer, name, task, scores)
    off, enough = factor(expected), share >= OWN_MONEY and known and ripe
    did = f"Your scores add up to {shown(expected)} times the loss that came"
    if off <= OWN_LOSS and not ripe:
        did += ", which does not count while the young rows move them so far."
    elif off <= OWN_LOSS:
        did += f", which counts only from {100 * OWN_MONEY:g} % of the oracle's money on, with scores that stay."
    elif expected < 1:
        did += f", too little. Of the frauds in the rows of fit {task.reported:.0%} had been reported."
    else:
        did += ", too much."
    if fitted.changed:
        did += " fit changed the rows that it was given."
    met = off <= OWN_LOSS and enough
    sheet.judge("own loss", f"{shown(off)} x", f"at most {OWN_LOSS:g} x", met, did, in_production=off > OWN_LOSS)


def _judge_ripe(sheet: Sheet, answer: Answer, name: str, task: OwnTask, scores: np.ndarray) -> bool:
    """Whether a second model, which learns without most of the young rows, expects about the loss of the first."""
    other = answer.call(name)
    answer.call(other, *task.thinned, method="fit")
    without = scores_of(answer.call(other, task.scored, method="score"), len(scores))
    kept = 0.0 if without is None else float(scores.sum() / max(without.sum(), 1e-9))
    moved, times = abs(1 - kept) / task.lacking_as_seen, shown(1 / max(kept, 1e-3))
    why = (
        "frauds that nobody has reported yet count as honest in what you learn from. A constant factor on the scores "
        "does not change that."
        if kept < 1
        else "what is young counts for more frauds than come."
    )
    did = f"Fitted without most rows of the last {YOUNG_DAYS} days, your scores add up to {times} times as much: {why}"
    sheet.judge("own ripe", f"{shown(moved)} x", f"at most {OWN_RIPE:g} x", moved <= OWN_RIPE, did)
    return moved <= OWN_RIPE


# What the notebook shows


requirements = skipped_while_grading(TASK.criteria)


@skipped_while_grading
def measures(design: Any) -> "pd.DataFrame":
    """Everything that was measured, a row a scenario."""
    table = TASK.table(TASK.given(design), CASES.public().draws)
    return table[[name for name in table if not name.endswith("EUR")]].astype(float).round(2)


@skipped_while_grading
def own_task() -> tuple["pd.DataFrame", np.ndarray]:
    """The public rows and labels that `fit` gets: what was known on the day of the release."""
    task = _own(CASES.public().stream)
    return task.rows.copy(), task.labels.copy()
