"""Simulated labels: annotators who are wrong anywhere or in one region, and rules of which one has been copied."""

import numpy as np

from mlsd_lib.datasets.card import DataError

KINDS = ("clean", "random", "systematic")
COPIED_SHARE = 0.9
"""On so many items a copy says what the copied rule says; elsewhere it says anything."""


def labels_given(
    features: np.ndarray, target: np.ndarray, kind: str, share: float, rng: np.random.Generator
) -> np.ndarray:
    """The labels that come back for `target` (0 or 1, shape (n,)), `share` of all n wrong in the way `kind`.

    "clean": none is wrong. "random": wrong anywhere. "systematic": the positives with the highest first column of
    `features`, shape (n, columns), are called negative. Raises `DataError` for any other kind.
    """
    if kind not in KINDS:
        raise DataError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}. Name one of these.")
    count = round(share * len(target))
    wrong = np.zeros(len(target), dtype=bool)
    if kind == "random":
        wrong[rng.choice(len(target), count, replace=False)] = True
    if kind == "systematic":
        positives = np.flatnonzero(target == 1)
        highest_first = positives[np.argsort(-features[positives, 0])]
        wrong[highest_first[:count]] = True
    return np.where(wrong, 1 - target, target)


def rules_with_copies(copies: int, rng: np.random.Generator, items: int = 4_000) -> "tuple[np.ndarray, np.ndarray]":
    """Votes (0 or 1) of nine independent rules and of `copies` of the worst, shape (items, 9 + copies), and the truth.

    The classes are equally large. The nine are right on 55 to 90 % of the items.
    """
    truth = rng.random(items) < 0.5
    accuracy = np.linspace(0.55, 0.9, 9)
    votes = (truth[:, None] == (rng.random((items, 9)) < accuracy)).astype(int)
    is_copied = rng.random((items, copies)) < COPIED_SHARE
    copied = np.where(is_copied, votes[:, [0]], rng.integers(0, 2, (items, copies)))
    return np.column_stack([votes, copied]), truth
