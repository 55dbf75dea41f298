"""The cases of `implement_feature_store`: scripts of operations with the answers that are right.

The public ones are stored; the hidden ones are written by the same functions from other seeds. The instructor's
choice of seeds and sizes is known to `grader.hidden` alone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.suites import hidden
from grader.suites.implement_feature_store.families import FAMILIES

HERE = Path(__file__).parent
NAME = "implement_feature_store"
A_FAMILY = 4
MORE = {"any order": 6, "any mixture": 32}
PUBLIC_SEED = 11


@dataclass(frozen=True)
class Case:
    """`steps` (method, arguments, what the step is about) and what is `expected` at each: see `scripts.Script`."""

    steps: list[list[Any]]
    expected: list[Any]


@dataclass(frozen=True)
class Trial:
    """One store for the student's tests: right if `family` is empty, else with the planted `bug` of that size.

    `lent` makes the store in the checker; without it the store is the student's own, distorted.
    """

    family: str = ""
    bug: str = ""
    size: int = 0
    lent: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Cases:
    """Cases by family, and trials in the order in which they are made.

    Nothing of `private` cases is shown.
    """

    families: dict[str, list[Case]]
    trials: list[Trial]
    private: bool = False


_KEPT: list[Cases] = []


def draw_families(seed: int, answers: Callable[[list[list[Any]]], list[Any]]) -> dict[str, list[Case]]:
    """New cases of every family; `answers` gives what is expected at each step of a script."""
    drawn = {}
    for number, (family, write_one) in enumerate(FAMILIES.items()):
        rng = np.random.default_rng([seed, number])
        scripts = [write_one(rng).steps for _ in range(MORE.get(family, A_FAMILY))]
        drawn[family] = [Case(steps, answers(steps)) for steps in scripts]
    return drawn


def cases() -> Cases:
    """The hidden cases where the grader has them, the public ones otherwise."""
    return _KEPT[0] if _KEPT else _found()


def keep() -> None:
    """Find the cases once for this process and its forks: for a process of the grader's, never one with an answer."""
    _KEPT[:] = [_found()]


def _found() -> Cases:
    private = hidden(NAME)
    if private is not None:
        found: Cases = private.cases()
        return found
    return Cases(public_families(), public_trials())


def public_families() -> dict[str, list[Case]]:
    """The stored cases, by family."""
    stored = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
    return {family: [Case(**one) for one in some] for family, some in stored.items()}


def public_trials() -> list[Trial]:
    """The student's own store as it is, with its ties decided either way, and with every planted bug."""
    from grader.suites.implement_feature_store.bugs import BUGS, TIES

    planted = [Trial(bug.family, name, bug.sizes[0]) for name, bug in BUGS.items()]
    return [Trial(), *(Trial(bug=name) for name in TIES), *planted]
