"""Caches of answers: which questions find the answer to an earlier one, and which find the answer to another one."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Served:
    """Which questions of a log were answered from the cache, and which of them wrongly; shape (questions,) each."""

    hit: np.ndarray
    wrong: np.ndarray


def by_key(keys: Sequence[Hashable], intent: np.ndarray) -> Served:
    """A question is answered from the cache if its key was seen before; the first question with a key fills it."""
    first: dict[Hashable, int] = {}
    served = Served(np.zeros(len(keys), bool), np.zeros(len(keys), bool))
    for place, key in enumerate(keys):
        if key in first:
            served.hit[place], served.wrong[place] = True, intent[place] != intent[first[key]]
        first.setdefault(key, place)
    return served


def by_likeness(likeness: np.ndarray, intent: np.ndarray, threshold: float, same: np.ndarray | None = None) -> Served:
    """A question gets the answer of the stored question most like it, if the likeness reaches `threshold`.

    Else it is answered by the model and stored. `likeness`: shape (questions, questions). `same`, shape (questions,):
    only stored questions with the same value come into consideration.
    """
    count = len(intent)
    served, stored = Served(np.zeros(count, bool), np.zeros(count, bool)), np.zeros(count, bool)
    for place in range(count):
        known = np.flatnonzero(stored[:place] if same is None else stored[:place] & (same[:place] == same[place]))
        nearest = known[likeness[place, known].argmax()] if len(known) else place
        if len(known) and likeness[place, nearest] >= threshold:
            served.hit[place], served.wrong[place] = True, intent[place] != intent[nearest]
        else:
            stored[place] = True
    return served
