"""What this process and all that it started used so far, read by itself: for an answer in the suite's own process.

Of a student's process in the sandbox the same is read from outside. No criterion here.
"""

import os
import sys
import time

from notebook_runner import process_stats

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

# Taken now: what a student's code puts in their place later is not what the suite reads.
cpu_s = time.process_time
_times = os.times
_usage = resource.getrusage if resource else None


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
    """The most memory that this process held, and what those that it started held beyond what they share, in MB.

    Of those that have ended the kernel remembers the largest: where that one alone held more, it counts.
    """
    return max(process_stats.family_peak_mb(os.getpid()), _ended_peak_mb())


def _ended_peak_mb() -> float:
    if _usage is None:
        return 0.0
    return _usage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
