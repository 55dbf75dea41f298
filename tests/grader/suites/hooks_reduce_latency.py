"""What the contract needs to know of `reduce_latency`: how its clocks are fed, and the form of a profile."""

import time
from dataclasses import replace
from statistics import median
from time import thread_time

from grader.suite_kit import benchmark
from grader.suite_kit.benchmark import Speed
from grader.suites.reduce_latency import stages
from grader.suites.reduce_latency.service import STAGES, SlowService

# Milliseconds of a stage: always, for each tree, for each row of the reference; and of fetching them.
COSTS = {"read": (3.5, 0.009, 0.0008), "join": (4, 0, 0), "features": (8, 0, 0), "watch": (4, 0, 0.0004),
         "score": (1, 0.009, 0)}  # fmt: skip
FETCHING = (8, 0.05, 0.008)
PROFILE = f"""
def profile(city):
    costs = {COSTS}.items()
    ms = {{stage: one + tree * city["trees"] + row * city["reference"] for stage, (one, tree, row) in costs}}
    shares = {{stage: one / sum(ms.values()) for stage, one in ms.items()}}
    return {{"shares": shares, "limit": 1 / (1 - shares["read"])}}
"""
UNTIMED = {"profile": PROFILE}  # cells of the reference that read a clock, without one
PLATEAUS = {6.0: 20.0, 9.0: 100.0}
SUITE = "grader.suites.reduce_latency.suite"


def shares_of(city):
    """What `PROFILE` says of a city."""
    namespace = {}
    exec(PROFILE, namespace)
    return namespace["profile"](city)["shares"]


def feed_stages(patch):
    """In cities no stage does its work: each takes what it costs on a clock of ours, and a first `read` fetches."""
    clock_s = [0.0]

    def fed(stage, method):
        def call(self, *arguments):
            if not (city := self.to_fetch):
                return method(self, *arguments)
            fetches = stage == "read" and not vars(self).setdefault("fetched", False)
            for fixed, tree, row in [COSTS[stage], *([FETCHING] if fetches else [])]:
                clock_s[0] += (fixed + tree * city["trees"] + row * city["reference"]) / 1e3
            self.fetched = True
            return None

        return call

    for stage in STAGES:
        patch.setattr(SlowService, stage, fed(stage, getattr(SlowService, stage)))
    patch.setattr(stages, "cpu_s", lambda: clock_s[0])
    patch.setattr(time, "process_time", lambda: clock_s[0])
    patch.setattr(time, "process_time_ns", lambda: round(clock_s[0] * 1e9))


def seconds(call, row):
    """CPU seconds of one call."""
    begun = thread_time()
    call(row)
    return thread_time() - begun


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

    feed_stages(patch)
    patch.setattr(f"{SUITE}.compare", compare)
    patch.setattr(f"{SUITE}.cpu_of", taken)
    patch.setattr(f"{SUITE}.family_cpu_of", taken)
    patch.setattr("grader.suite_kit.resources.family_peak_mb", lambda: 200.0)  # that of the test process does not count


def short_clocks(patch, expected):
    """One short round of pairs is measured; a ratio on the plateau of the points expected takes its figure's place.

    A profile without a clock agrees with the figures of a first round; one that was measured in the sandbox is compared
    with what is measured here in the next.
    """
    points, met = expected["test-speed"], set()

    def compare(slow, fast, fresh, thresholds):
        found = benchmark.one_round(slow, fast, fresh)
        ratio = PLATEAUS.get(points, found.ratio)
        wall = found.wall_ratio if points == 0 else ratio
        return replace(found, ratio=ratio, low=ratio, high=ratio, wall_ratio=wall, alike=1.0), True

    def measured(city, rows):
        again = str(city) in met
        met.add(str(city))
        return stages.measure_shares(city, rows) if again else [shares_of(city)]

    patch.setattr(f"{SUITE}.compare", compare)
    patch.setattr(f"{SUITE}.measure_shares", measured)
    patch.setattr(benchmark, "PAIRS", 3)


def spelled_in_its_form(digits):
    """A profile of the right form whose figures spell what its author saw."""
    shares = shares_of({"trees": 320, "reference": 3000})
    return {"shares": {**shares, "read": shares["read"] + digits, "join": shares["join"] - digits}, "limit": digits}
