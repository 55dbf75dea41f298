"""Point-in-time totals over a sliding window: what was known about a group just before a moment.

One rule everywhere: a question at time t about `window` and `delay` counts the events of its group with
t - delay - window <= time < t - delay. The end is open, so an event never counts itself, and of two events in the
same instant neither counts the other: their order is known to nobody.
"""

import numpy as np

from notebook_runner.errors import CourseError

NO_DELAY = np.timedelta64(0, "us")


class WindowError(CourseError):
    """A window that cannot be computed: names the value, the rule and the fix."""


class WindowIndex:
    """Events sorted by group and time, with running totals, ready for many questions.

    `group`: (n,) integers; `time`: (n,) datetime64; `value`: (n,) numbers. Any order. Building takes n log n, each
    question log n, whatever the length of the window.
    """

    def __init__(self, group: np.ndarray, time: np.ndarray, value: np.ndarray):
        group, moment = np.asarray(group), _microseconds(time)
        self.groups, code = np.unique(group, return_inverse=True)
        self.start = int(moment.min()) if len(moment) else 0
        self.span = int(moment.max()) - self.start + 2 if len(moment) else 2
        if len(self.groups) * self.span >= 2**63:
            raise WindowError(
                f"{len(self.groups):,} groups over {self.span / 8.64e10:,.0f} days do not fit into one 64-bit key. "
                "Split the table by group and index each part."
            )
        key = code * self.span + (moment - self.start)
        order = _stable_order(key, code, moment)
        self.key = key[order]
        self.total_before = np.concatenate([[0.0], np.cumsum(np.asarray(value, dtype=float)[order])])

    def totals(
        self, group: np.ndarray, time: np.ndarray, window: np.timedelta64, delay: np.timedelta64 = NO_DELAY
    ) -> tuple[np.ndarray, np.ndarray]:
        """Count and sum of values, shape (m,) each, for m questions (`group`, `time`)."""
        window_us, delay_us = (int(np.timedelta64(length, "us").astype(np.int64)) for length in (window, delay))
        if window_us <= 0:
            raise WindowError(f"window is {window}; it must be longer than nothing. Give, say, np.timedelta64(7, 'D').")
        group = np.asarray(group)
        code = np.searchsorted(self.groups, group)
        known = code < len(self.groups)
        known[known] = self.groups[code[known]] == group[known]
        code = np.where(known, code, 0)
        end = _microseconds(time) - self.start - delay_us
        moments = (np.where(known, np.clip(moment, 0, self.span - 1), 0) for moment in (end - window_us, end))
        begins, ends = (code * self.span + moment for moment in moments)
        order = _stable_order(ends, code, end)  # begins rise with ends; neighbours share a cache
        first, last = (np.searchsorted(self.key, key[order]) for key in (begins, ends))
        count, total = np.empty(len(order), dtype=np.int64), np.empty(len(order))
        count[order], total[order] = last - first, self.total_before[last] - self.total_before[first]
        return count, total


def _stable_order(key: np.ndarray, code: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """What sorts `key`, equal ones in their order; numpy sorts 16-bit codes of a table in order of time much faster."""
    in_time = len(code) > 0 and code.max() < 2**16 and bool((moment[1:] >= moment[:-1]).all())
    return np.argsort(code.astype(np.uint16) if in_time else key, kind="stable")


def _microseconds(time: np.ndarray) -> np.ndarray:
    return np.asarray(time).astype("datetime64[us]").astype(np.int64)
