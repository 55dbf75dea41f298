"""Fair timing on a noisy machine: the ratio of two pieces of work, pair by pair."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlsd_lib.lesson.reader import LessonError


@dataclass(frozen=True)
class PairedRatio:
    """How many times longer `numerator` took than `denominator`.

    `median` of the pair ratios; `low`, `high`: a 95 % interval for it from order statistics; `ratios`: shape (pairs,);
    `numerator_s`, `denominator_s`: median seconds of one call.
    """

    median: float
    low: float
    high: float
    ratios: np.ndarray
    numerator_s: float
    denominator_s: float

    def __str__(self) -> str:
        return f"{self.median:,.3g} times (95 % interval {self.low:,.3g} to {self.high:,.3g}, {len(self.ratios)} pairs)"


def paired_ratio(
    numerator: Callable[[], object],
    denominator: Callable[[], object],
    pairs: int = 31,
    clock: Callable[[], float] = time.perf_counter,
) -> PairedRatio:
    """The time of `numerator` divided by that of `denominator`, as the median over interleaved pairs.

    The two are called in alternating order, so that a disturbance meets both, after one call of each that is not
    counted. Give units of at least some milliseconds, or `clock=time.process_time` for CPU time.

    Raises `LessonError` for fewer than 6 pairs (no 95 % interval exists) and where the clock did not move.
    """
    if pairs < 6:
        raise LessonError(f"pairs is {pairs}; a 95 % interval of the median needs at least 6. Ask for 31.")
    numerator(), denominator()
    seconds = np.empty((pairs, 2))
    for i in range(pairs):
        for column in (0, 1) if i % 2 else (1, 0):
            started = clock()
            (numerator if column == 0 else denominator)()
            seconds[i, column] = clock() - started
    if (seconds <= 0).any():
        raise LessonError("The clock did not move during a call: the work is too short. Repeat it inside the function.")
    ratios = seconds[:, 0] / seconds[:, 1]
    low, high = median_interval(ratios)
    return PairedRatio(float(np.median(ratios)), low, high, ratios, *map(float, np.median(seconds, axis=0)))


def median_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """A distribution-free interval for the median of `values`, shape (n,), from order statistics.

    Source: W. J. Conover, Practical Nonparametric Statistics, 3rd edition (1999), section 3.2.
    """
    from scipy.special import bdtr  # the binomial distribution; scipy.stats takes half a second to import

    ordered = np.sort(values)
    below = bdtr(np.arange(len(ordered)), len(ordered), 0.5)
    rank = max(int(np.searchsorted(below, (1 - confidence) / 2)), 1)
    return float(ordered[rank - 1]), float(ordered[len(ordered) - rank])


def quickest_s(
    work: Callable[[], object], at_least_s: float = 0.05, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds of the quickest of repeated calls of `work`, at least five of them and `at_least_s` seconds by `clock`.

    Disturbances only add time, so the minimum says what the machine can do when it is left alone: right for a ceiling,
    wrong for the latency that a user sees. One call before them is not counted.
    """
    work()
    taken_s: list[float] = []
    ends = clock() + at_least_s
    while len(taken_s) < 5 or clock() < ends:
        started = clock()
        work()
        taken_s.append(clock() - started)
    return min(taken_s)
