"""What a simulated run leaves behind: of each request how it ended, of each few seconds what the system did."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

BIN_S = 5.0
"""Seconds of one row of the timeline."""
SUMS = (
    "sent", "refused", "not_sent", "timed_out", "broken", "retried", "hedged", "batches", "rows", "wasted_rows",
    "queue_s", "busy_s", "up_s", "paid_s",
)  # fmt: skip
"""The columns of a timeline. Counts: attempts `sent`, `refused` by a full queue, `not_sent` because the breaker was
open, `timed_out`, `broken` by a dying replica, `retried`, `hedged`; `batches`, `rows` in them, `wasted_rows` that no
one waited for any more. Sums of seconds: of requests in the `queue_s`, of replicas `busy_s`, `up_s` and `paid_s`."""


class Ended(IntEnum):
    """How a request ended: a full answer, one from the cache, an outdated one from there, a simpler one, or none."""

    ANSWERED = 0
    CACHED = 1
    STALE = 2
    FALLBACK = 3
    FAILED = 4


@dataclass(frozen=True)
class Record:
    """Of each request, (n,): `ended` (of `Ended`) and `latency_s`, from arrival to end. `timeline`: (bins, 14)."""

    ended: np.ndarray
    latency_s: np.ndarray
    timeline: np.ndarray

    def total(self, name: str) -> float:
        """The sum of one of `SUMS` over the whole run."""
        return float(self.timeline[:, SUMS.index(name)].sum())

    def same(self, other: "Record") -> bool:
        """Whether both say the same, to the last bit."""
        pairs = [(self.ended, other.ended), (self.latency_s, other.latency_s), (self.timeline, other.timeline)]
        return all(np.array_equal(one, another) for one, another in pairs)
