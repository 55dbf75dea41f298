"""Hidden cases of `implement_feature_store`: the public families and bugs, drawn from the instructor's secret."""

from dataclasses import replace

import numpy as np

from grader.secret import derive
from grader.suite_kit.scripted import Case
from grader.suites.implement_feature_store import cases as public
from grader.suites.implement_feature_store.bugs import STORES
from grader.suites.implement_feature_store.hidden.oracle import FirstOfTies, ListStore, expected

NAME = public.EXERCISE.name
RIGHT = (ListStore, FirstOfTies)


def cases() -> public.Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive(NAME, "cases"), derive(NAME, "trials"))


def drawn(seed: int | None, trials_seed: int | None) -> public.Cases:
    """The cases that two seeds give; the answers come from the oracle."""
    families = public.draw_families(seed or 0, expected)
    return public.Cases(families, STORES.hidden_trials(np.random.default_rng(trials_seed), RIGHT), private=True)


def answered(cases: public.Cases) -> public.Cases:
    """The same cases with the oracle's answers."""
    families = {family: [_answered(case) for case in some] for family, some in cases.families.items()}
    examples = {family: _answered(case) for family, case in cases.examples.items()}
    return replace(cases, families=families, examples=examples)


def _answered(case: Case) -> Case:
    return Case(case.steps, expected(case.steps))
