"""People who work off a queue, in virtual time: when each piece of work is done."""

import heapq

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
