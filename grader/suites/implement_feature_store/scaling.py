"""What ten times the data costs: one script of operations on a new store, CPU time of the process that answers.

The scripts are made so that every right answer follows from the request alone: events come at fixed steps, known at
once, and a row holds the time of its event.
"""

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer
from grader.suite_kit.benchmark import cpu_of

ROWS = 500
TIMES = 10
ROUNDS = 3
BATCH = 10
STEP_S = 10
START_S = 100_000
SHAPES = {"many entities": 20, "one entity": 0}

Operations = list[tuple[str, tuple[Any, ...]]]


@dataclass(frozen=True)
class Growth:
    """How many times the small script's CPU time the large one took (the best of the rounds), and whether all answers
    of both were right."""

    ratio: float
    small_s: float
    right: bool


def script(rng: np.random.Generator, rows: int, rows_an_entity: int) -> tuple[Operations, list[Any]]:
    """Operations, and the right answer to each (None where none is compared). `rows_an_entity` 0: there is one."""
    entities = max(1, rows // rows_an_entity) if rows_an_entity else 1
    operations: Operations = [("define", ("card", ["orders"], None))]
    answers: list[Any] = [None]
    for first in range(0, rows, BATCH):
        numbers = first + rng.permutation(BATCH)
        batch = [_row(int(number), entities) for number in numbers]
        operations.append(("write", ("card", batch, START_S + (first + BATCH) * STEP_S)))
        places = rng.integers(0, first + BATCH, BATCH)
        now_s = START_S + (first + BATCH) * STEP_S
        requests = [{**_request(int(number), entities), "known_s": now_s} for number in places]
        operations.append(("as_of", ("card", requests)))
        answers += [None, [{"orders": one["at_s"] // STEP_S} for one in requests]]
    operations.append(("materialise", ("card", now_s)))
    latest = [_row(number, entities) for number in range(rows - entities, rows)]
    operations += [("online", ("card", row["entity"], now_s)) for row in latest]
    answers += [None, *({"orders": row["orders"]} for row in latest)]
    return operations, answers


def _row(number: int, entities: int) -> dict[str, Any]:
    event_s = START_S + number * STEP_S
    return {"entity": f"e{number % entities}", "event_s": event_s, "orders": event_s // STEP_S}


def _request(number: int, entities: int) -> dict[str, Any]:
    return {"entity": f"e{number % entities}", "at_s": START_S + number * STEP_S}


def measure(answer: Answer, name: str, seed: int, rows_an_entity: int, enough: float) -> Growth:
    """The growth of one shape. A round more is made while the ratio is above `enough`, up to three."""
    from grader.suites.implement_feature_store.judging import agrees

    rng = np.random.default_rng([seed, rows_an_entity])
    ratio, small_s, right = np.inf, np.inf, True
    for _ in range(ROUNDS):
        taken_s = []
        for rows in (ROWS, ROWS, ROWS, ROWS * TIMES):
            operations, answers = script(rng, rows, rows_an_entity)
            store = answer.call(name)
            given: list[Any] = []
            with _uncollected():
                taken_s.append(cpu_of(lambda: given.extend(answer.script(store, operations)), answer))  # noqa: B023
            pairs = zip(given, answers, strict=True)
            right = right and all(agrees(came, wanted) for came, wanted in pairs if wanted is not None)
        small_s = min(small_s, *taken_s[:-1])
        ratio = min(ratio, taken_s[-1] / small_s)
        if ratio <= enough or not right:
            break
    return Growth(float(ratio), float(small_s), right)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection here meanwhile: what it takes follows from all that a kernel holds, not from the store."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
