"""A student's process as the grader sees it from outside: its clock, its memory, its end."""

import os
import select
import signal
import time

from grader.engine.sandbox import family
from grader.engine.sandbox.channel import ready

LOOK_S = 0.005


def process_clock(process: int) -> int:
    """The clock of a process's CPU time, all threads, for `time.clock_gettime`. Source: clock_getcpuclockid(3)."""
    return ~process << 3 | 2


class Process:
    """One process by its id, held by a descriptor (Linux), so that no other can take its place unnoticed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.handle = -1
        self.base_mb = family.resident_mb(pid)
        self._cpu_s = self._peak_mb = 0.0
        try:
            self.handle = os.pidfd_open(pid)
        except (AttributeError, OSError):
            pass  # not Linux, or a kernel that has none

    def signal(self, number: int) -> None:
        """Send a signal; nothing if it is gone."""
        try:
            if self.handle >= 0:
                signal.pidfd_send_signal(self.handle, number)
            else:
                os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def ended(self, patience_s: float = 0.0) -> bool:
        """Whether it has ended or does within the time."""
        if self.handle >= 0:
            return ready(self.handle, select.POLLIN, patience_s * 1000)
        end = time.monotonic() + patience_s
        while not (over := family.state(self.pid) in family.OVER) and time.monotonic() < end:
            time.sleep(LOOK_S)
        return over

    def cpu_s(self) -> float:
        """CPU seconds of all threads so far; the last value seen once it is gone."""
        self._cpu_s = max(self._cpu_s, cpu_s(self.pid))
        return self._cpu_s

    def delegated_s(self) -> float:
        """CPU seconds of the processes below it, ended ones included."""
        return family.ended_children_cpu_s(self.pid) + sum(map(cpu_s, family.descendants(self.pid)))

    def helpers(self) -> list[int]:
        """The processes below it that still run."""
        return family.living(family.descendants(self.pid))

    def peak_mb(self) -> float:
        """The most memory that it held so far; the last value seen once it is gone."""
        self._peak_mb = max(self._peak_mb, family.highest_mb(self.pid))
        return self._peak_mb

    def family_mb(self, enough_mb: float) -> float:
        """Memory of it and all below it, beyond what it began with; exact only if it may be above `enough_mb`."""
        processes = [self.pid, *family.descendants(self.pid)]
        held = sum(map(family.resident_mb, processes)) - self.base_mb
        if held <= enough_mb or len(processes) == 1:
            return max(0.0, held)
        # Forks share most of what they seem to hold: ask the kernel for each one's part, which takes longer.
        parts = [family.proportional_mb(process) for process in processes]
        if any(part is None for part in parts):
            return held
        return max(0.0, sum(part or 0.0 for part in parts) - self.base_mb)

    def close(self) -> None:
        """Let go of it. Safe to call again."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


def cpu_s(process: int) -> float:
    """CPU seconds of a process: from its clock where the kernel has one, else from its coarse account."""
    try:
        return time.clock_gettime(process_clock(process))
    except (OSError, AttributeError, ValueError):
        return family.cpu_s(process)
