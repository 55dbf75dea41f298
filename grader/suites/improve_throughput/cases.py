"""The cases of `improve_throughput`: batches of visits and what the slow scorer answers, drawn from a seed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suites.improve_throughput import visits
from grader.suites.improve_throughput.service import HERE

EXERCISE = load_exercise(HERE)
SIZES = (1, 2, 3, 7, 12, 40)  # rows of the batches of ordinary visits
UNUSUAL = 25
Answers = list[float | None]


@dataclass(frozen=True)
class Cases:
    """`batches` of ordinary visits, one of `unusual` ones, one with `broken` rows among others, and what is expected of
    each; `seed` draws the timed visits, `evenings_seed` the scenarios; nothing of `private` cases is shown.
    """

    batches: list[list[Any]]
    batches_expected: list[Answers]
    unusual: list[Any]
    unusual_expected: Answers
    broken: list[Any]
    broken_expected: Answers
    seed: int
    evenings_seed: int
    private: bool = False


def draw_cases(
    rng: np.random.Generator, answer: Callable[[list[Any]], Answers], seed: int, evenings_seed: int
) -> Cases:
    """New cases, with what `answer` gives for each batch."""
    batches = [visits.simulate(rng, size)[0] for size in SIZES]
    unusual = visits.unusual(rng, UNUSUAL)
    whole, _ = visits.simulate(rng, 3 * len(visits.BROKEN))
    broken: list[Any] = [*whole, *visits.BROKEN]
    broken = [broken[i] for i in rng.permutation(len(broken))]
    return Cases(
        batches, [answer(rows) for rows in batches], unusual, answer(unusual), broken, answer(broken), seed,
        evenings_seed,
    )  # fmt: skip


CASES = CaseSource(EXERCISE, Cases)


def fresh_batches(seed: int, rows: int) -> Iterator[list[str]]:
    """Batches of so many visits without end, each visit a new one."""
    rng = np.random.default_rng([seed, rows])
    while True:
        yield visits.alike(rng, rows)
