"""The processes under a run: what they use, which are left, and their certain end.

The process that calls `adopt_orphans` inherits every descendant whose parent ends, so that no process of a run gets
away and the kernel's own account of their CPU time is complete. Source: prctl(2), getrusage(2), proc(5).
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import psutil

from mlsd_lib import process_stats

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LINUX = sys.platform.startswith("linux")
HELPERS = ("resource_tracker", "multiprocessing.forkserver", "popen_loky_posix")
"""Processes that belong to a library and end with the kernel: a reader never started them and never sees them."""


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends (Linux)."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent(parent: int) -> None:
    """Have this process terminated when `parent`, which started it, ends (Linux)."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)


def descendants() -> list[psutil.Process]:
    """The processes under this one that still run."""
    running = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


def children_cpu_s() -> float:
    """CPU seconds of every descendant that has ended and been waited for; 0 where the system keeps no such account."""
    try:
        import resource
    except ImportError:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def leftovers(kernel: int, patience_s: float = 2.0) -> list[str]:
    """The command lines of processes that a notebook started and did not end, given time to end on their own."""
    end = time.monotonic() + patience_s
    while (found := [*_left(kernel)]) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _left(kernel: int) -> Iterator[str]:
    for process in descendants():
        with contextlib.suppress(psutil.Error):
            command = " ".join(process.cmdline()) or process.name()
            if process.pid != kernel and not any(helper in command for helper in HELPERS):
                yield command if len(command) <= 120 else command[:117] + "..."


def end_all(patience_s: float = 10.0) -> None:
    """Kill every descendant and wait for each, so that none is left and all CPU time is accounted."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        for process in descendants():
            with contextlib.suppress(psutil.Error):
                process.kill()
        if not _reap():
            return
        time.sleep(0.005)


def _reap() -> bool:
    """Wait for children that have ended; True while some have not."""
    if not hasattr(os, "WNOHANG"):
        return bool(descendants())
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return True
        except ChildProcessError:
            return False


class Watch(threading.Thread):
    """Samples the tree's memory, and kills the tree when it exceeds its memory or its wall time.

    `peak_mb` is the largest sum of proportional memory seen, or the kernel's own highest mark if that is larger;
    `stopped` says why the tree was killed ("", "memory", "wall"). `cpu_s` is the sampled figure for systems without
    an account of children.
    """

    def __init__(self, peak_mb: float, wall_s: float, every_s: float = 0.2) -> None:
        super().__init__(name="watch", daemon=True)
        self.limit_mb, self.limit_s, self.every_s = peak_mb, wall_s, every_s
        self.started = time.monotonic()
        self.peak_mb, self.cpu_s, self.stopped, self.kernel = 0.0, 0.0, "", 0
        self._done = threading.Event()

    def run(self) -> None:
        """Sample until `finish`."""
        while not self._done.wait(self.every_s):
            self.sample()
            if self.peak_mb > self.limit_mb:
                self._stop_tree("memory")
            elif time.monotonic() - self.started > self.limit_s:
                self._stop_tree("wall")

    def sample(self) -> None:
        """Look at the tree once."""
        processes = descendants()
        self.peak_mb = max(
            self.peak_mb,
            sum(process_stats.proportional_mb(one.pid) for one in processes),
            process_stats.highest_mb(self.kernel) if self.kernel else 0.0,
        )
        if not LINUX:
            with contextlib.suppress(psutil.Error):
                self.cpu_s = max(self.cpu_s, sum(sum(one.cpu_times()[:2]) for one in processes))

    def finish(self) -> None:
        """Stop sampling."""
        self._done.set()
        if self.is_alive():
            self.join()

    def _stop_tree(self, reason: str) -> None:
        self.stopped = self.stopped or reason
        for process in descendants():
            with contextlib.suppress(psutil.Error):
                process.kill()
