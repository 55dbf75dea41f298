"""Hidden cases of `improve_throughput`: the public families, drawn from the instructor's secret."""

import numpy as np

from grader.suites.improve_throughput import cases as public
from grader.suites.improve_throughput.hidden.oracle import expected


def drawn(seed: int | None, evenings_seed: int | None) -> public.Cases:
    """The cases that two seeds give; the answers come from the oracle."""
    return public.draw_cases(np.random.default_rng(seed), expected, (seed or 0) + 1, evenings_seed or 0)
