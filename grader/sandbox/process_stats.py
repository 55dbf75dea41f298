"""What the kernel tells of processes: one held by a descriptor, and all that lie below it; and how they are ended.

Read from /proc where it has what is needed, else by psutil. The one place of the grader that reads such figures.
"""

import contextlib
import os
import select
import signal
import time
from typing import Any

LOOK_S = 0.005
TICKS_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else 0.004
OVER = ("Z", "X", "")
LAUNCHER = "sandbox/launcher.py"


def descendants(process: int) -> list[int]:
    """Every process below `process`, zombies included, nearest first."""
    found = [process]
    for one in found:
        children = _children(one)
        if children is None:
            return [child.pid for child in _asked(process, "children", []) or []]
        found.extend(children)
    return found[1:]


def living(processes: list[int]) -> list[int]:
    """Those that still run."""
    return [one for one in processes if state(one) not in OVER]


def state(process: int) -> str:
    """The kernel's letter for what a process does; empty if it is gone."""
    fields = _stat(process)
    if fields:
        return fields[0]
    if os.path.exists("/proc/self/stat"):
        return ""
    return {"zombie": "Z", "": ""}.get(_asked(process, "status", ""), "S")


def threads(process: int) -> int:
    """How many threads a process has; 0 if it is gone."""
    try:
        return len(os.listdir(f"/proc/{process}/task"))
    except OSError:
        return int(_asked(process, "num_threads", 0))


def name(process: int) -> str:
    """The command of a process, shortened; empty if it is gone."""
    words = " ".join(_asked(process, "cmdline", []))[:200]
    return "a fork of the answer's own process" if LAUNCHER in words else words


def resident_mb(process: int) -> float:
    """Resident memory in MB, shared pages counted in full; 0 if the process is gone."""
    try:
        with open(f"/proc/{process}/statm") as file:
            return int(file.read().split()[1]) * PAGE_MB
    except (OSError, IndexError):
        memory = _asked(process, "memory_info", None)
        return memory.rss / 2**20 if memory else 0.0


def proportional_mb(process: int) -> float | None:
    """Memory of a process in MB, with what it shares divided among those who share it; None if it may not be read."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:
            return int(file.read().split("Pss_Anon:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return None


def highest_mb(process: int) -> float:
    """The most resident memory that a process ever had, in MB, or what it has now where the kernel keeps no record."""
    try:
        with open(f"/proc/{process}/status", "rb", buffering=0) as file:
            return int(file.read().split(b"VmHWM:")[1].split(maxsplit=1)[0]) / 1024
    except (OSError, IndexError):
        return resident_mb(process)


def ended_children_cpu_s(process: int) -> float:
    """CPU seconds of the children of `process` that ended and were waited for."""
    fields = _stat(process)
    if fields:
        return (int(fields[13]) + int(fields[14])) * TICKS_S
    times = _asked(process, "cpu_times", None)
    return times.children_user + times.children_system if times else 0.0


def coarse_cpu_s(process: int) -> float:
    """CPU seconds of one process so far, in the kernel's coarse account; works for zombies too."""
    fields = _stat(process)
    if fields:
        return (int(fields[11]) + int(fields[12])) * TICKS_S
    times = _asked(process, "cpu_times", None)
    return times.user + times.system if times else 0.0


def kill_children(process: int, spare: frozenset[int] = frozenset()) -> int:
    """Stop, then kill, then wait for all that lies below `process` except `spare`; how many still ran.

    Only the process itself can wait for its children. Call it until it returns 0.
    """
    spared = {one for root in spare for one in (root, *descendants(root))}
    found = [one for one in descendants(process) if one not in spared]
    running = living(found)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for one in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one, number)
    for one in found:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(one, os.WNOHANG)
    return len(running)


def _children(process: int) -> list[int] | None:
    """Direct children by the kernel's lists, one a thread of the parent; None where the kernel has no such lists."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children") as file:
                found.extend(map(int, file.read().split()))
    except OSError:
        return found if os.path.exists(f"/proc/self/task/{os.getpid()}/children") else None
    return found


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything; empty if there are none."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _asked(process: int, what: str, otherwise: Any) -> Any:
    """What psutil says of a process, or `otherwise` if it is gone or hidden."""
    import psutil

    try:
        one = psutil.Process(process)
        return one.children(recursive=True) if what == "children" else getattr(one, what)()
    except psutil.Error:
        return otherwise


def is_ready(descriptor: int, event: int, patience_ms: float) -> bool:
    """Whether `event` has come at a file descriptor or comes within the time."""
    one: Any = select.poll()
    one.register(descriptor, event)
    return bool(one.poll(patience_ms))


def process_clock(process: int) -> int:
    """The clock of a process's CPU time, all threads, for `time.clock_gettime`. Source: clock_getcpuclockid(3)."""
    return ~process << 3 | 2


class Process:
    """One process by its id, held by a descriptor (Linux), so that no other can take its place unnoticed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.handle = -1
        self.base_mb = resident_mb(pid)
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
            return is_ready(self.handle, select.POLLIN, patience_s * 1000)
        end = time.monotonic() + patience_s
        while not (over := state(self.pid) in OVER) and time.monotonic() < end:
            time.sleep(LOOK_S)
        return over

    def cpu_s(self) -> float:
        """CPU seconds of all threads so far; the last value seen once it is gone."""
        self._cpu_s = max(self._cpu_s, cpu_s(self.pid))
        return self._cpu_s

    def delegated_s(self) -> float:
        """CPU seconds of the processes below it, ended ones included."""
        return ended_children_cpu_s(self.pid) + sum(map(cpu_s, descendants(self.pid)))

    def helpers(self) -> list[int]:
        """The processes below it that still run."""
        return living(descendants(self.pid))

    def peak_mb(self) -> float:
        """The most memory that it held so far; the last value seen once it is gone."""
        self._peak_mb = max(self._peak_mb, highest_mb(self.pid))
        return self._peak_mb

    def family_mb(self, enough_mb: float) -> float:
        """Memory of it and all below it, beyond what it began with; exact only if it may be above `enough_mb`."""
        processes = [self.pid, *descendants(self.pid)]
        held = sum(map(resident_mb, processes)) - self.base_mb
        if held <= enough_mb or len(processes) == 1:
            return max(0.0, held)
        # Forks share most of what they seem to hold: ask the kernel for each one's part, which takes longer.
        parts = [proportional_mb(process) for process in processes]
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
        return coarse_cpu_s(process)
