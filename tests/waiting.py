"""Waiting for what other processes or threads bring about, and what the machine did where that never came."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

PATIENCE_S = 120.0
"""Longer than anything waited for takes on a machine that is busy and not stuck."""
HALF = 0.5
TICK = threading.Event()  # never set: waiting for it lets other threads run


def until(holds: Callable[[], object], what: str, within_s: float = PATIENCE_S, look_s: float = 0.01) -> None:
    """Waits until `holds()`; fails where that takes longer than `within_s`, and says how the machine was meanwhile."""
    machine = Machine()
    while not holds():
        told = f"{what} did not come within {within_s:g} s"
        assert machine.passed_s() < within_s, " ".join(filter(None, [f"{told}.", machine.told()]))
        TICK.wait(look_s)


def ended(pids: Iterable[int]) -> bool:
    """Whether none of these processes runs; one that only waits to be noted by its parent has ended."""
    return not any(map(_runs, pids))


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Machine:
    """How the machine treats this process from now on."""

    def __init__(self, waited_s: Callable[[], float] | None = None, clock: Callable[[], float] = time.monotonic):
        self._clock, self._waited_s = clock, waited_s or waited_for_a_core_s
        self._begun, self._before = clock(), self._waited_s()

    def passed_s(self) -> float:
        return self._clock() - self._begun

    def told(self) -> str:
        """A sentence where this process stood in line for a core for half of the time or longer; else empty."""
        passed_s, waited_s = self.passed_s(), self._waited_s() - self._before
        if waited_s < 1 or waited_s < HALF * passed_s:
            return ""
        load = f"{os.getloadavg()[0]:.0f} processes wanted {os.cpu_count()} cores"
        return (
            f"The machine may be the reason and not the course: of {passed_s:.1f} s this process waited "
            f"{waited_s:.1f} s for a core ({load}). Try it again alone: pytest --count 5 PATH::TEST"
        )


def waited_for_a_core_s() -> float:
    """Seconds that this thread could have run and was not let; 0 where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
