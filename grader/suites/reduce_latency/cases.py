"""The cases of `reduce_latency`: requests and the answers that the slow service gives to them.

The public ones are stored; the hidden ones are drawn by the same function from other seeds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suites.reduce_latency import requests
from grader.suites.reduce_latency.service import HERE

EXERCISE = load_exercise(HERE)


@dataclass(frozen=True)
class Cases:
    """`ordinary` requests, whether each came `late`, the `expected` probabilities; `unusual` and `unusual_expected` by
    family; `twins` of the ordinary ones, in their order; `plans` are (largest share of differing answers, confidence);
    `seed` draws the timed requests and the cities; nothing of `private` cases is shown.
    """

    ordinary: list[requests.Request]
    late: list[int]
    expected: list[float]
    unusual: dict[str, list[requests.Request]]
    unusual_expected: dict[str, list[float]]
    twins: list[requests.Request]
    twins_expected: list[float]
    plans: list[list[float]]
    seed: int
    private: bool = False

    def of(self, family: str) -> list[tuple[requests.Request, float]]:
        """The requests of "ordinary" or of an unusual family, each with its right answer."""
        rows, right = self.unusual.get(family, self.ordinary), self.unusual_expected.get(family, self.expected)
        return list(zip(rows, right, strict=True))


def draw_cases(
    rng: np.random.Generator,
    places: list[dict[str, Any]],
    answer: Callable[[list[requests.Request]], list[float]],
    ordinary: int,
    unusual: int,
    seed: int,
) -> Cases:
    """New cases: `ordinary` requests, `unusual` a family, with what `answer` gives for them."""
    rows, late = requests.simulate(rng, ordinary, places)
    odd = requests.unusual(rng, unusual, places, thresholds())
    plans = [[round(float(rng.uniform(0.0005, 0.02)), 5), float(rng.choice([0.9, 0.95, 0.99]))] for _ in range(6)]
    unusual_expected = {name: answer(some) for name, some in odd.items()}
    twins = requests.twins(rows)
    return Cases(rows, late, answer(rows), odd, unusual_expected, twins, answer(twins), plans, seed)


CASES = CaseSource(EXERCISE, Cases)


def fresh_requests(seed: int) -> Iterator[requests.Request]:
    """Ordinary requests without end, each one new."""
    rng = np.random.default_rng(seed)
    while True:
        rows, _ = requests.simulate(rng, 64, places())
        yield from rows


@cache
def places() -> list[dict[str, Any]]:
    """The records of the restaurants."""
    import pandas as pd

    return pd.read_csv(HERE / "restaurants.csv").to_dict("records")


@cache
def thresholds() -> dict[str, list[float]]:
    """Where the model's trees split, by feature."""
    import pandas as pd

    splits = pd.read_csv(HERE / "trees.csv").dropna(subset="feature")
    return {str(name): sorted(set(group.tolist())) for name, group in splits.groupby("feature")["at_most"]}
