"""Whether what an answer gave is what is right: plain data of the same form, numbers within a tolerance."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

NUMBERS = (int, float, np.integer, np.floating)


def agrees(came: Any, right: Any, within: float = 0.0) -> bool:
    """Whether `came` has the form of `right` (None, text, a number, or lists and dictionaries of these) and its values.

    A tuple may stand for a list and a number of numpy's for a number; a bool is none, nor is what is not finite.
    """
    if right is None:
        return came is None
    if isinstance(right, str):
        return isinstance(came, str) and bool(came == right)
    if isinstance(right, dict):
        same = type(came) is dict and _keys(came) == set(right)
        return same and all(agrees(came[name], right[name], within) for name in right)
    if isinstance(right, list):
        same = type(came) in (list, tuple) and len(came) == len(right)
        return same and all(agrees(one, other, within) for one, other in zip(came, right, strict=True))
    return is_number(came) and bool(came == right or abs(float(came) - float(right)) <= within)


def is_number(came: Any) -> bool:
    """Whether it is a finite plain number: no bool, and no integer that is too large for a float."""
    try:
        return isinstance(came, NUMBERS) and not isinstance(came, bool) and math.isfinite(came)
    except OverflowError:
        return False


def differing(given: Sequence[Any], right: Sequence[Any], within: float = 0.0) -> list[int]:
    """Where `given` does not agree with `right`."""
    return [i for i, (one, other) in enumerate(zip(given, right, strict=True)) if not agrees(one, other, within)]


def _keys(came: dict[Any, Any]) -> set[str] | None:
    return set(came) if all(type(name) is str for name in came) else None
