"""What a stream costs at worst and at best; what can be known at best is found by comparing it without its incident."""

from dataclasses import replace
from typing import Any

import numpy as np

from grader.suites.implement_monitoring.runs import ATTENTION_EUR
from grader.suites.implement_monitoring.world import INCIDENTS, Day, Stream, make_stream


def bill(stream: Stream) -> tuple[float, float]:
    """EUR of a stream: without a monitor, and with one that names each incident on the first day on which it shows."""
    silent = known = 0.0
    for incident, seen in zip(stream.incidents, first_seen(stream), strict=True):
        harm = INCIDENTS[incident.family].harm_eur
        silent += harm * (incident["ends"] - incident["begins"])
        known += harm * (seen - incident["begins"]) + ATTENTION_EUR
    return silent, known


def first_seen(stream: Stream) -> list[int]:
    """For each incident the first day on which something else is delivered than without it."""
    days, seen = make_stream(stream), []
    for incident in stream.incidents:
        without = make_stream(
            replace(stream, incidents=tuple(other for other in stream.incidents if other != incident))
        )
        seen.append(next(t for t, pair in enumerate(zip(days, without, strict=True)) if not _same(*pair)))
    return seen


def _same(one: Day, other: Day) -> bool:
    return all(_equal(one[part][name], other[part][name]) for part in ("rows", "labels") for name in one[part])


def _equal(one: Any, other: Any) -> bool:
    return one == other if isinstance(one, list) else np.array_equal(one, other, equal_nan=True)
