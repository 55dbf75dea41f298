"""Candidates compared row by row on the same data: means with intervals, and which of them chance may have ordered.

Rows of one customer, machine or session stand or fall together, so the bootstrap draws whole clusters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsd_lib.modeling.errors import ModelingError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval. `over`: what was drawn, such as "customers"; of other units it says nothing."""

    mean: float
    low: float
    high: float
    over: str = field(kw_only=True)

    def __str__(self) -> str:
        mean, low, high = (np.round(end) + 0.0 for end in (self.mean, self.low, self.high))  # no minus before a zero
        return f"{mean:,.0f} ({low:,.0f} to {high:,.0f} over {self.over})"


def clustered_interval(
    value: np.ndarray,
    cluster: np.ndarray,
    periods: float,
    rng: np.random.Generator,
    draws: int = 1_000,
    *,
    over: str,
    rows_given: bool = False,
) -> Interval:
    """The total of `value` a period, with a bootstrap interval over clusters.

    `value`: (n,), or the difference of two candidates for a paired comparison. `cluster`: (n,), what a row belongs
    to; `over`: what the clusters are, in words. `periods`: over how many the rows were collected, such as days.
    `rows_given`: how many rows come does not depend on the clusters, as other wordings bring no more questions.
    """
    total, rest = value.sum() / periods, value - value.mean() if rows_given else value
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=rest) / periods
    resampled = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), draws) @ sums
    ends = np.percentile(resampled, [2.5, 97.5]) + total - sums.sum()
    return Interval(float(total), *map(float, ends), over=over)


def clustered_gap(
    hit: np.ndarray, group: np.ndarray, cluster: np.ndarray, rng: np.random.Generator, draws: int = 1_000, *, over: str
) -> Interval:
    """By how much the share of `hit` is higher in `group` than outside it, with a bootstrap interval over clusters.

    All (n,): `hit` and `group` of bool, `cluster` what a row belongs to, in words `over`. A draw that leaves
    either side empty counts its share as 0.
    """
    number = np.unique(cluster, return_inverse=True)[1]
    parts = (hit & group, group, hit & ~group, ~group)
    sums = np.column_stack([np.bincount(number, weights=part) for part in parts])
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), draws)
    inside, size, outside, other = np.vstack([np.ones(len(sums)), drawn]).dot(sums).T
    gap = inside / np.maximum(size, 1) - outside / np.maximum(other, 1)
    return Interval(float(gap[0]), *map(float, np.percentile(gap[1:], [2.5, 97.5])), over=over)


def paired_comparison(
    values: Mapping[str, np.ndarray], cluster: np.ndarray, periods: float, rng: np.random.Generator, **drawn: Any
) -> "pd.DataFrame":
    """One row a candidate, the best last: `mean`, `low`, `high` a period, and whether it is `tied` with the best.

    `values`: for each candidate what each row brought, (n,), larger is better. Tied: the interval of the paired
    difference to the best reaches zero, so the distance may be chance. `drawn`: `over` and `rows_given` of
    `clustered_interval`.
    """
    intervals = {name: clustered_interval(value, cluster, periods, rng, **drawn) for name, value in values.items()}
    table = _ends(intervals).rename_axis("candidate").sort_values("mean", kind="stable")
    best = values[str(table.index[-1])]
    behind = [clustered_interval(best - values[str(name)], cluster, periods, rng, **drawn).low for name in table.index]
    return table.assign(tied=np.array(behind) <= 0)


def seen_and_true(
    seen: Mapping[str, np.ndarray],
    true: Mapping[str, np.ndarray],
    cluster: np.ndarray,
    periods: float,
    rng: np.random.Generator,
    **drawn: Any,
) -> "pd.DataFrame":
    """Candidates ordered by what is seen of them, beside the truth: `seen_eur`, `tied`, and `true_eur`, `true_low`,
    `true_high`, an interval over clusters. Only the first two may be used to choose; see `paired_comparison`.

    `seen`, `true`: for each candidate what each row brought, EUR, (n,); those without a truth get none.
    """
    found = _ends({name: clustered_interval(value, cluster, periods, rng, **drawn) for name, value in true.items()})
    judged = paired_comparison(seen, cluster, periods, rng, **drawn)[["mean", "tied"]]
    truth = found.rename(columns={"mean": "true_eur", "low": "true_low", "high": "true_high"})
    return judged.rename(columns={"mean": "seen_eur"}).join(truth)


def _ends(intervals: Mapping[str, Interval]) -> "pd.DataFrame":
    import pandas as pd

    ends = ["mean", "low", "high"]
    return pd.DataFrame({name: vars(one) for name, one in intervals.items()}, index=ends).T.astype(float)


def cheapest_tied(table: "pd.DataFrame", by_cost: Sequence[str], mean: str = "mean") -> str:
    """The first of `by_cost` that `table` calls `tied` with the best; where none is, the best of them by `mean`.

    `by_cost`: the candidates that may be released, from the cheapest to the most expensive to serve. Raises
    `ModelingError` if the table has none of them.
    """
    compared = [name for name in by_cost if name in table.index]
    if not compared:
        raise ModelingError(f"None of {list(by_cost)} was compared; the table has {list(table.index)}. Compare one.")
    tied = [name for name in compared if table.loc[name, "tied"]]
    return tied[0] if tied else str(table.loc[compared, mean].idxmax())
