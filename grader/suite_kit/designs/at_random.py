"""Valid designs at random from the ranges of a document: a task must not be passed by luck."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from grader.errors import GraderError
from grader.suite_kit.designs.task import DesignTask, Document, RefusedDesign

TRIES = 1_000
LEFT_OUT = object()


class Option(Protocol):
    """An entry of a document that can be drawn."""

    def draw(self, rng: np.random.Generator) -> Any: ...


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def draw(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.low, self.high + 1))


@dataclass(frozen=True)
class Real:
    """A number from `low` to `high`."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class Log:
    """A number from `low`, above 0, to `high`, each order of magnitude as likely; `whole` numbers only, if asked."""

    low: float
    high: float
    whole: bool = False

    def draw(self, rng: np.random.Generator) -> float | int:
        drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return round(drawn) if self.whole else drawn


@dataclass(frozen=True)
class OneOf:
    """One of some values."""

    values: Sequence[Any]

    def draw(self, rng: np.random.Generator) -> Any:
        return self.values[int(rng.integers(len(self.values)))]


@dataclass(frozen=True)
class Maybe:
    """An entry that is left out in all but a `share` of the documents."""

    option: "Option | Mapping[str, Any]"
    share: float = 0.5

    def draw(self, rng: np.random.Generator) -> Any:
        return _drawn(self.option, rng) if rng.random() < self.share else LEFT_OUT


def random_document(
    rng: np.random.Generator, options: Mapping[str, Any], task: DesignTask[Document]
) -> tuple[dict[str, Any], Document]:
    """A document as plain data, and as its type reads it; what contradicts itself is drawn again.

    `options` holds an option for each entry, mappings within mappings as in the document. Raises `GraderError` if no
    valid one is found.
    """
    for _ in range(TRIES):
        plain = _drawn(options, rng)
        try:
            return plain, task.read(plain)
        except RefusedDesign as refused:
            why = str(refused)
    raise GraderError(f"None of {TRIES} documents at random was accepted; the last: {why} Correct the options.")


def _drawn(option: Any, rng: np.random.Generator) -> Any:
    if not isinstance(option, Mapping):
        return option.draw(rng)
    found = {name: _drawn(part, rng) for name, part in option.items()}
    return {name: value for name, value in found.items() if value is not LEFT_OUT}
