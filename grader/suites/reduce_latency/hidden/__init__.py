"""Hidden cases of `reduce_latency`: the public families, drawn from the instructor's secret."""

import numpy as np

from grader.suites.reduce_latency import cases as public
from grader.suites.reduce_latency.hidden.oracle import expected

ORDINARY = 120
UNUSUAL = 6


def drawn(seed: int | None, timing_seed: int | None) -> public.Cases:
    """The cases that two seeds give; the answers come from the oracle."""
    rng = np.random.default_rng(seed)
    return public.draw_cases(rng, public.places(), expected, ORDINARY, UNUSUAL, timing_seed or 0)
