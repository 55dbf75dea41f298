"""People who work off a queue, in virtual time: what each piece of work waits for, and the service level."""

import heapq
from collections.abc import Sequence

import numpy as np

from mlsd_lib.simulation.errors import SimulationError


def work_queue(
    arrived_hour: np.ndarray, urgency: np.ndarray, per_hour: float, until_hour: float = np.inf
) -> np.ndarray:
    """When each piece is done, in hours, (n,); infinite for what still waits at `until_hour`.

    `arrived_hour`, (n,): in order. Whoever is free takes the most urgent of what has arrived, of equals the oldest:
    with one urgency for all, first come is first served. Raises `SimulationError` for arrivals out of order.
    """
    if (np.diff(arrived_hour) < 0).any():
        row = int(np.argmax(np.diff(arrived_hour) < 0)) + 1
        raise SimulationError(
            f"arrived_hour[{row}] is {arrived_hour[row]:g}, before the one ahead of it, {arrived_hour[row - 1]:g}; "
            "arrivals stand in order of time. Sort them first."
        )
    waiting: list[tuple[float, int]] = []
    done, clock, following = np.full(len(arrived_hour), np.inf), 0.0, 0
    while following < len(arrived_hour) or waiting:
        if not waiting:
            clock = max(clock, float(arrived_hour[following]))
        while following < len(arrived_hour) and arrived_hour[following] <= clock:
            heapq.heappush(waiting, (-float(urgency[following]), following))
            following += 1
        clock += 1 / per_hour
        if clock > until_hour:
            break
        done[heapq.heappop(waiting)[1]] = clock
    return done


def within(waited_hours: Sequence[float] | np.ndarray, hours: float = 2.0) -> float:
    """The service level: the share of the work that was done within `hours`; 1 where there was none."""
    return float((np.asarray(waited_hours) <= hours).mean()) if len(waited_hours) else 1.0
