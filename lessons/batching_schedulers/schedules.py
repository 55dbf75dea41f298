"""How many decode steps a scheduler takes, counted without a decoder.

`steps`: the steps that each request needs, in the order of arrival, all there from the beginning.
"""

import heapq
from collections.abc import Callable

import numpy as np

Shape = Callable[[np.random.Generator, int, float, float], np.ndarray]


def static_steps(steps: np.ndarray, slots: int) -> int:
    """Steps until all have ended, if `slots` of them begin together and wait for each other."""
    return sum(int(steps[first : first + slots].max()) for first in range(0, len(steps), slots))


def continuous_steps(steps: np.ndarray, slots: int) -> int:
    """Steps until all have ended, if each begins when the slot of another has become free."""
    free_at = [0] * slots
    for needed in steps:
        heapq.heapreplace(free_at, free_at[0] + int(needed))
    return max(free_at)


def gains_in_steps(
    shape: Shape, variation: float, slots: int, generators: list[np.random.Generator], requests: int, mean: float
) -> list[float]:
    """Static steps over continuous ones, for one set of `requests` lengths from each of the `generators`."""
    kinds = [shape(rng, requests, mean, variation) for rng in generators]
    return [static_steps(steps, slots) / continuous_steps(steps, slots) for steps in kinds]


def lognormal_lengths(rng: np.random.Generator, count: int, mean: float, variation: float) -> np.ndarray:
    """Lengths of at least 1 with this mean and coefficient of variation: many short ones and a long tail."""
    spread = np.sqrt(np.log1p(variation**2))
    return _whole(rng.lognormal(np.log(mean) - spread**2 / 2, spread, count))


def two_lengths(rng: np.random.Generator, count: int, mean: float, variation: float) -> np.ndarray:
    """Lengths of two kinds only: one in five is long, with this mean and coefficient of variation (0 to 2)."""
    long = rng.random(count) < 0.2
    return _whole(mean * np.where(long, 1 + 2 * variation, 1 - variation / 2))


def _whole(lengths: np.ndarray) -> np.ndarray:
    return np.maximum(np.rint(lengths), 1).astype(int)
