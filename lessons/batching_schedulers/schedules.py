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


def longest_over_mean(steps: np.ndarray, slots: int) -> float:
    """The mean of the longest of `slots` requests that come one after the other, over the mean of all."""
    return static_steps(steps, slots) * slots / float(steps.sum())


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


def two_lengths(
    rng: np.random.Generator, count: int, mean: float, variation: float, long_share: float = 0.2
) -> np.ndarray:
    """Lengths of two kinds only, of which `long_share` are long, with this mean and coefficient of variation.

    The variation is at most the root of (1 - long_share) / long_share.
    """
    odds = np.sqrt((1 - long_share) / long_share)
    long = rng.random(count) < long_share
    return _whole(mean * np.where(long, 1 + variation * odds, 1 - variation / odds))


def _whole(lengths: np.ndarray) -> np.ndarray:
    return np.maximum(np.rint(lengths), 1).astype(int)
