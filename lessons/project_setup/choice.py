"""Which of the items now present does a shopper buy? A multinomial logit in two framings, fitted by one function."""

import numpy as np
from scipy.optimize import minimize

from lessons.project_setup.shop import Shop

STOP = {"maxiter": 60, "ftol": 1e-6}  # scipy's 2e-9 takes longer and moves no hit rate by a tenth of a point


def choice_scores(shop: Shop, until: int, *, own: bool, match: bool, shrink: float = 5.0) -> np.ndarray:
    """Scores (shoppers, items) learned from the purchases before day `until`; -inf where a framing has no answer.

    With `own`, each item present has weights of its own on the shopper's taste (multiclass: multinomial logistic
    regression); with `match`, taste and description meet in one matrix that all items share. The score is the sum of
    both, the fit maximum likelihood over the items present at each purchase, less `shrink` / 2 times the sum of the
    squared weights.
    """
    known = shop.born < until
    described = shop.described[known]
    present, visits, bought = _counts(shop, shop.day < until, known)
    start = np.zeros(described.shape[1] ** 2 + (described.shape[1] + 1) * len(described))
    given = (shop.tastes, described, present, visits, bought, match, own, shrink)
    found = minimize(loss, start, given, jac=True, method="L-BFGS-B", options=STOP)
    shared, each, liked = _unpacked(found.x, described, match, own)
    scores = np.full((len(shop.tastes), len(shop.born)), -np.inf)
    scores[:, known] = shop.tastes @ (shared @ described.T + each) + liked
    if match:
        scores[:, ~known] = shop.tastes @ shared @ shop.described[~known].T
    return scores


def loss(
    weights: np.ndarray,
    taste: np.ndarray,
    described: np.ndarray,
    present: np.ndarray,
    visits: np.ndarray,
    bought: np.ndarray,
    match: bool,
    own: bool,
    shrink: float,
) -> tuple[float, np.ndarray]:
    """The shrunken negative log likelihood of the counts `bought` (shoppers, items), and its gradient.

    `taste` is (shoppers, traits), `described` (items, traits). A choice is a set of items: `present` (choices, items)
    has a 1 for each of its items, `visits` (shoppers, choices) counts each shopper's purchases from it.
    """
    shared, each, liked = _unpacked(weights, described, match, own)
    score = taste @ (shared @ described.T + each)
    score += liked
    score -= score.max(axis=1, keepdims=True)
    likelihood = np.vdot(bought, score)
    appeal = np.exp(score, out=score)
    total = appeal @ present.T
    likelihood -= np.vdot(visits, np.log(total))
    appeal *= (visits / total) @ present
    appeal -= bought
    pull = taste.T @ appeal
    slope = np.concatenate([match * (pull @ described).ravel(), own * pull.ravel(), own * appeal.sum(axis=0)])
    return float(shrink / 2 * weights @ weights - likelihood), slope + shrink * weights


def _counts(shop: Shop, rows: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Items present in each choice, visits of each shopper to each choice, and what each shopper bought, as counts."""
    launches = np.unique(shop.born[known])
    choice = np.searchsorted(launches, shop.day[rows], side="right") - 1
    visits = np.zeros((len(shop.tastes), len(launches)))
    bought = np.zeros((len(shop.tastes), known.sum()))
    np.add.at(visits, (shop.shopper[rows], choice), 1)
    np.add.at(bought, (shop.shopper[rows], shop.item[rows]), 1)
    return (shop.born[known] <= launches[:, None]).astype(float), visits, bought


def _unpacked(
    weights: np.ndarray, described: np.ndarray, match: bool, own: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shared matrix, each item's weights and its popularity; 0 where a framing has none."""
    items, traits = described.shape
    shared, each, liked = np.split(weights, [traits**2, traits**2 + traits * items])
    return match * shared.reshape(traits, traits), own * each.reshape(traits, items), own * liked
