"""Five leaks, each met on a world of its own in which the truth can be measured.

Each function draws a table and returns three AUCs: validated with the leak, validated with the same step inside the
validation, and measured on a thousand fresh rows, which is what both estimate.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn import config_context
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

FRESH = 1_000
Aucs = tuple[float, float, float]


def folds() -> StratifiedKFold:
    """Five folds, the same rows in each run."""
    return StratifiedKFold(5, shuffle=True, random_state=0)


def validated(model: Any, table: np.ndarray, truth: np.ndarray, splitter: Any = None, groups: Any = None) -> float:
    """Mean AUC of `model` over the folds of `splitter`, else of `folds`."""
    splitter = folds() if splitter is None else splitter
    aucs = [
        on_others(model, table[learn], truth[learn], table[judge], truth[judge])
        for learn, judge in splitter.split(table, truth, groups)
    ]
    return float(np.mean(aucs))


def linear() -> LogisticRegression:
    """An unfitted logistic regression, by the solver that is quickest on few rows and columns."""
    return LogisticRegression(solver="newton-cholesky")


def on_others(model: Any, table: np.ndarray, truth: np.ndarray, other: np.ndarray, other_truth: np.ndarray) -> float:
    """AUC on other rows of `model`, fitted to `table`. Checks of each input would take longer than these fits."""
    with config_context(assume_finite=True, skip_parameter_validation=True):
        return auc(other_truth, model.fit(table, truth).predict_proba(other)[:, 1])


def auc(truth: np.ndarray, score: Any) -> float:
    """AUC as Mann and Whitney's U gives it, from ranks; scikit-learn's takes longer than these fits."""
    truth, rank = np.asarray(truth, dtype=bool), rankdata(score)
    true_count = truth.sum()
    pairs_won = rank[truth].sum() - true_count * (true_count + 1) / 2
    return float(pairs_won / (true_count * (len(truth) - true_count)))


def noise(rng: np.random.Generator, rows: int, columns: int = 2_000) -> tuple[np.ndarray, np.ndarray]:
    """A table of noise, and labels that have nothing to do with it, half of them positive."""
    return rng.normal(size=(rows, columns)), rng.permutation(rows) % 2


def columns_chosen_first(rng: np.random.Generator) -> Aucs:
    """Choosing 20 of 2,000 columns on all 100 rows, then validating. Everything is noise."""
    table, truth = noise(rng, 100)
    chosen = SelectKBest(k=20).fit_transform(table, truth)
    inside = make_pipeline(SelectKBest(k=20), linear())
    fresh = on_others(inside, table, truth, *noise(rng, FRESH))
    return validated(linear(), chosen, truth), validated(inside, table, truth), fresh


def mean_labels(names: np.ndarray, truth: np.ndarray, asked: np.ndarray) -> pd.Series:
    """For each of the names `asked` the mean label of its rows in `names`; the overall mean for a new one."""
    return pd.Series(asked).map(pd.Series(truth).groupby(names).mean()).fillna(truth.mean())


def names_by_mean_label(rng: np.random.Generator, rows: int = 600, levels: int = 150) -> Aucs:
    """Replacing a name by the mean label of its rows, the row's own among them. The name says nothing."""
    names, fresh = rng.integers(0, levels, rows), rng.integers(0, levels, FRESH)
    truth, fresh_truth = rng.permutation(rows) % 2, rng.permutation(FRESH) % 2
    inside = [
        auc(truth[judge], mean_labels(names[learn], truth[learn], names[judge]))
        for learn, judge in folds().split(names, truth)
    ]
    leaky = auc(truth, mean_labels(names, truth, names))
    return leaky, float(np.mean(inside)), auc(fresh_truth, mean_labels(names, truth, fresh))


def humming_machines(
    rng: np.random.Generator, machines: int, rows: int = 30
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Readings of machines that each hum in their own way; the faulty half also shakes a little. Whose is the third."""
    machine = np.repeat(np.arange(machines), rows)
    faulty = (rng.permutation(machines) % 2)[machine]
    hum = rng.normal(size=(machines, 8))
    readings = hum[machine] + 0.3 * rng.normal(size=(len(machine), 8))
    readings[:, 0] += faulty
    return readings, faulty, machine


def machines_on_both_sides(rng: np.random.Generator) -> Aucs:
    """Splitting rows, where the model will meet new machines."""
    table, truth, machine = humming_machines(rng, 40)
    fresh, fresh_truth, _ = humming_machines(rng, 100)
    model = KNeighborsClassifier(15, algorithm="brute")  # of few rows: half the time of a tree
    by_machine = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    leaky, inside = validated(model, table, truth), validated(model, table, truth, by_machine, machine)
    return leaky, inside, on_others(model, table, truth, fresh, fresh_truth)


def shifted(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """One row in ten is positive, and a little higher in the first of six columns."""
    truth = rng.permutation(rows) % 10 == 0
    return rng.normal(size=(rows, 6)) + truth[:, None] * np.eye(6)[0], truth


def copied(table: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same rows, with each positive nine times, so that both classes are equally frequent."""
    rows = np.concatenate([np.flatnonzero(~truth), np.repeat(np.flatnonzero(truth), 9)])
    return table[rows], truth[rows]


def rare_rows_copied_first(rng: np.random.Generator) -> Aucs:
    """Copying the rare rows before the split: a copy to learn from, a copy to be judged on."""
    (table, truth), (fresh, fresh_truth) = shifted(rng, 500), shifted(rng, FRESH)
    model = DecisionTreeClassifier(random_state=0)
    inside = [
        on_others(model, *copied(table[learn], truth[learn]), table[judge], truth[judge])
        for learn, judge in folds().split(table, truth)
    ]
    leaky = validated(model, *copied(table, truth))
    return leaky, float(np.mean(inside)), on_others(model, *copied(table, truth), fresh, fresh_truth)


def scaled_with_all_rows(rng: np.random.Generator, rows: int = 200) -> Aucs:
    """Scaling with the mean and deviation of all rows. Half of the columns have heavy tails."""
    (table, truth), (fresh, fresh_truth) = shifted(rng, rows), shifted(rng, FRESH)
    table[:, 3:], fresh[:, 3:] = table[:, 3:] ** 3, fresh[:, 3:] ** 3
    inside = make_pipeline(StandardScaler(), linear())
    leaky = validated(linear(), StandardScaler().fit_transform(table), truth)
    return leaky, validated(inside, table, truth), on_others(inside, table, truth, fresh, fresh_truth)


LEAKS: dict[str, Callable[[np.random.Generator], Aucs]] = {
    "columns chosen on all rows": columns_chosen_first,
    "names replaced by mean labels": names_by_mean_label,
    "a machine's rows on both sides": machines_on_both_sides,
    "rare rows copied before the split": rare_rows_copied_first,
    "scaled with all rows": scaled_with_all_rows,
}
