"""Which items for whom, learned from who took what: the closed forms that come before any network, and NDCG.

Matrices are (households, items); a household may be a customer, a user or a session.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import pandas as pd

RIDGE = 300.0
"""The ridge of EASE for 4,000 households: on Online Retail II 100 and 1,000 are both worse."""
RIDGES = (30.0, 100.0, 300.0, 1_000.0)
"""Among these `best_ridge` chooses."""


def ridge_for(households: int) -> float:
    """The ridge of EASE for so many households: it grows with what there is to learn from."""
    return RIDGE * min(1.0, households / 4_000)


def counted(household: np.ndarray, place: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """How often each household took each item, `shape`, of 32 bits; both (n,), a place below 0 is left out."""
    known = place >= 0
    pairs = household[known].astype(np.int64) * shape[1] + place[known]
    return np.bincount(pairs, minlength=shape[0] * shape[1]).astype(np.float32).reshape(shape)


def baskets(household: np.ndarray, place: np.ndarray, items: int) -> sparse.csr_matrix:
    """Which households took which items, a sparse matrix of 0 and 1; its rows are the households in their order."""
    known = place >= 0
    row = np.unique(household[known], return_inverse=True)[1]
    pairs = np.unique(np.stack([row, place[known]]), axis=1)
    shape = (int(row.max(initial=-1)) + 1, items)
    return sparse.csr_matrix((np.ones(pairs.shape[1]), pairs), shape=shape)


def cosine(bought: sparse.csr_matrix) -> np.ndarray:
    """Cosine of the households that took each pair of items, (items, items), 0 on the diagonal."""
    together = (bought.T @ bought).toarray()
    length = np.sqrt(np.maximum(np.diag(together), 1))
    np.fill_diagonal(together, 0)
    return together / np.outer(length, length)


def ease(bought: sparse.csr_matrix, shrink: float) -> np.ndarray:
    """The weights (items, items) by which a household's items predict each other, 0 on the diagonal.

    `shrink`: the ridge. Source: H. Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019.
    """
    gram = (bought.T @ bought).toarray()
    gram[np.diag_indices(len(gram))] += shrink
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def closed_forms(learned: np.ndarray, known: np.ndarray, ridge: float | None = None) -> dict[str, np.ndarray]:
    """The scores of all items by four methods that need no iteration, by name.

    `learned`: counts of the households that the methods learn from; `known`: counts of those that are asked about.
    `ridge`: of EASE; by default `ridge_for` them.
    """
    bought, popular = sparse.csr_matrix((learned > 0).astype(float)), (learned > 0).sum(axis=0)
    owned = (known > 0).astype(float)
    weights: dict[str, Any] = {"item cosine": cosine(bought), "EASE": ease(bought, ridge or ridge_for(len(learned)))}
    scores = {"popularity": np.tile(popular, (len(known), 1)), "buy again": known + 1e-6 * popular}
    return scores | {name: owned @ weight for name, weight in weights.items()}


def ndcg(hit: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """NDCG of each list, (n,), NaN where nothing was wanted. `hit` (n, places): which places hold something wanted;
    `wanted` (n,): how many things were."""
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    ideal = np.concatenate([[np.nan], np.cumsum(discount)])[np.minimum(wanted, hit.shape[1])]
    return (hit * discount).sum(axis=1) / ideal


def ndcg_of(score: np.ndarray, wanted: np.ndarray, hidden: np.ndarray | None = None, places: int = 10) -> np.ndarray:
    """NDCG of each household's `places` items with the highest score, (households,); what is `hidden` is not ranked."""
    ranked = np.argsort(-(score if hidden is None else np.where(hidden, -np.inf, score)), axis=1, kind="stable")
    return ndcg(np.take_along_axis(wanted, ranked[:, :places], axis=1), wanted.sum(axis=1))


