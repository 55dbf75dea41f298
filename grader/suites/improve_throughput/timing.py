"""The slow scorer's time, on a few rows of a batch, against that of the answer."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer, Handle, InKernel
from grader.suite_kit.benchmark import Speed, Subject, compare
from grader.suites.improve_throughput.cases import fresh_batches
from grader.suites.improve_throughput.service import SlowScorer

SAMPLED = 8  # of a batch the slow scorer is timed on so many rows: its time for a row is the same in any batch


class SlowSample:
    """The slow scorer on a few rows of a batch, chosen when the answer is there already or not yet asked for."""

    def __init__(self, seed: int) -> None:
        self.slow, self.rng = SlowScorer(), np.random.default_rng(seed)

    def predict_some(self, rows: list[Any]) -> list[list[Any]]:
        """[place, answer] of up to `SAMPLED` rows."""
        places = self.rng.permutation(len(rows))[:SAMPLED].tolist()
        given = self.slow.predict_many([rows[place] for place in places])
        return [[place, answer] for place, answer in zip(places, given, strict=True)]


def measure_batch(answer: Answer, fast: Handle, rows: int, seed: int, steps: tuple[float, ...]) -> tuple[Speed, bool]:
    """How many times faster than the slow scorer the answer does a row in batches of `rows`."""
    slow = InKernel({"SlowSample": SlowSample})
    before = Subject(slow, slow.call("SlowSample", seed), "predict_some", factor=max(1.0, rows / SAMPLED))
    return compare(before, Subject(answer, fast, "predict_many"), fresh_batches(seed, rows), steps)


def sampled(outputs: Sequence[tuple[Any, Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """(right, given) of the rows that the slow scorer answered too."""
    for rows, some, given in outputs:
        whole = type(given) in (list, tuple) and len(given) == len(rows)
        for place, right in some:
            yield right, given[place] if whole else None
