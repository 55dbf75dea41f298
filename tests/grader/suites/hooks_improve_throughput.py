"""What the contract needs to know of `improve_throughput`: how its clock is fed."""

import time
from dataclasses import replace

import numpy as np

from grader.suite_kit import benchmark
from grader.suite_kit.answer import InKernel
from grader.suite_kit.benchmark import Speed, Subject
from grader.suites.improve_throughput import timing, visits
from grader.suites.improve_throughput.service import SlowScorer

CALLS = {1: 20, 8: 5, 256: 4}  # by the rows of each
ROUNDS = 6
PLATEAUS = {1.0: {1: 7.5, 256: 7.5}, 3.0: {1: 10.0, 256: 41.0}, 6.0: {1: 10.0, 256: 140.0}}  # by the points expected
SUITE = "grader.suites.improve_throughput.suite"


def quickest_row_s(call, batches):
    """CPU seconds of a row in the quickest call: what else the machine does makes a call slower, never quicker."""
    spent = []
    for batch in batches:
        begun = time.thread_time()
        call(batch)
        spent.append((time.thread_time() - begun) / len(batch))
    return min(spent)


def no_clocks(patch, hidden):
    """No pairs are timed: the ratio is that of the quickest calls, far from every step for all right answers."""
    slow = SlowScorer()

    def measure(answer, fast, rows, seed, steps):
        rng = np.random.default_rng([seed, rows])
        batch = visits.alike(rng, rows)
        some = [list(pair) for pair in enumerate(hidden.expected(batch))]
        given = answer.call(fast, batch, method="predict_many")
        slow_s = fast_s = np.inf
        for _ in range(ROUNDS):
            few, many = ([visits.alike(rng, size) for _ in range(CALLS[size])] for size in (timing.SAMPLED, rows))
            slow_s = min(slow_s, quickest_row_s(slow.predict_many, few))
            fast_s = min(fast_s, quickest_row_s(lambda row: answer.call(fast, row, method="predict_many"), many))
            ratio = float(slow_s / fast_s)
            if ratio >= max(steps):
                break
        return Speed(ratio, ratio, ratio, ratio, outputs=((batch, some, given),)), True

    patch.setattr(f"{SUITE}.measure_batch", measure)
    patch.setattr("grader.suite_kit.resources.family_peak_mb", lambda: 200.0)  # that of the test process does not count


def short_clocks(patch, expected):
    """One short round of pairs is measured; a ratio on the plateau of the points expected takes its figure's place."""
    points = expected["test-throughput"]

    def measure(answer, fast, rows, seed, steps):
        slow = InKernel({"SlowSample": timing.SlowSample})
        before = Subject(slow, slow.call("SlowSample", seed), "predict_some", factor=max(1.0, rows / timing.SAMPLED))
        found = benchmark.one_round(before, Subject(answer, fast, "predict_many"), timing.fresh_batches(seed, rows))
        ratio = PLATEAUS[points][rows] if points in PLATEAUS else found.ratio
        wall = found.wall_ratio if points == 0 else ratio
        return replace(found, ratio=ratio, low=ratio, high=ratio, wall_ratio=wall, alike=1.0), True

    patch.setattr(f"{SUITE}.measure_batch", measure)
    patch.setattr(benchmark, "PAIRS", 2)
