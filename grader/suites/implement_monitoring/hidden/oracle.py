"""What can be known of a stream at best, found by comparing it with the same stream without its incident."""

from typing import Any

import numpy as np

from grader.suite_kit.designs import Draw
from grader.suites.implement_monitoring.runs import ATTENTION_EUR
from grader.suites.implement_monitoring.world import DAYS, INCIDENTS, Day, make_stream


def first_seen(draw: Draw) -> int | None:
    """The first day on which something else was delivered than without the incident; None where there is none."""
    pairs = zip(make_stream(draw), make_stream(draw, with_incident=False), strict=True)
    return next((t for t, (one, other) in enumerate(pairs) if not _same(one, other)), None)


def _same(one: Day, other: Day) -> bool:
    return all(_equal(one[part][name], other[part][name]) for part in ("rows", "labels") for name in one[part])


def _equal(one: Any, other: Any) -> bool:
    return one == other if isinstance(one, list) else np.array_equal(one, other, equal_nan=True)


def without_a_monitor(draw: Draw) -> float:
    """EUR: every day of an incident until the stream ends."""
    begins = dict(draw.magnitudes).get("begins", DAYS)
    return INCIDENTS[draw.family].harm_eur * (DAYS - begins) if draw.family in INCIDENTS else 0.0


def with_all_known(draw: Draw, seen: int | None) -> float:
    """EUR: the days before an incident can be seen, and one alarm."""
    if seen is None:
        return 0.0
    return INCIDENTS[draw.family].harm_eur * (seen - draw["begins"]) + ATTENTION_EUR
