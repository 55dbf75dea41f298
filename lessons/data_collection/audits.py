"""A total estimated from a sample drawn with known chances.

M. H. Hansen and W. N. Hurwitz, Annals of Mathematical Statistics 14(4), 1943 (draws with replacement); D. G. Horvitz
and D. J. Thompson, Journal of the American Statistical Association 47, 1952.
"""

from collections.abc import Sequence

import numpy as np


def audited_totals(
    losses: np.ndarray, weight: np.ndarray, size: int, repeats: int, rng: np.random.Generator
) -> np.ndarray:
    """Estimates of the sum of `losses` from `repeats` audits of `size` draws in proportion to `weight`, replaced.

    `losses` and `weight`: (n,). Each drawn loss is divided by its chance.
    """
    chance = weight / weight.sum()
    drawn = rng.choice(len(losses), (repeats, size), p=chance)
    return (losses[drawn] / chance[drawn]).mean(axis=1)


def stratified_totals(
    losses: np.ndarray,
    key: np.ndarray,
    size: int,
    repeats: int,
    rng: np.random.Generator,
    quantiles: Sequence[float] = (0.5, 0.9, 0.98),
) -> np.ndarray:
    """The same, with equally many draws from each stratum; the strata are cut at the `quantiles` of `key`."""
    stratum = np.digitize(key, np.quantile(key, quantiles))
    rows = [np.flatnonzero(stratum == number) for number in range(len(quantiles) + 1)]
    drawn = [rng.choice(members, (repeats, size // len(rows))) for members in rows]
    totals = [len(members) * losses[draws].mean(axis=1) for members, draws in zip(rows, drawn, strict=True)]
    return np.asarray(sum(totals))
