"""What ten times the data costs: the CPU time of a large job against that of small ones, in the same run."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ROUNDS = 3
SMALL = 4  # small jobs before the large one, and after it
FAR_ABOVE = 2  # CPU time of an answer that is quick enough is not disturbed by so much


@dataclass(frozen=True)
class Growth:
    """How many times a small job's CPU time the large one took (the best of the rounds), and whether all answers were
    right."""

    ratio: float
    right: bool


def measure_growth(timed: Callable[[int], tuple[float, bool]], rows: int, times: int, enough: float) -> Growth:
    """The growth from `rows` to `times` as many. `timed` gives a job's CPU seconds, and whether it was right.

    Another round is made while the ratio is above `enough` but not far, up to three.
    """
    best = Growth(np.inf, True)
    for _ in range(ROUNDS):
        latest = _round(timed, rows, times)
        best = min(best, latest, key=lambda growth: growth.ratio) if latest.right else latest
        if best.ratio <= enough or best.ratio > FAR_ABOVE * enough or not best.right:
            break
    return best


def _round(timed: Callable[[int], tuple[float, bool]], rows: int, times: int) -> Growth:
    """The large job against the mean of small ones before and after it, which take about as long together.

    The quickest of the small ones would be one that nothing disturbed; a busy machine always disturbs a long job.
    """
    jobs = [timed(number) for number in [rows] * SMALL + [rows * times] + [rows] * SMALL]
    (large_s, _), small_s = jobs[SMALL], [spent_s for spent_s, _ in jobs[:SMALL] + jobs[SMALL + 1 :]]
    return Growth(float(large_s / np.mean(small_s)), all(right for _, right in jobs))
