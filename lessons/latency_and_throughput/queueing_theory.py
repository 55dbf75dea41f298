"""What queueing theory says of two queues without a limit: the yardstick of every simulator in this room.

All: Poisson arrivals of `rate` a second, a mean `service_s`, first come first served. Sources: D. Gross and others,
Fundamentals of Queueing Theory (2008), chapters 2 and 5.
"""

from dataclasses import dataclass

from mlsd_lib.simulation.errors import SimulationError


@dataclass(frozen=True)
class Expected:
    """Long-run means: `wait_s` in the queue, `in_system` requests, `busy` of each server."""

    wait_s: float
    in_system: float
    busy: float


def md1(rate: float, service_s: float) -> Expected:
    """One server, every service as long as the others: half the wait of an exponential one."""
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
