"""One queue, first come first served: millions of requests a second of computing, with the same answers as the events.

Compiled by numba at the first call of a machine, which takes some seconds; later processes find the result on disk.
"""

from dataclasses import dataclass

import numba
import numpy as np

from mlsd_lib.simulation.errors import SimulationError


@dataclass(frozen=True)
class Waits:
    """Of each request, (n,): when it `arrived`, `started` and `left`, in seconds."""

    arrived: np.ndarray
    started: np.ndarray
    left: np.ndarray

    @property
    def wait_s(self) -> np.ndarray:
        """Seconds in the queue."""
        return self.started - self.arrived

    @property
    def latency_s(self) -> np.ndarray:
        """Seconds from arrival to answer."""
        return self.left - self.arrived

    def in_system(self) -> float:
        """The mean number of requests in the system from 0 to the last answer, by counting, not by Little's law."""
        moments = np.concatenate([self.arrived, self.left])
        steps = np.repeat([1.0, -1.0], len(self.left))
        order = np.argsort(moments, kind="stable")
        level = np.cumsum(steps[order])[:-1]
        return float((level * np.diff(moments[order])).sum() / moments[order][-1])


def serve_queue(arrived: np.ndarray, service_s: np.ndarray, servers: int = 1) -> Waits:
    """What happens to requests that arrive at sorted times, (n,), and need `service_s`, (n,), of one of `servers`.

    Raises `SimulationError` for times that are not sorted, a service that is negative, or no server.
    """
    arrived, service_s = np.ascontiguousarray(arrived, dtype=float), np.ascontiguousarray(service_s, dtype=float)
    if arrived.shape != service_s.shape or arrived.ndim != 1:
        raise SimulationError(
            f"There are {arrived.shape} arrivals and {service_s.shape} services; each request needs one of both."
        )
    if servers < 1:
        raise SimulationError(f"servers is {servers}; somebody must serve. Give 1 or more.")
    if len(arrived) and (np.diff(arrived).min(initial=0) < 0 or service_s.min() < 0):
        raise SimulationError("Arrivals must be sorted and services not negative. Sort the trace, or draw it anew.")
    return Waits(arrived, *_serve(arrived, service_s, servers))


@numba.njit(cache=True)
def _serve(arrived, service_s, servers):
    """`started` and `left` of each request. A server is known by the time from which it is free."""
    started, left = np.empty(len(arrived)), np.empty(len(arrived))
    free = np.zeros(servers)
    for i in range(len(arrived)):
        best = 0
        for k in range(1, servers):
            if free[k] < free[best]:
                best = k
        started[i] = max(arrived[i], free[best])
        left[i] = started[i] + service_s[i]
        free[best] = left[i]
    return started, left
