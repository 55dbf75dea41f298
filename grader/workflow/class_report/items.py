"""Each item of an exercise by classical test theory: how difficult it is, how well it tells students apart.

Crocker and Algina, Introduction to Classical and Modern Test Theory, chapter 14.
"""

from dataclasses import dataclass

import numpy as np

from grader.workflow.class_report.results import ClassResults, Item

FEWEST = 10  # students below whom no correlation is shown
RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class ItemStatistics:
    """One item over the `n` students in whom it is marked.

    `share` is the mean share of its points; `discrimination` the correlation of its points with those of all other
    items, `interval` its 95% interval; None for fewer than `FEWEST` students or where one side does not vary.
    """

    item: Item
    n: int
    share: float | None
    discrimination: float | None = None
    interval: tuple[float, float] | None = None


def item_statistics(results: ClassResults) -> list[ItemStatistics]:
    """The statistics of every item, in the notebook's order."""
    marks = {
        item.key: np.array([submission.marks.get(item.key) for submission in results.submissions], float)
        for item in results.items
    }
    return [_one(item, marks) for item in results.items if item.maximum > 0]


def _one(item: Item, marks: dict[str, np.ndarray]) -> ItemStatistics:
    own = marks[item.key]
    there = ~np.isnan(own)
    n = int(there.sum())
    if not n:
        return ItemStatistics(item, 0, None)
    share = float(own[there].mean() / item.maximum)
    others = [points[there] for key, points in marks.items() if key != item.key and not np.isnan(points[there]).any()]
    rest = np.sum(others, axis=0) if others else np.zeros(n)
    if n < FEWEST or np.ptp(own[there]) == 0 or np.ptp(rest) == 0:
        return ItemStatistics(item, n, share)
    chosen = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
    drawn = correlation(own[there][chosen], rest[chosen])
    tail = 50 * (1 - LEVEL)
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return ItemStatistics(item, n, share, float(correlation(own[there], rest)), (float(low), float(high)))


def correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson's correlation along the last axis; nan where one side does not vary."""
    first, second = (side - side.mean(axis=-1, keepdims=True) for side in (first, second))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = (first * second).sum(-1) / np.sqrt((first**2).sum(-1) * (second**2).sum(-1))
    return found
