"""The cases of `implement_feature_store`: scripts of operations with the answers that are right.

The public ones are stored; the hidden ones are written by the same functions from other seeds. The instructor's
choice of seeds and sizes is known to `hidden` alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suite_kit.planted_bugs import Trial
from grader.suite_kit.scripted import Case
from grader.suites.implement_feature_store.bugs import STORES
from grader.suites.implement_feature_store.families import FAMILIES
from grader.suites.implement_feature_store.scripts import Script

EXERCISE = load_exercise(Path(__file__).parent)
A_FAMILY = 4
MORE = {"any order": 6, "any mixture": 32}


@dataclass(frozen=True)
class Cases:
    """Cases by family, trials in the order in which they are made, and an example a family, to be followed by hand.

    Nothing of `private` cases is shown.
    """

    families: dict[str, list[Case]]
    trials: list[Trial]
    private: bool = False
    examples: dict[str, Case] = field(default_factory=dict)


def draw_families(seed: int, answers: Callable[[list[list[Any]]], list[Any]]) -> dict[str, list[Case]]:
    """New cases of every family; `answers` gives what is expected at each step of a script."""
    drawn = {}
    for number, (family, write_one) in enumerate(FAMILIES.items()):
        rng = np.random.default_rng([seed, number])
        drawn[family] = [_case(write_one, Script(rng), answers) for _ in range(MORE.get(family, A_FAMILY))]
    return drawn


def draw_examples(seed: int, answers: Callable[[list[list[Any]]], list[Any]]) -> dict[str, Case]:
    """A case of every family in small numbers."""
    return {
        family: _case(write_one, Script(np.random.default_rng(seed), small=True), answers)
        for family, write_one in FAMILIES.items()
    }


def _case(write_one: Callable[[Script], None], script: Script, answers: Callable[[list[list[Any]]], list[Any]]) -> Case:
    write_one(script)
    return Case(script.steps, answers(script.steps))


CASES = CaseSource(EXERCISE, Cases, lambda: {"trials": STORES.public_trials()})
