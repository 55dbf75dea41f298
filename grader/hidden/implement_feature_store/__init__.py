"""Hidden cases of `implement_feature_store`: the public families and bugs, drawn from the instructor's secret."""

from dataclasses import replace
from functools import partial

import numpy as np

from grader.hidden.implement_feature_store.oracle import FirstOfTies, ListStore, expected
from grader.hidden.implement_feature_store.sqlstore import SqlStore
from grader.secret import derive
from grader.suites.implement_feature_store import cases as public
from grader.suites.implement_feature_store.bugs import BUGS

NAME = public.EXERCISE.name
RIGHT = {"the last of ties": ListStore, "the first of ties, in SQL": SqlStore, "the first of ties": FirstOfTies}


def cases() -> public.Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive(NAME, "cases"), derive(NAME, "trials"))


def drawn(seed: int | None, trials_seed: int | None) -> public.Cases:
    """The cases that two seeds give; the answers come from the oracle."""
    families = public.draw_families(seed or 0, expected)
    return public.Cases(families, trials(np.random.default_rng(trials_seed)), private=True)


def answered(cases: public.Cases) -> public.Cases:
    """The same cases with the oracle's answers."""
    families = {family: [_answered(one) for one in some] for family, some in cases.families.items()}
    examples = {family: _answered(one) for family, one in cases.examples.items()}
    return replace(cases, families=families, examples=examples)


def _answered(case: public.Case) -> public.Case:
    return public.Case(case.steps, expected(case.steps))


def trials(rng: np.random.Generator) -> list[public.Trial]:
    """Right stores among stores with bugs, in an order that nobody can know; sizes within the published ranges.

    The student's own store is among the right ones, as it is where they try their tests: so a store that its own tests
    reject gets there what it gets here.
    """
    made = [one for one in public.public_trials() if not one.family]
    made += [public.Trial(lent=store) for store in RIGHT.values()]
    for name, bug in BUGS.items():
        least, most = sorted(bug.sizes)
        size = int(rng.integers(least, most + 1))
        made.append(public.Trial(bug.family, name, size, partial(bug.wrapper, ListStore, size)))
    return [made[i] for i in rng.permutation(len(made))]
