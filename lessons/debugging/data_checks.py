"""Cheap checks of a split, before any model: each compares the judging rows with the learning rows.

Sources: A. Karpathy, A Recipe for Training Neural Networks, 2019; S. Kaufman et al., Leakage in Data Mining, 2012.
"""

from typing import Any

import numpy as np

from lessons.debugging.findings import MOST_ROWS, Check, Measured, NotRun, Split

COPIES_BEYOND = 0.02
SHIFT, SHIFT_LEVEL = 0.2, 1e-4
TOO_CLOSE = 0.05
TELLS = 0.98
NEIGHBOURS, AGREE_BEYOND, AGREE_Z = 5, 0.1, 5.0


def finite(split: Split) -> Measured:
    """Values that are not finite, in inputs and targets of both sides."""
    tables = [*split.tables, *(target for target in split.targets if target.dtype.kind == "f")]
    count = sum(int((~np.isfinite(table)).sum()) for table in tables)
    return Measured(f"{count:,} values are missing or infinite", count > 0)


def copies(split: Split) -> Measured:
    """Judging rows that also are learning rows, beyond what learning rows are copies of each other."""
    train, valid = (_keys(table) for table in split.tables)
    _, member, counts = np.unique(train, return_inverse=True, return_counts=True)
    usual = float((counts[member] > 1).mean())
    found = float(np.isin(valid, train).mean())
    limit = usual + COPIES_BEYOND + 3 * np.sqrt(usual * (1 - usual) / len(valid))
    text = f"{found:.1%} of the judging rows are learning rows; {usual:.1%} of these have a twin among themselves"
    return Measured(text, found > limit)


def same_columns(split: Split) -> Measured:
    """The column whose distribution differs most between the sides, by Kolmogorov and Smirnov's distance."""
    from scipy.stats import ks_2samp

    train, valid = (_finite_columns(table) for table in _sampled(split))
    distance = np.array([_distance(a, b) for a, b in zip(train.T, valid.T, strict=True)])
    worst, far = int(distance.argmax()), np.flatnonzero(distance > SHIFT)
    chance = [ks_2samp(train[:, column], valid[:, column], method="asymp").pvalue for column in far]
    beyond = int((np.array(chance) < SHIFT_LEVEL / len(distance)).sum())
    return Measured(f"column {worst}: distance {distance[worst]:.2f}; {beyond} columns beyond", beyond > 0)


def scaled_alone(split: Split) -> Measured:
    """How far the judging columns' means lie from the learning columns', in the standard errors that chance gives."""
    train, valid = split.tables
    if min(len(train), len(valid)) < 50:
        raise NotRun(f"{len(valid)} judging rows are too few to tell")
    deviation = train.std(axis=0)
    varies = (deviation > 1e-9) & (valid.std(axis=0) > 1e-9)
    if varies.sum() < 5:
        raise NotRun("fewer than five columns vary")
    error = deviation[varies] * np.sqrt(1 / len(train) + 1 / len(valid))
    away = float(np.median(np.abs(train.mean(axis=0) - valid.mean(axis=0))[varies] / error))
    return Measured(f"the median column's mean lies {away:.2g} standard errors away", away < TOO_CLOSE)


def tells_all(split: Split) -> Measured:
    """The share of the best constant's error that one column alone takes away, for the column that takes most."""
    (train, valid), (known, truth) = _sampled(split), _sampled_targets(split)
    explained_share = _share_of_classes if split.has_classes else _share_of_variance
    shares = [explained_share(*_binned(a, b), known, truth) for a, b in zip(train.T, valid.T, strict=True)]
    best = int(np.argmax(shares))
    return Measured(f"column {best} alone takes away {shares[best]:.0%} of the error", shares[best] > TELLS)


def neighbours(split: Split) -> Measured:
    """How often a row's five nearest learning rows vote for its label, for learning rows and for judging rows."""
    from sklearn.neighbors import NearestNeighbors

    if not split.has_classes:
        raise NotRun("targets are not classes")
    (train, valid), (known, truth) = _sampled(split), _sampled_targets(split)
    deviation = train.std(axis=0)
    train, valid = (_finite_columns(side / np.where(deviation > 1e-9, deviation, 1)) for side in (train, valid))
    names, coded = np.unique(known, return_inverse=True)
    index = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(train)

    def agreement(voters: np.ndarray, labels: np.ndarray) -> float:
        votes = np.stack([(coded[voters] == code).sum(axis=1) for code in range(len(names))])
        return float((names[votes.argmax(axis=0)] == labels).mean())

    own = agreement(index.kneighbors(return_distance=False), known)  # without the row itself
    other = agreement(index.kneighbors(valid, return_distance=False), truth)
    pooled = (own * len(train) + other * len(valid)) / (len(train) + len(valid))
    error = np.sqrt(max(pooled * (1 - pooled), 1e-9) * (1 / len(train) + 1 / len(valid)))
    differ = abs(own - other)
    text = f"neighbours agree with {own:.0%} of the learning labels, {other:.0%} of the judging labels"
    return Measured(text, differ > AGREE_BEYOND and differ > AGREE_Z * error)


