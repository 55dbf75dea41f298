"""Hidden cases of `implement_feature_store`: the public families and bugs, drawn from the instructor's secret."""

import numpy as np

from grader.suites.implement_feature_store import cases as public
from grader.suites.implement_feature_store.bugs import STORES
from grader.suites.implement_feature_store.hidden.oracle import FirstOfTies, ListStore, expected

RIGHT = (ListStore, FirstOfTies)


def drawn(seed: int | None, trials_seed: int | None) -> public.Cases:
    """The cases that two seeds give; the answers come from the oracle."""
    families = public.draw_families(seed or 0, expected)
    return public.Cases(families, STORES.hidden_trials(np.random.default_rng(trials_seed), RIGHT))


def published(seed: int, _: int) -> public.Cases:
    """The public cases with their examples; they are tried on the student's own store."""
    examples = public.draw_examples(seed, expected)
    return public.Cases(public.draw_families(seed, expected), STORES.public_trials(), examples=examples)
