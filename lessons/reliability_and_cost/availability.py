"""For how long nothing is up: parts that fail and are repaired, copies that share some of their failures."""

import numpy as np

from mlsd_lib.simulation.errors import SimulationError

MINUTES_A_YEAR = 365 * 1_440


def down_share(
    rng: np.random.Generator, availability: float, repair_min: float, years: int, copies: int = 1, common: float = 0.0
) -> float:
    """The share of some years in which none of `copies` of a part is up, by living through them.

    A part fails after exponential times, so that alone it is up for the share `availability`, and takes exponential
    times of mean `repair_min` minutes to be repaired. The share `common` of its failures hits all copies at once.
    Raises `SimulationError` for shares outside of 0 to 1.
    """
    if not (0 < availability < 1 and 0 <= common <= 1):
        raise SimulationError(
            f"availability is {availability}, common {common}; the first is between 0 and 1, the second from 0 to 1."
        )
    rate, minutes = (1 - availability) / availability / repair_min, years * MINUTES_A_YEAR
    together = _outages(rng, common * rate, repair_min, minutes)
    own = [_outages(rng, (1 - common) * rate, repair_min, minutes) for _ in range(copies)]
    times, steps = [], []
    for alone in own:
        start, end = _merged(np.concatenate([together, alone]))
        times += [start, end]
        steps += [np.ones(len(start)), -np.ones(len(end))]
    moment = np.concatenate(times)
    order = np.argsort(moment, kind="stable")
    down = np.cumsum(np.concatenate(steps)[order])[:-1] == copies
    return float(np.diff(moment[order])[down].sum() / minutes)


def _outages(rng: np.random.Generator, rate: float, repair_min: float, minutes: float) -> np.ndarray:
    """When a thing that fails `rate` times in a minute of being up is down, (n, 2): from and to, minutes, in order."""
    if rate == 0:
        return np.zeros((0, 2))
    n = int(minutes * rate + 10 * np.sqrt(minutes * rate) + 20)  # more than needed: repairs take time too
    up, repair = rng.exponential(1 / rate, n), rng.exponential(repair_min, n)
    end = np.cumsum(up + repair)
    spans = np.column_stack([end - repair, end])
    return np.minimum(spans[spans[:, 0] < minutes], minutes)


def _merged(spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the spans' union, in order: spans that overlap become one."""
    spans = spans[np.argsort(spans[:, 0])]
    end = np.maximum.accumulate(spans[:, 1])
    first = np.concatenate([[True], spans[1:, 0] > end[:-1]])
    last = np.concatenate([first[1:], [True]])
    return spans[first, 0], end[last]