def groups_apart(split: Split) -> Measured:
    """Judging rows whose group has learning rows."""
    if split.train_groups is None:
        raise NotRun("no groups were given")
    shared = np.isin(np.asarray(split.valid_groups), np.asarray(split.train_groups))
    return Measured(
        f"{shared.mean():.1%} of the judging rows belong to a group that was learned from", bool(shared.any())
    )


def times_in_order(split: Split) -> Measured:
    """Learning rows that are not older than the first judging row."""
    if split.train_times is None:
        raise NotRun("no times were given")
    late = np.asarray(split.train_times) >= np.asarray(split.valid_times).min()
    return Measured(
        f"{late.mean():.1%} of the learning rows are not older than the first judging row", bool(late.any())
    )


CHECKS = (
    Check("finite", "every number is finite", "Find the rows; say what a gap means before a model sees it.", finite),
    Check(
        "copies",
        f"judging rows copy learning rows at most {COPIES_BEYOND:.0%} more often than learning rows copy each other",
        "Remove duplicates before the split, and copy or resample rows after it.",
        copies,
    ),
    Check(
        "same columns",
        f"no column differs by a distance of {SHIFT} (Kolmogorov and Smirnov, p < {SHIFT_LEVEL} over all columns)",
        "Prepare both sides by one fitted function; if the world changed, judge on what the service will meet.",
        same_columns,
    ),
    Check(
        "scaled alone",
        f"the sides differ as chance makes them: the median column by more than {TOO_CLOSE} standard errors",
        "Fit the scaler to the learning rows alone and apply it to the others: a service cannot scale by its future.",
        scaled_alone,
    ),
    Check(
        "tells all",
        f"no column alone takes away more than {TELLS:.0%} of the best constant's error",
        "Ask when this column is written. If after the answer, remove it.",
        tells_all,
    ),
    Check(
        "neighbours",
        f"labels agree with their neighbours alike on both sides, within {AGREE_BEYOND} or {AGREE_Z:g} standard errors",
        "Look at fifty rows with their labels by eye, on both sides; look for a shift of rows against labels.",
        neighbours,
    ),
    Check(
        "groups apart",
        "no group has rows on both sides",
        "Split by group (GroupKFold), if the service will meet new groups.",
        groups_apart,
    ),
    Check(
        "times in order",
        "every learning row is older than every judging row",
        "Split by time, and leave out rows whose label was not yet known at the cut.",
        times_in_order,
    ),
)  # fmt: skip


def _keys(table: np.ndarray) -> np.ndarray:
    """One number a row, equal for equal rows."""
    return np.array([hash(row.tobytes()) for row in np.ascontiguousarray(table) + 0.0])


def _sample(rows: int) -> Any:
    return np.arange(rows) if rows <= MOST_ROWS else np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False)


def _sampled(split: Split) -> list[np.ndarray]:
    return [table[_sample(len(table))] for table in split.tables]


def _sampled_targets(split: Split) -> list[np.ndarray]:
    return [target[_sample(len(target))] for target in split.targets]


def _finite_columns(table: np.ndarray) -> np.ndarray:
    return np.nan_to_num(table)


def _distance(train: np.ndarray, valid: np.ndarray) -> float:
    """Kolmogorov and Smirnov's: the largest difference between two shares of values that are at most so large."""
    values = np.concatenate([train, valid])
    below = [np.searchsorted(np.sort(side), values, side="right") / len(side) for side in (train, valid)]
    return float(np.abs(below[0] - below[1]).max())


def _binned(train: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A column's values as bins that the learning rows define: each value where there are few, else quantiles."""
    edges = np.unique(train)
    if len(edges) > 256:
        edges = np.unique(np.quantile(train, np.linspace(0, 1, 65)))
    return np.searchsorted(edges, train), np.searchsorted(edges, valid)


def _share_of_classes(train: np.ndarray, valid: np.ndarray, known: np.ndarray, truth: np.ndarray) -> float:
    names, coded = np.unique(known, return_inverse=True)
    counts = np.zeros((max(train.max(), valid.max()) + 1, len(names)))
    np.add.at(counts, (train, coded), 1)
    common = names[np.bincount(coded).argmax()]
    said = np.where(counts.sum(axis=1)[valid] > 0, names[counts.argmax(axis=1)][valid], common)
    constant = (truth != common).mean()
    return float(1 - (said != truth).mean() / constant) if constant else 0.0


def _share_of_variance(train: np.ndarray, valid: np.ndarray, known: np.ndarray, truth: np.ndarray) -> float:
    bins = max(train.max(), valid.max()) + 1
    count, total = np.bincount(train, minlength=bins), np.bincount(train, known, minlength=bins)
    said = np.where(count > 0, total / np.maximum(count, 1), known.mean())[valid]
    constant = ((truth - known.mean()) ** 2).mean()
    return float(1 - ((truth - said) ** 2).mean() / constant) if constant else 0.0
