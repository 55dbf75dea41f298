"""Hidden cases of `improve_throughput`: the public families, drawn from the instructor's secret."""

from dataclasses import replace

import numpy as np

from grader.secret import derive
from grader.suites.improve_throughput import cases as public
from grader.suites.improve_throughput.hidden.oracle import expected

NAME = public.EXERCISE.name


def cases() -> public.Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive(NAME, "cases"), derive(NAME, "evenings"))


def drawn(seed: int | None, evenings_seed: int | None) -> public.Cases:
    """The cases that two seeds give; the answers come from the oracle."""
    rng = np.random.default_rng(seed)
    return replace(public.draw_cases(rng, expected, (seed or 0) + 1, evenings_seed or 0), private=True)


def answered(cases: public.Cases) -> public.Cases:
    """The same cases with the oracle's answers."""
    return replace(
        cases, batches_expected=[expected(rows) for rows in cases.batches], unusual_expected=expected(cases.unusual),
        broken_expected=expected(cases.broken),
    )  # fmt: skip
