"""What the contract needs to know of `improve_throughput`: how its clock is fed."""

from dataclasses import replace

import numpy as np

from grader.suite_kit import benchmark
from grader.suite_kit.answer import InKernel
from grader.suite_kit.benchmark import Speed, Subject
from grader.suites.improve_throughput import suite, visits
from mlsd_lib.simulation import compiled

FAST = Speed(ratio=150.0, low=120.0, high=180.0, wall_ratio=140.0)
PLATEAUS = {2.0: 7.5, 4.0: 30.0, 6.0: 150.0}
SUITE = "grader.suites.improve_throughput.suite"


def no_clocks(patch, hidden):
    """A batch is answered, and the ratio is always that of a fast scorer: nothing is timed.

    The compiled simulator stands in for the readable one: it gives the same to the last bit.
    """

    def measure(answer, fast, rows, seed):
        batch = visits.alike(np.random.default_rng(seed), rows)
        some = [list(pair) for pair in enumerate(hidden.expected(batch))][: suite.SAMPLED]
        given = answer.call(fast, batch, method="predict_many")
        return replace(FAST, outputs=((batch, some, given),)), True

    patch.setattr(f"{SUITE}.measure_batch", measure)
    patch.setattr("grader.suites.improve_throughput.evenings.simulate", compiled.simulate)
    patch.setattr("grader.suite_kit.resources.family_peak_mb", lambda: 200.0)  # that of the test process does not count


def short_clocks(patch, expected):
    """One short round of pairs is measured; a ratio on the plateau of the points expected takes its figure's place."""
    points = expected["test-throughput"]

    def measure(answer, fast, rows, seed):
        slow = InKernel({"SlowSample": suite.SlowSample})
        before = Subject(slow, slow.call("SlowSample", seed), "predict_some", times=max(1.0, rows / suite.SAMPLED))
        found = benchmark.one_round(before, Subject(answer, fast, "predict_many"), suite.fresh_batches(seed, rows))
        ratio = PLATEAUS.get(points, found.ratio)
        wall = found.wall_ratio if points == 0 else ratio
        return replace(found, ratio=ratio, low=ratio, high=ratio, wall_ratio=wall, alike=1.0), True

    patch.setattr(f"{SUITE}.measure_batch", measure)
    patch.setattr(benchmark, "PAIRS", 2)