def best_ridge(judged: Callable[[float], Mapping[str, np.ndarray]]) -> float:
    """Of `RIDGES` the one with which EASE is best in what `judged` gives for it, NDCG by method.

    Let it judge within what is learned from, by the same kind of split as the one that the ridge is for.
    """
    return max(RIDGES, key=lambda ridge: float(judged(ridge)["EASE"].mean()))


def judged_by_time(
    purchases: "pd.DataFrame",
    cut: "pd.Timestamp",
    end: "pd.Timestamp | None" = None,
    only_new: bool = False,
    ridge: float | None = None,
) -> dict[str, np.ndarray]:
    """NDCG@10 of each closed form, a value a household, of what it takes from `cut` until before `end` by what came
    before `cut`; of items and households that were there before.

    `purchases`: `time`, `household_id`, `item`. `only_new`: what the household had taken is neither ranked nor counted,
    and taking it again is no method. `ridge`: see `closed_forms`. Popularity alone, and empty, where no household was
    there before and since.
    """
    time, columns = purchases["time"], ("household_id", "item")
    early = (time < cut).to_numpy()
    late = ~early if end is None else ~early & (time < end).to_numpy()
    axes = [np.unique(purchases[name][early]) for name in columns]
    there = np.logical_and(*(purchases[name].isin(axis).to_numpy() for name, axis in zip(columns, axes, strict=True)))
    shape = (len(axes[0]), len(axes[1]))
    household, item = (np.searchsorted(axis, purchases[name]) for name, axis in zip(columns, axes, strict=True))
    before, since = (counted(household[rows], item[rows], shape) for rows in (early, late & there))
    wanted = (since > 0) & ~((before > 0) & only_new)
    rows = np.flatnonzero(wanted.any(axis=1))
    if len(rows) == 0:
        return {"popularity": np.empty(0)}
    scores = closed_forms(before, before[rows], ridge)
    asked = [name for name in scores if not (only_new and name == "buy again")]
    hidden = (before[rows] > 0) & only_new
    return {name: ndcg_of(scores[name], wanted[rows], hidden) for name in asked}


def judged_by_household(
    purchases: "pd.DataFrame", rng: np.random.Generator, folds: int = 5, hide: bool = True
) -> dict[str, np.ndarray]:
    """NDCG@10 of each closed form, a value a household: learned from all but one part in `folds` of the households,
    judged on the others, of whose items, whatever their time, half are shown and half are to be found.

    What is shown is not ranked, so taking it again is no method, and EASE has the `best_ridge` of a split among the
    households learned from. Without `hide`, a mistake to be seen, methods spend places on items that cannot be right,
    and EASE has the ridge of a release. The methods learn from the future of the items as well.
    """
    household, item = (np.unique(purchases[name], return_inverse=True)[1] for name in ("household_id", "item"))
    whole = counted(household, item, (household.max() + 1, item.max() + 1))
    order = rng.permutation(len(whole))
    out, rest = order[: len(whole) // folds], whole[order[len(whole) // folds :]]
    if not hide:
        return _completed(rest, whole[out], rng, None, hide=False)
    inner, part = rng.spawn(1)[0], len(rest) // folds
    ridge = best_ridge(lambda weight: _completed(rest[part:], rest[:part], deepcopy(inner), weight))
    return _completed(rest, whole[out], rng, ridge)


def _completed(
    learned: np.ndarray, asked: np.ndarray, rng: np.random.Generator, ridge: float | None, hide: bool = True
) -> dict[str, np.ndarray]:
    """NDCG@10 of what `asked` households own, counts (households, items), by a half of it drawn at random."""
    shown = asked * (rng.random(asked.shape) < 0.5)
    wanted = (asked > 0) & (shown == 0)
    rows = np.flatnonzero(wanted.any(axis=1))
    scores = closed_forms(learned, shown[rows], ridge)
    ranked = {name: score for name, score in scores.items() if not (hide and name == "buy again")}
    hidden = (shown[rows] > 0) & hide
    return {name: ndcg_of(score, wanted[rows], hidden) for name, score in ranked.items()}
