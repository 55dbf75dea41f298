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

from notebook_runner import process_stats
from notebook_runner.machine_speed import Slowness

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LINUX = sys.platform.startswith("linux")
HELPERS = ("resource_tracker", "multiprocessing.forkserver", "popen_loky_posix")
"""Processes that belong to a library and end with the kernel: a reader never started them and never sees them."""


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends (Linux)."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent(parent: int, how: signal.Signals = signal.SIGTERM) -> None:
    """Have this process get the signal `how` when `parent`, which started it, ends (Linux)."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), how)


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


def tree_cpu_s(below: list[int]) -> float:
    """CPU seconds of the descendants, and of those that were waited for."""
    known = [process_stats.times(process) for process in below]
    return children_cpu_s() + sum(times.own + times.ended_children for times in known)


MEASURE_EVERY_S = 10.0
"""How slow the machine is changes while a notebook runs; to measure it takes a five-hundredth of this."""
LOOKING_SHARE = 1 / 40
"""Of the time, at most so much is spent on looking: on a busy machine, or at many processes, looks become rarer."""


class Watch(threading.Thread):
    """Samples the tree, and kills it when it exceeds its memory, its CPU seconds, or its time of standing still.

    `peak_mb` is the largest sum of proportional memory seen, or the kernel's own highest mark if that is larger;
    `cpu_s` the CPU seconds seen; `idle_s` the seconds in which no thread of it ran or waited for a processor or a disk:
    a machine that is busy with others makes a run longer, not idle. Both have the limit `limit_s`, the first as many
    times as this machine was slow meanwhile. `stopped` says why the tree was killed ("", "memory", "cpu", "wall").
    """

    def __init__(self, peak_mb: float, limit_s: float, every_s: float = 0.2) -> None:
        super().__init__(name="watch", daemon=True)
        self.limit_mb, self.limit_s, self.every_s = peak_mb, limit_s, every_s
        self.started = time.monotonic()
        self.peak_mb, self.cpu_s, self.idle_s, self.stopped, self.kernel = 0.0, 0.0, 0.0, "", 0
        self.slowness = Slowness()
        self._wait_s = every_s
        self._done = threading.Event()

    def run(self) -> None:
        """Sample until `finish`."""
        before_s = measured_s = time.monotonic()
        self.slowness.measure()
        while not self._done.wait(self._wait_s):
            if before_s - measured_s > MEASURE_EVERY_S:
                measured_s = before_s
                self.slowness.measure()
            looking_s = time.thread_time()
            below = process_stats.descendants(os.getpid())
            self.sample(below)
            now_s = time.monotonic()
            self.judge(now_s - before_s, self._could_go_on(below))
            before_s = now_s
            self._wait_s = self.next_look_s(time.thread_time() - looking_s)

    def next_look_s(self, spent_s: float) -> float:
        """Seconds until the next look, after one that took `spent_s` of a processor."""
        return max(self.every_s, spent_s / LOOKING_SHARE)

    def judge(self, passed_s: float, could_go_on: bool) -> None:
        """Count the `passed_s` seconds since the last sample as idle unless the tree could go on; kill it if it must.

        Of a sample that came late, because this thread had to wait too, no more than two intervals count. Without
        /proc nobody knows who could go on, and all time counts.
        """
        if not could_go_on:
            self.idle_s += min(passed_s, 2 * self._wait_s)
        if self.peak_mb > self.limit_mb:
            self._stop_tree("memory")
        elif self.cpu_s > self.limit_s * self.slowness.factor:
            self._stop_tree("cpu")
        elif self.idle_s > self.limit_s:
            self._stop_tree("wall")

    def _could_go_on(self, below: list[int]) -> bool:
        """True if any process of the tree could, or the thread of this process that talks to the kernel."""
        us = os.getpid()
        return process_stats.could_go_on(us, us) or any(map(process_stats.could_go_on, below))

    def sample(self, below: list[int] | None = None) -> None:
        """Look once at the tree, whose processes may be given."""
        below = process_stats.descendants(os.getpid()) if below is None else below
        if self.kernel:
            self.peak_mb = max(self.peak_mb, process_stats.highest_mb(self.kernel))
        # Proportional memory is never more than resident memory, which the kernel counts all the time; it walks a
        # process's pages for the other.
        if sum(process_stats.sizes(process).resident for process in below) > self.peak_mb:
            self.peak_mb = max(self.peak_mb, sum(map(process_stats.proportional_mb, below)))
        self.cpu_s = max(self.cpu_s, tree_cpu_s(below))

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
