"""When requests arrive: a constant rate, the cycle of a day, a flash crowd, and requests that draw further requests.

Each function gives sorted times in seconds, (n,) of float64, from 0 until before `seconds`.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from mlsd_lib.simulation.errors import SimulationError

DAY_S = 86_400.0


def constant(rng: np.random.Generator, rate: float, seconds: float) -> np.ndarray:
    """A Poisson process of `rate` a second."""
    return varying(rng, [0.0, seconds], [rate, rate])


def varying(rng: np.random.Generator, times: ArrayLike, rates: ArrayLike) -> np.ndarray:
    """A Poisson process whose rate is `rates` at `times`, (k,) each, and a straight line between them.

    The number is drawn, then each time through the inverse of the rate's integral, which is exact. `times` may repeat
    for a jump. Raises `SimulationError` for times that do not rise from 0 and for a negative rate.
    """
    t, rate = np.asarray(times, dtype=float), np.asarray(rates, dtype=float)
    if t.ndim != 1 or t.shape != rate.shape or len(t) < 2 or t[0] != 0 or (np.diff(t) < 0).any() or t[-1] <= 0:
        raise SimulationError(
            f"The times of a trace are {t.tolist()[:5]} with {rate.size} rates; they must rise from 0, as many as "
            "there are rates. Give both in order of time."
        )
    if (rate < 0).any() or not np.isfinite(rate).all():
        raise SimulationError(f"A rate of a trace is {rate.min():g}; requests a second cannot be negative. Correct it.")
    area = np.diff(t) * (rate[1:] + rate[:-1]) / 2
    below = np.concatenate([[0.0], np.cumsum(area)])
    drawn = np.sort(rng.uniform(0, below[-1], rng.poisson(below[-1])))
    piece = np.clip(np.searchsorted(below, drawn, side="right") - 1, 0, len(area) - 1)
    left, start = drawn - below[piece], rate[piece]
    length = t[piece + 1] - t[piece]  # above 0: only a piece with an area is drawn
    slope = (rate[piece + 1] - start) / length
    # The time x after the start of a piece at which start * x + slope * x^2 / 2 reaches `left`, without cancellation.
    root = np.sqrt(np.maximum(start**2 + 2 * slope * left, 0))
    after = np.divide(2 * left, start + root, out=np.zeros_like(left), where=start + root > 0)
    return np.minimum(t[piece] + after, np.nextafter(t[piece + 1], 0))


def daily_cycle(
    rng: np.random.Generator, rate: float, seconds: float = DAY_S, swing: float = 0.6, day_s: float = DAY_S
) -> np.ndarray:
    """A rate around `rate` that is lowest at the start of a day and highest, 1 + `swing` times, half a day later."""
    times = np.linspace(0, seconds, max(2, int(np.ceil(seconds / day_s * 96)) + 1))
    return varying(rng, times, rate * (1 - swing * np.cos(2 * np.pi * times / day_s)))


def flash_crowd(
    rng: np.random.Generator, rate: float, seconds: float, at: float, lasts: float, times: float
) -> np.ndarray:
    """A constant rate, `times` as high during `lasts` seconds from `at` on."""
    end = min(at + lasts, seconds)
    knots = [0.0, at, at, end, end, seconds]
    return varying(rng, knots, [rate, rate, times * rate, times * rate, rate, rate])


def self_exciting(
    rng: np.random.Generator, rate: float, seconds: float, branching: float = 0.6, decay_s: float = 5.0
) -> np.ndarray:
    """Requests of which each draws `branching` others on average, exponentially later by `decay_s` in the mean.

    A Hawkes process, drawn by generations; `rate` is the mean of the whole once it has run for a while: of it the share
    1 - `branching` comes by itself. Raises `SimulationError` for a branching of 1 or more, which would not end.
    """
    if not 0 <= branching < 1:
        raise SimulationError(f"branching is {branching}; it must be from 0 to below 1, or the crowd never ends.")
    generation = constant(rng, rate * (1 - branching), seconds)
    found = [generation]
    while len(generation):
        children = np.repeat(generation, rng.poisson(branching, len(generation)))
        generation = children + rng.exponential(decay_s, len(children))
        generation = generation[generation < seconds]
        found.append(generation)
    return np.sort(np.concatenate(found))


def zipf_keys(rng: np.random.Generator, requests: int, items: int, exponent: float = 1.0) -> np.ndarray:
    """Which item each request asks for, (requests,) of int64 from 0; the share of item k falls as (k + 1)^-exponent."""
    drawn = rng.random(requests)
    order = np.argsort(drawn)  # neighbours are looked up in half the time
    keys = np.empty(requests, dtype=np.int64)
    keys[order] = np.searchsorted(_zipf_edges(items, exponent), drawn[order], side="right")
    return np.minimum(keys, items - 1)


@lru_cache(maxsize=8)
def _zipf_edges(items: int, exponent: float) -> np.ndarray:
    """The cumulated shares of the items, (items,)."""
    weight = np.arange(1, items + 1, dtype=float) ** -exponent
    return np.cumsum(weight / weight.sum())
