"""One queue, first come first served: millions of requests a second of computing, with the same answers as the events.

Compiled by numba at the first call of a machine, which takes some seconds; later processes find the result on disk.
"""

from dataclasses import dataclass

import numba
import numpy as np

from mlsd_lib.simulation.errors import SimulationError


@dataclass(frozen=True)
class Waits:
    """Of each request, (n,): when it `arrived`, `started` and `left`, in seconds; NaN for those that were refused."""

    arrived: np.ndarray
    started: np.ndarray
    left: np.ndarray

    @property
    def wait_s(self) -> np.ndarray:
        """Seconds in the queue of those that were served."""
        return (self.started - self.arrived)[~np.isnan(self.left)]

    @property
    def latency_s(self) -> np.ndarray:
        """Seconds from arrival to answer of those that were served."""
        return (self.left - self.arrived)[~np.isnan(self.left)]

    def in_system(self) -> float:
        """The mean number of requests in the system from 0 to the last answer, by counting, not by Little's law."""
        served = ~np.isnan(self.left)
        moments = np.concatenate([self.arrived[served], self.left[served]])
        steps = np.repeat([1.0, -1.0], served.sum())
        order = np.argsort(moments, kind="stable")
        level = np.cumsum(steps[order])[:-1]
        return float((level * np.diff(moments[order])).sum() / moments[order][-1])


def serve_queue(arrived: np.ndarray, service_s: np.ndarray, servers: int = 1, limit: int | None = None) -> Waits:
    """What happens to requests that arrive at sorted times, (n,), and need `service_s`, (n,), of one of `servers`.

    With `limit`, a request that finds so many in the system, those in service included, is refused. Raises
    `SimulationError` for times that are not sorted, a service that is negative, or no server.
    """
    arrived, service_s = np.ascontiguousarray(arrived, dtype=float), np.ascontiguousarray(service_s, dtype=float)
    if arrived.shape != service_s.shape or arrived.ndim != 1:
        raise SimulationError(
            f"There are {arrived.shape} arrivals and {service_s.shape} services; each request needs one of both."
        )
    if servers < 1 or (limit is not None and limit < servers):
        raise SimulationError(f"servers is {servers}, limit {limit}; at least 1, and a limit not below the servers.")
    if len(arrived) and (np.diff(arrived).min(initial=0) < 0 or service_s.min() < 0):
        raise SimulationError("Arrivals must be sorted and services not negative. Sort the trace, or draw it anew.")
    started, left = _serve(arrived, service_s, servers, -1 if limit is None else limit)
    return Waits(arrived, started, left)


@numba.njit(cache=True)
def _serve(arrived, service_s, servers, limit):
    """`started` and `left` of each request. A server is known by the time from which it is free."""
    started, left = np.full(len(arrived), np.nan), np.full(len(arrived), np.nan)
    free = np.zeros(servers)
    waiting = np.zeros(max(limit, 1))  # start times of the requests accepted last, a ring: who has not begun yet waits
    accepted = 0
    for i in range(len(arrived)):
        t, best = arrived[i], 0
        for k in range(1, servers):
            if free[k] < free[best]:
                best = k
        if limit >= 0:
            present = 0
            for k in range(servers):
                present += free[k] > t  # busy now, or to be so: each such server has one in service
            for back in range(min(accepted, limit)):
                present += waiting[(accepted - 1 - back) % limit] > t
            if present >= limit:
                continue
            waiting[accepted % limit] = max(t, free[best])
            accepted += 1
        started[i] = max(t, free[best])
        left[i] = started[i] + service_s[i]
        free[best] = left[i]
    return started, left
