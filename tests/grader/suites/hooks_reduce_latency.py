"""What the contract needs to know of `reduce_latency`: how its clocks are fed, and the form of a profile."""

import time
from dataclasses import replace
from statistics import median

from grader.suite_kit import benchmark
from grader.suite_kit.benchmark import Speed

SHARES = {"read": 0.33, "join": 0.12, "features": 0.29, "watch": 0.18, "score": 0.08}
PROFILE = f"def profile():\n    return {{'shares': {SHARES}, 'limit': 1 / (1 - 0.33)}}"
UNTIMED = {"profile": PROFILE}  # cells of the reference that read a clock, without one
PLATEAUS = {6.0: 20.0, 9.0: 100.0}
SUITE = "grader.suites.reduce_latency.suite"


def seconds(call, row):
    """CPU seconds of one call."""
    begun = time.thread_time()
    call(row)
    return time.thread_time() - begun


def times_faster(slow, fast, rows):
    """How many times less CPU time `fast` takes: the median over rows of a slow call by the median of three fast ones.

    The three follow the slow call, so that a slow moment meets both; the quickest calls of each would not do, since the
    luck of many short calls is not that of a few long ones.
    """
    return median(seconds(slow, row) / median(seconds(fast, other) for other in rows[:3]) for row in rows[:12])


def no_clocks(patch, hidden):
    """No pairs are timed: the ratio is that of a few calls, far from every step; what a start takes is fed."""

    def compare(slow, fast, fresh, thresholds):
        rows = [next(fresh) for _ in range(20)]
        pairs = zip(rows, hidden.expected(rows), strict=True)
        outputs = tuple((row, right, fast(row)) for row, right in pairs)
        ratio = times_faster(slow, fast, rows)
        return Speed(ratio, ratio, ratio, ratio, outputs=outputs), True

    def taken(call, answer):
        call()
        return 0.01

    patch.setattr(f"{SUITE}.compare", compare)
    patch.setattr(f"{SUITE}.cpu_of", taken)
    patch.setattr(f"{SUITE}.family_cpu_of", taken)
    patch.setattr(f"{SUITE}.measure_shares", lambda rows: [SHARES, SHARES])
    patch.setattr("grader.suite_kit.resources.family_peak_mb", lambda: 200.0)  # that of the test process does not count


def short_clocks(patch, expected):
    """One short round of pairs is measured; a ratio on the plateau of the points expected takes its figure's place."""
    points = expected["test-speed"]

    def compare(slow, fast, fresh, thresholds):
        found = benchmark.one_round(slow, fast, fresh)
        ratio = PLATEAUS.get(points, found.ratio)
        wall = found.wall_ratio if points == 0 else ratio
        return replace(found, ratio=ratio, low=ratio, high=ratio, wall_ratio=wall, alike=1.0), True

    patch.setattr(f"{SUITE}.compare", compare)
    patch.setattr(f"{SUITE}.measure_shares", lambda rows: [SHARES, SHARES])
    patch.setattr(benchmark, "PAIRS", 3)


def spelled_in_its_form(digits):
    """A profile of the right form whose figures spell what its author saw."""
    return {"shares": {**SHARES, "read": 0.33 + digits, "join": 0.12 - digits}, "limit": digits}
