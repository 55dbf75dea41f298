"""What this machine can do, in a few seconds: so that a lesson's figures can be read against it.

The second process is a process of its own: it says that it is up, waits for a line, works, prints its rate.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Capacity:
    """One thread's rate, what a second process adds to it, and the finest step of the clock."""

    cores: int
    single_per_s: float
    pair_per_s: float
    timer_resolution_ns: float

    @property
    def second_process_gain(self) -> float:
        """Work per second of two processes over that of one: 2 on two free cores, 1 on one."""
        return self.pair_per_s / self.single_per_s

    def __str__(self) -> str:
        return (
            f"{self.cores} cores; one process does {self.single_per_s:,.0f} units a second, two do "
            f"{self.second_process_gain:.2f} times that; the clock moves in steps of "
            f"{self.timer_resolution_ns:,.0f} ns."
        )


def _unit() -> float:
    """One unit of work: plain Python arithmetic, about a millisecond, no memory to speak of."""
    total = 0.0
    for i in range(20_000):
        total += (i * i) % 7
    return total


def units_per_second(seconds: float) -> float:
    """How many units of work this process does a second, measured for `seconds`."""
    units, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        _unit()
        units += 1
    return units / elapsed


def work(seconds: float) -> None:
    """The life of one worker process, started by `probe_capacity`."""
    print("ready", flush=True)
    sys.stdin.readline()
    print(units_per_second(seconds))


def _rates(processes: int, seconds: float) -> list[float]:
    command = [sys.executable, "-c", f"from lessons.start_here.probe import work; work({seconds})"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    for worker in workers:  # each says that it is up, so that all of them work during the same seconds
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [float(worker.communicate()[0]) for worker in workers]


def timer_resolution_ns(steps: int = 200) -> float:
    """The smallest step of `time.perf_counter_ns` seen in `steps` changes, in nanoseconds."""
    smallest = float("inf")
    for _ in range(steps):
        first = last = time.perf_counter_ns()
        while last == first:
            last = time.perf_counter_ns()
        smallest = min(smallest, last - first)
    return smallest


def probe_capacity(seconds: float = 0.5) -> Capacity:
    """The capacity of this machine, from one process and then two, each working for `seconds`."""
    single, pair = sum(_rates(1, seconds)), sum(_rates(2, seconds))
    return Capacity(os.cpu_count() or 1, single, pair, timer_resolution_ns())
