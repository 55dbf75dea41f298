"""A student's process and all below it, held by a descriptor: what they use together, and how they are ended.

Figures come from `notebook_runner.process_stats`; here they are summed over the family, so that nothing is used unseen
by being used elsewhere. Limits are `resource_monitor`'s.
"""

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass
from typing import Any

from grader.sandbox.isolation.limits import OPEN_FILES
from notebook_runner import process_stats
from notebook_runner.process_stats import ENDED_STATES, Parts, Sizes, cpu_s, descendants, living, sizes, state

LOOK_S = 0.005
HALTS = 20  # rounds in which helpers are stopped: one that still ran may have started another
STOPPED = (*ENDED_STATES, "T", "t")
FREE_FILES = 64  # open files of a family; only beyond them is it asked what their buffers hold
LAUNCHER = "sandbox/launcher.py"


def name(process: int) -> str:
    """The command of a process, shortened; empty if it is gone."""
    words = process_stats.command(process)[:200]
    return "a fork of the answer's own process" if LAUNCHER in words else words


def kill_children(process: int, spare: frozenset[int] = frozenset()) -> int:
    """Stop, then kill, then wait for all that lies below `process` except `spare`; how many still ran.

    Only the process itself can wait for its children. Call it until it returns 0.
    """
    spared = {pid for root in spare for pid in (root, *descendants(root))}
    found = [pid for pid in descendants(process) if pid not in spared]
    running = living(found)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
    for pid in found:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return len(running)


def is_ready(descriptor: int, event: int, patience_ms: float) -> bool:
    """Whether `event` has come at a file descriptor or comes within the time."""
    poller: Any = select.poll()
    poller.register(descriptor, event)
    return bool(poller.poll(patience_ms))


@dataclass(frozen=True)
class Use:
    """What a family uses: CPU seconds so far, memory in MB beyond what its first process began with, and tasks.

    A task is a process or a thread.
    """

    cpu_s: float
    memory_mb: float
    tasks: int


