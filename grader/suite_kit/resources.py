"""What this process and all that it started used so far, read by itself: for an answer in the suite's own process.

Of a student's process in the sandbox the same is read from outside. No criterion here.
"""

import os
import time

from notebook_runner import process_stats

# Taken now: what a student's code puts in their place later is not what the suite reads.
cpu_s = time.process_time
_times = os.times


def delegated_s() -> float:
    """CPU seconds of the processes that this one started, ended ones included."""
    ended = _times()
    below = process_stats.descendants(os.getpid())
    return ended.children_user + ended.children_system + sum(map(process_stats.cpu_s, below))


_seen: set[tuple[int, int]] = set()


def helpers() -> int:
    """How many processes below this one were seen so far, at each call those that run then; it never falls."""
    below = process_stats.living(process_stats.descendants(os.getpid()))
    _seen.update((process, process_stats.times(process).began) for process in below)
    return len(_seen)


def family_peak_mb() -> float:
    """The most memory that this process held, and what those that it started held beyond what they share, in MB."""
    return process_stats.family_peak_mb(os.getpid())
