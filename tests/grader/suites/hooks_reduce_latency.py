"""What the contract needs to know of `reduce_latency`: how its clocks are fed, and the form of a profile."""

from dataclasses import replace

from grader.suite_kit import benchmark
from grader.suite_kit.benchmark import Speed

SHARES = {"read": 0.33, "join": 0.12, "features": 0.29, "watch": 0.18, "score": 0.08}
PROFILE = f"def profile():\n    return {{'shares': {SHARES}, 'limit': 1 / (1 - 0.33)}}"
UNTIMED = {"profile": PROFILE}  # cells of the reference that read a clock, without one
FAST = Speed(ratio=80.0, low=60.0, high=120.0, wall_ratio=70.0)
PLATEAUS = {3.0: 4.0, 6.0: 15.0, 9.0: 60.0}
SUITE = "grader.suites.reduce_latency.suite"


def no_clocks(patch, hidden):
    """Fresh requests are answered, and the ratio is always that of a fast service: nothing is timed."""

    def compare(slow, fast, fresh, thresholds):
        rows = [next(fresh) for _ in range(12)]
        pairs = zip(rows, hidden.expected(rows), strict=True)
        return replace(FAST, outputs=tuple((row, right, fast(row)) for row, right in pairs)), True

    patch.setattr(f"{SUITE}.compare", compare)
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