class Family:
    """One process by its id and all below it; the first is held by a descriptor (Linux), so that no other can take
    its place unnoticed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.handle = -1
        self.base = sizes(pid)
        self.base_data_mb = process_stats.data_mb(pid)
        self._cpu_s = self._peak_mb = self._delegated_s = 0.0
        self._seen_s: dict[tuple[int, int], float] = {}
        try:
            self.handle = os.pidfd_open(pid)
        except (AttributeError, OSError):
            pass  # not Linux, or a kernel that has none

    def signal(self, number: int) -> None:
        """Send a signal to the first process; nothing if it is gone."""
        try:
            if self.handle >= 0:
                signal.pidfd_send_signal(self.handle, number)
            else:
                os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def halt(self) -> None:
        """Stop all of it until `go_on`: the first process, then what it started, until nothing of it runs."""
        self.signal(signal.SIGSTOP)
        for _ in range(HALTS):
            if not (running := [helper for helper in self.helpers() if state(helper) not in STOPPED]):
                return
            self._signal_helpers(running, signal.SIGSTOP)

    def go_on(self) -> None:
        """End what `halt` began."""
        self._signal_helpers(self.helpers(), signal.SIGCONT)
        self.signal(signal.SIGCONT)

    def _signal_helpers(self, helpers: list[int], number: int) -> None:
        """Send a signal to processes below the first; held by a descriptor first, as the numbers may pass to others."""
        for helper in helpers:
            with contextlib.suppress(AttributeError, OSError):
                handle = os.pidfd_open(helper)
                try:
                    if helper in descendants(self.pid):
                        signal.pidfd_send_signal(handle, number)
                finally:
                    os.close(handle)

    def ended(self, patience_s: float = 0.0) -> bool:
        """Whether the first process has ended or does within the time."""
        if self.handle >= 0:
            return is_ready(self.handle, select.POLLIN, patience_s * 1000)
        end = time.monotonic() + patience_s
        while not (over := state(self.pid) in ENDED_STATES) and time.monotonic() < end:
            time.sleep(LOOK_S)
        return over

    def own_cpu_s(self) -> float:
        """CPU seconds of all threads of the first process so far; the last value seen once it is gone."""
        self._cpu_s = max(self._cpu_s, cpu_s(self.pid))
        return self._cpu_s

    def delegated_s(self) -> float:
        """CPU seconds of the processes below it, ended ones included; it never falls."""
        return self._delegated(descendants(self.pid))

    def cpu_s(self) -> float:
        """CPU seconds of the whole family so far."""
        return self.own_cpu_s() + self.delegated_s()

    def last_cpu_s(self) -> float:
        """The same, of the processes below it as they were last looked at: no file of the kernel's is read."""
        return self.own_cpu_s() + self._delegated_s

    def helpers(self) -> list[int]:
        """The processes below it that still run."""
        return living(descendants(self.pid))

    def started(self) -> int:
        """How many processes below it were seen so far, those that have ended too; it never falls."""
        self.delegated_s()
        return len(self._seen_s)

    def peak_mb(self) -> float:
        """The most memory that it held so far, with what lay below it at some look; the last value once it is gone."""
        self._peak_mb = max(self._peak_mb, process_stats.family_peak_mb(self.pid))
        return self._peak_mb

    def use(self, enough_mb: float) -> Use:
        """What the family uses now. Memory is exact only if it may be above `enough_mb`."""
        below = descendants(self.pid)
        if below:
            self.peak_mb()  # the kernel keeps no record of what has ended
        tasks = sum(map(process_stats.threads, (self.pid, *below)))
        return Use(self.own_cpu_s() + self._delegated(below), self._memory_mb(below, enough_mb), tasks)

    def holds_more_than(self, most_mb: float) -> bool:
        """Whether the family's memory is above `most_mb`, or what the kernel counts against its first process's limit
        is: address space for data, used or not."""
        if process_stats.data_mb(self.pid) - self.base_data_mb > most_mb:
            return True
        return self._memory_mb(descendants(self.pid), most_mb) > most_mb

    def unlisted_mb(self, folder: str, enough_mb: float) -> float:
        """MB of files of `folder` that the family keeps and that no folder lists; endless where that may not be read.

        Files that are only mapped are looked for if so much may be mapped that they may be above `enough_mb`.
        """
        found: dict[str, float] = {}
        place, processes = os.path.realpath(folder), [self.pid, *descendants(self.pid)]
        mapped_mb = sum(max(0.0, sizes(process).address_space - self.base.address_space) for process in processes)
        for process in processes:
            if process_stats.count_of_open_files(process) is None:
                return float("inf")
            if mapped_mb > enough_mb:
                found |= process_stats.unlisted_mapped(process, place)
            found |= process_stats.unlisted_open(process, place)
        return sum(found.values())

    def close(self) -> None:
        """Let go of it. Safe to call again."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def _delegated(self, below: list[int]) -> float:
        """The larger of two accounts that may both miss something: the kernel's, which leaves out children that were
        never waited for, and what was seen of each process at some look, which leaves out the short-lived ones."""
        told_s = process_stats.times(self.pid).ended_children
        for pid in below:
            found = process_stats.times(pid)
            own_s = max(found.own, cpu_s(pid)) if found.began else 0.0
            told_s += own_s + found.ended_children
            key = pid, found.began
            self._seen_s[key] = max(self._seen_s.get(key, 0.0), own_s)
        self._delegated_s = max(self._delegated_s, told_s, sum(self._seen_s.values()))
        return self._delegated_s

    def _memory_mb(self, below: list[int], enough_mb: float) -> float:
        processes = [self.pid, *below]
        found = [sizes(process) for process in processes]
        buffers_mb = _buffers_mb(processes)
        resident_mb = sum(size.resident for size in found) - self.base.resident + buffers_mb
        reserved_mb = sum(max(0.0, size.address_space - self.base.address_space) for size in found)
        if max(resident_mb, reserved_mb) <= enough_mb:
            return max(0.0, resident_mb)
        return max(0.0, _exact_mb(processes, found, self.base) + buffers_mb)


def _exact_mb(processes: list[int], quick: list[Sizes], base: Sizes) -> float:
    """Memory of the processes, each page once: forks share most of what they seem to hold, files on disk are not
    theirs, and shared memory lasts as long as somebody maps it."""
    private_mb = shared_mb = 0.0
    objects: dict[tuple[str, str], float] = {}
    found = dict(zip(processes, quick, strict=True))
    for process in process_stats.with_memory_of_their_own(processes):
        size = found[process]
        part = process_stats.parts(process) or Parts(size.resident, 0.0)
        private_mb, shared_mb = private_mb + part.private, shared_mb + part.shared
        objects |= process_stats.shared_mappings(process)
    return private_mb - (base.resident - base.shared) + max(shared_mb, sum(objects.values()))


def _buffers_mb(processes: list[int]) -> float:
    """The most that the sockets of the processes may hold, each once; 0 for few.

    A process whose open files cannot be counted is taken to have all that it may.
    """
    counts = [process_stats.count_of_open_files(process) for process in processes]
    if None not in counts and sum(filter(None, counts)) <= FREE_FILES:
        return 0.0
    sockets = {
        name for process in processes for name in process_stats.open_files(process) if name.startswith("socket:")
    }
    most = len(sockets) + OPEN_FILES * counts.count(None)
    return most * process_stats.most_socket_mb() + process_stats.queued_mb(processes[0])
