"""What queueing theory says of four queues: the yardstick of every simulator in this room.

All: Poisson arrivals of `rate` a second, a mean `service_s`, first come first served. Sources: D. Gross and others,
Fundamentals of Queueing Theory (2008), chapters 2 and 5.
"""

import math
from dataclasses import dataclass

from mlsd_lib.simulation.errors import SimulationError


@dataclass(frozen=True)
class Expected:
    """Long-run means: `wait_s` in the queue, `in_system` requests, `busy` of each server, `refused` of all requests."""

    wait_s: float
    in_system: float
    busy: float
    refused: float = 0.0


def mm1(rate: float, service_s: float) -> Expected:
    """One server, exponential service."""
    return mmc(rate, service_s, 1)


def md1(rate: float, service_s: float) -> Expected:
    """One server, every service as long as the others: half the wait of `mm1`."""
    load = _stable(rate, service_s, 1)
    wait = load * service_s / (2 * (1 - load))
    return Expected(wait, rate * (wait + service_s), load)


def mmc(rate: float, service_s: float, servers: int) -> Expected:
    """`servers` servers behind one queue, exponential service (Erlang's C formula)."""
    load = _stable(rate, service_s, servers)
    offered = rate * service_s
    term, below = 1.0, 1.0  # offered^k / k! for k = 0, and the sum of them below `servers`
    for k in range(1, servers):
        term *= offered / k
        below += term
    top = term * offered / servers / (1 - load)
    wait = top / (below + top) * service_s / (servers * (1 - load))
    return Expected(wait, rate * (wait + service_s), load)


def mm1k(rate: float, service_s: float, limit: int) -> Expected:
    """One server, exponential service, at most `limit` requests in the system; who finds it full is refused."""
    if limit < 1 or rate <= 0 or service_s <= 0:
        raise SimulationError(
            f"limit is {limit}, rate {rate:g} and service_s {service_s:g}; a system holds at least 1 request, and rate "
            "and service are above 0. Correct them."
        )
    load = rate * service_s
    share = [load**k for k in range(limit + 1)]
    total = math.fsum(share)
    refused = share[-1] / total
    in_system = math.fsum(k * part for k, part in enumerate(share)) / total
    served = rate * (1 - refused)
    return Expected(in_system / served - service_s, in_system, served * service_s, refused)


def _stable(rate: float, service_s: float, servers: int) -> float:
    if servers < 1:
        raise SimulationError(f"servers is {servers}; somebody must serve. Give 1 or more.")
    load = rate * service_s / servers
    if not 0 < load < 1:
        raise SimulationError(
            f"{rate:g} requests a second of {service_s:g} s load {servers} servers by {load:.2f}; a queue without a "
            "limit has a mean only below 1. Give fewer requests, faster service or more servers."
        )
    return load
