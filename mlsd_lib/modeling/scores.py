"""What a score is worth: AUC gained over another, average precision, frauds found by a few reviews a day."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.lesson.plotting import Spread


def auc_gained(
    score: Any, before: Any, truth: Any, rng: np.random.Generator, group: Any = None, resamples: int = 200
) -> Spread:
    """AUC of `score` less that of `before` on the same rows, with its 95 % interval over resampled groups of rows.

    `score`, `before`, `truth` (booleans) and `group`: (n,). Rows of one group (say, of one day) are drawn together;
    without `group` each row is a group. A draw gives each row its group's count as a weight, so nothing is fitted again
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
    """
    truth = np.asarray(truth, dtype=bool)
    member = np.arange(len(truth)) if group is None else pd.Series(group).factorize()[0]
    groups = member.max() + 1
    after_of, before_of = (_auc_of_draws(np.asarray(scores), truth, member) for scores in (score, before))

    def difference(times: np.ndarray) -> float:
        return after_of(times) - before_of(times)

    drawn = [difference(np.bincount(rng.integers(0, groups, groups), minlength=groups)) for _ in range(resamples)]
    return Spread(difference(np.ones(groups, dtype=int)), *np.percentile(drawn, [2.5, 97.5]))


def _auc_of_draws(score: np.ndarray, truth: np.ndarray, member: np.ndarray) -> Callable[[np.ndarray], float]:
    """From how often each group counts to the AUC of `score`; equal scores count half. Sorts once for all draws.

    A row's count is looked up among those of the groups, which fit into a cache; counts of rows in this order do not.
    """
    order = np.argsort(score, kind="stable")
    good, bad = order[truth[order]], order[~truth[order]]
    below, not_above = (np.searchsorted(score[bad], score[good], side) for side in ("left", "right"))
    good_member, bad_member = member[good], member[bad]

    def auc(times: np.ndarray) -> float:
        lost = np.concatenate([[0], np.cumsum(times[bad_member])])
        of_good = times[good_member]
        won = (of_good * (lost[below] + lost[not_above])).sum()  # by `@` two threads of BLAS wait for each other
        return float(won / (2 * of_good.sum() * lost[-1]))

    return auc


def average_precisions(score: Any, truth: Any, weights: Iterable[np.ndarray]) -> np.ndarray:
    """The average precision of `score` under each of `weights`, one weight (0 or more) a row.

    `score` and `truth` (booleans): (n,). As scikit-learn's `average_precision_score`, but the rows are sorted once.
    """
    score, truth = np.asarray(score), np.asarray(truth, dtype=bool)
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # of the rows with one score
    found = []
    for weight in weights:
        ranked = weight[order]
        listed, good = np.cumsum(ranked)[last], np.cumsum(ranked * truth[order])[last]
        precision = good / np.maximum(listed, np.finfo(float).tiny)  # 0 before the first row that has a weight
        found.append((np.diff(good, prepend=0) * precision).sum() / good[-1])
    return np.array(found)


def found_a_day(day: Any, is_fraud: Any, score: Any, reviews_a_day: int) -> float:
    """Frauds among the `reviews_a_day` highest scores of each day, averaged over the days that occur.

    `day` (its whole part counts), `is_fraud` and `score`: (n,). Of equal scores the first rows are looked at.
    """
    day, is_fraud, score = np.floor(np.asarray(day)), np.asarray(is_fraud, dtype=bool), np.asarray(score)
    by_day = np.argsort(day, kind="stable")
    days = np.split(by_day, np.flatnonzero(np.diff(day[by_day])) + 1)
    best_first = (rows[np.argsort(-score[rows], kind="stable")] for rows in days)
    return float(sum(is_fraud[rows[:reviews_a_day]].sum() for rows in best_first) / len(days))


def in_a_row(spreads: Sequence[Spread], scale: float = 1.0) -> Spread:
    """Spreads of single numbers, each times `scale`, as one of arrays, to be drawn as a line."""
    return Spread(*scale * np.array([(spread.middle, spread.low, spread.high) for spread in spreads]).T)


def share_of_total(part: Any, whole: Any, rng: np.random.Generator, resamples: int = 2_000) -> Spread:
    """What share of the sum of `whole` the sum of `part` is, with its 95 % interval over resampled rows. Both: (n,)."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    drawn = rng.integers(0, len(whole), (resamples, len(whole)))
    shares = part[drawn].sum(axis=1) / whole[drawn].sum(axis=1)
    return Spread(part.sum() / whole.sum(), *np.percentile(shares, [2.5, 97.5]))
