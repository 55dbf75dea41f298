"""Hidden cases of `reduce_latency`: the public families, drawn from the instructor's secret."""

from dataclasses import replace

import numpy as np

from grader.secret import derive
from grader.suites.reduce_latency import cases as public
from grader.suites.reduce_latency.hidden.oracle import expected

ORDINARY = 120
UNUSUAL = 6


def cases() -> public.Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive("reduce_latency", "cases"), derive("reduce_latency", "timed requests"))


def drawn(seed: int | None, timing_seed: int | None) -> public.Cases:
    """The cases that two seeds give; the answers come from the oracle."""
    rng = np.random.default_rng(seed)
    cases = public.draw_cases(rng, public.places(), expected, ORDINARY, UNUSUAL, timing_seed or 0)
    return replace(cases, private=True)


def answered(cases: public.Cases) -> public.Cases:
    """The same cases with the oracle's answers."""
    unusual = {family: expected(rows) for family, rows in cases.unusual.items()}
    return replace(
        cases, expected=expected(cases.ordinary), unusual_expected=unusual, twins_expected=expected(cases.twins)
    )
