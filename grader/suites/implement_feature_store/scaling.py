"""What ten times the data costs: one script of operations on a new store, CPU time of the process that answers and of
all that it started. And what the small script costs beside a plain list that is asked row by row: where every call has
a large fixed cost, ten times the data seem to cost little.

Scripts are drawn afresh each time, names, times and values, so that none is known and no answer follows from its
request. Events come at fixed steps and are known at once, so a list of values is all that is needed to know what is
right.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer
from grader.suite_kit.benchmark import family_cpu_of
from grader.suite_kit.comparison import agrees
from grader.suite_kit.growth import ROUNDS, Growth, measure_growth

ROWS = 500
TIMES = 10
BATCH = 10
SHAPES = {"many entities": 20, "one entity": 0}

Operations = list[tuple[str, tuple[Any, ...]]]


@dataclass
class ScriptMaker:
    """Draws one script of `rows` rows. `rows_an_entity` 0: there is one entity."""

    rng: np.random.Generator
    rows: int
    rows_an_entity: int
    operations: Operations = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        draw = self.rng.integers
        self.entities = max(1, self.rows // self.rows_an_entity) if self.rows_an_entity else 1
        self.view, self.column, self.prefix = (f"{letter}{draw(10**6)}" for letter in "vce")
        self.start_s, self.step_s = int(draw(10_000, 10**6)), int(draw(5, 60))
        self.values = draw(0, 10**6, self.rows).tolist()

    def script(self) -> tuple[Operations, list[Any]]:
        """Operations, and the right answer to each (None where none is compared)."""
        self._do("define", [self.column], None)
        for first in range(0, self.rows, BATCH):
            self._batch(first)
        now_s = self._time_s(self.rows)
        self._do("materialise", now_s)
        for number in range(self.rows - self.entities, self.rows):
            self._do("online", self._entity(number), now_s, right=self._right(number))
        return self.operations, self.answers

    def _batch(self, first: int) -> None:
        now_s = self._time_s(first + BATCH)
        numbers = (first + self.rng.permutation(BATCH)).tolist()
        self._do("write", [self._row(number) for number in numbers], now_s)
        asked = self.rng.integers(0, first + BATCH, BATCH).tolist()
        requests = [{**self._request(number), "known_s": now_s} for number in asked]
        self._do("as_of", requests, right=[self._right(number) for number in asked])

    def _do(self, method: str, *arguments: Any, right: Any = None) -> None:
        self.operations.append((method, (self.view, *arguments)))
        self.answers.append(right)

    def _time_s(self, number: int) -> int:
        return self.start_s + number * self.step_s

    def _entity(self, number: int) -> str:
        return f"{self.prefix}-{number % self.entities}"

    def _row(self, number: int) -> dict[str, Any]:
        place = {"entity": self._entity(number), "event_s": self._time_s(number)}
        return {**place, self.column: self.values[number]}

    def _request(self, number: int) -> dict[str, Any]:
        later_s = int(self.rng.integers(0, self.step_s))
        return {"entity": self._entity(number), "at_s": self._time_s(number) + later_s}

    def _right(self, number: int) -> dict[str, Any]:
        return {self.column: self.values[number]}


@dataclass(frozen=True)
class Cost:
    """`lists`: how many times the CPU time of a plain list the small script took. `growth` is None where that is too
    much: what the large one takes is not asked then."""

    lists: float
    growth: Growth | None


def measure(
    answer: Answer, name: str, rows_an_entity: int, most_lists: float, enough: float, rng: np.random.Generator
) -> Cost:
    """What one shape costs. The least of three small scripts is compared with the list."""
    lists = np.inf
    for _ in range(ROUNDS):
        maker = ScriptMaker(rng, ROWS, rows_an_entity)
        spent_s, right = _timed(answer, name, maker)
        lists = min(lists, spent_s / list_s(maker.operations))
        if not right:
            return Cost(lists, Growth(np.inf, False))
        if lists <= most_lists:
            break
    else:
        return Cost(lists, None)
    return Cost(
        lists,
        measure_growth(lambda rows: _timed(answer, name, ScriptMaker(rng, rows, rows_an_entity)), ROWS, TIMES, enough),
    )


def list_s(operations: Operations) -> float:
    """CPU seconds in which a plain list of the rows answers a script's requests, by looking at every row each time."""
    kept: list[dict[str, Any]] = []
    started_s = time.process_time()
    for method, (_, given, *_) in operations:
        if method == "write":
            kept += given
        elif method == "as_of":
            for asked in given:
                seen = [row for row in kept if row["entity"] == asked["entity"] and row["event_s"] <= asked["at_s"]]
                max(seen, key=lambda row: row["event_s"])
    return time.process_time() - started_s


def _timed(answer: Answer, name: str, maker: ScriptMaker) -> tuple[float, bool]:
    """CPU seconds of one script on a new store, and whether all of its answers were right."""
    operations, answers = maker.script()
    store = answer.call(name)
    given: list[Any] = []
    with answer.uncollected():
        spent_s = family_cpu_of(lambda: given.extend(answer.script(store, operations)), answer)
    pairs = zip(given, answers, strict=True)
    return spent_s, all(agrees(came, wanted) for came, wanted in pairs if wanted is not None)
