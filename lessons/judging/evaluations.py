"""What an evaluation reports from votes: a share at equal length, a ranking of systems, the alarms of a gate."""

from itertools import combinations

import numpy as np
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

from lessons.judging.judges import PERSON, Judge, Pairs, draw_pairs


def half_each(count: int) -> np.ndarray:
    """Orders for `count` pairs: 1.0 (A first) for half of them, -1.0 for the other half, in turn."""
    return np.resize([1.0, -1.0], count)


def share_at_equal_length(pairs: Pairs, votes: np.ndarray, order: np.ndarray) -> float:
    """A's share (0 to 1) if both answers were equally long: a logistic regression of `votes` on order and log length.

    All arrays have the shape (pairs,). Source: Y. Dubois et al., Length-Controlled AlpacaEval (2024), with one pair of
    systems and no term for the difficulty of a question.
    """
    columns = np.column_stack([np.ones(len(votes)), order, pairs.longer])
    sign = np.where(votes, 1, -1)
    fit = minimize(lambda weights: np.logaddexp(0, -sign * (columns @ weights)).mean(), np.zeros(3))
    return float(expit(fit.x[0]))


def tournament(
    judge: Judge, quality: np.ndarray, lengths: np.ndarray, pairs_each: int, rng: np.random.Generator
) -> tuple[float, np.ndarray]:
    """How often `judge` and a person vote alike, and each system's mean share of wins, shape (2, systems).

    Row 0 holds the judge's shares, row 1 people's. Every two systems meet in `pairs_each` pairs, half in each order.
    """
    agreed, wins, order = [], np.zeros((2, len(quality))), half_each(pairs_each)
    for a, b in combinations(range(len(quality)), 2):
        longer = float(np.log(lengths[a] / lengths[b]))
        pairs = draw_pairs(pairs_each, rng, lead=quality[a] - quality[b], longer=longer)
        both = np.array([judge.votes(pairs, rng, order), PERSON.votes(pairs, rng)])
        agreed.append((both[0] == both[1]).mean())
        wins[:, a] += both.mean(axis=1)
        wins[:, b] += 1 - both.mean(axis=1)
    return float(np.mean(agreed)), wins / (len(quality) - 1)


def stops(old: np.ndarray, new: np.ndarray, limit: float = 0.02, level: float = 0.05) -> dict[str, np.ndarray]:
    """Which gates stop a release, by three rules, from the marks (0 or 1) of two versions, shape (gates, prompts).

    More than `limit` lost; a one-sided t-test at `level` of the differences prompt by prompt; one of two samples, as
    if the prompts were not the same.
    """
    lost, count = (new - old).mean(axis=1), old.shape[1]
    paired = (new - old).std(axis=1, ddof=1) / np.sqrt(count)
    apart = np.sqrt((old.var(axis=1, ddof=1) + new.var(axis=1, ddof=1)) / count)
    return {
        "fixed limit": lost < -limit,
        "paired test": lost < stats.t.ppf(level, count - 1) * paired,
        "two-sample test": lost < stats.t.ppf(level, 2 * count - 2) * apart,
    }
