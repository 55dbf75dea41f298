"""Intervals that keep a stated promise about what comes new: a row of a machine, customer or session never seen."""

from typing import TYPE_CHECKING

import numpy as np

from mlsd_lib.modeling.errors import ModelingError

if TYPE_CHECKING:
    import pandas as pd


def conformal_margin(
    error: np.ndarray, group: np.ndarray, rng: np.random.Generator, coverage: float = 0.9, draws: int = 50
) -> float:
    """The half-width of split-conformal intervals, from absolute errors on held-out groups, (n,) each.

    Rows of a group are not exchangeable, groups are: one row is drawn from each, and the ceil((groups + 1) coverage)-th
    smallest error covers a row drawn from a new group at least so often (H. Papadopoulos and others, Inductive
    Confidence Machines for Regression, 2002; by groups: R. Dunn, L. Wasserman and A. Ramdas, JASA 2022). That is exact
    for one draw. The mean over `draws` depends less on luck and keeps the promise approximately. Raises `ModelingError`
    for too few groups.
    """
    _, code, size = np.unique(group, return_inverse=True, return_counts=True)
    rank = int(np.ceil((len(size) + 1) * coverage - 1e-9))
    if rank > len(size):
        needed = int(np.ceil(coverage / (1 - coverage) - 1e-9))
        raise ModelingError(
            f"{len(size)} groups cannot show a coverage of {coverage}; that takes {needed}. Hold out more."
        )
    start, by_group = np.cumsum(size) - size, np.asarray(error)[np.argsort(code, kind="stable")]
    drawn = by_group[start + (rng.random((draws, len(size))) * size).astype(int)]
    return float(np.sort(drawn, axis=1)[:, rank - 1].mean())


def coverage_by_group(
    error: np.ndarray, group: np.ndarray, rng: np.random.Generator, coverage: float = 0.9
) -> "pd.DataFrame":
    """Half of the groups set the margin; of each other group the share of `covered` rows.

    Indexed by group, with `one_row`: whether one row drawn from it is covered, which is what the margin promises for
    `coverage` of the groups; `margin` is in the table's `attrs`. `error` and `group`: (n,).
    """
    import pandas as pd

    sets = np.isin(group, rng.permutation(np.unique(group))[: len(np.unique(group)) // 2])
    margin = conformal_margin(error[sets], group[sets], rng, coverage)
    by_group = pd.Series(error[~sets] <= margin).groupby(group[~sets])
    table = pd.DataFrame({"covered": by_group.mean(), "one_row": by_group.sample(1, random_state=rng).to_numpy()})
    table.attrs["margin"] = margin
    return table
