"""The processes under a process, and their end: read from /proc where it has what is needed, else by psutil."""

import contextlib
import os
import signal
from typing import Any

TICKS_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else 0.004
OVER = ("Z", "X", "")
LAUNCHER = "engine/sandbox/launch.py"


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


def cpu_s(process: int) -> float:
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
