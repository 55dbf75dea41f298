"""Questions with a number for an answer: on which side the wrong ones lie, so that nothing is answered by a test."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from grader.suite_kit.comparison import is_number

SIDES = ("too low", "too high", "no number")


def sides(missed: Iterable[tuple[Any, float]]) -> str:
    """On which side the answers lie of those (given, right) that are `missed`: "too low in 2, no number in 1"."""
    counts = Counter(side(given, right) for given, right in missed)
    return ", ".join(f"{name} in {counts[name]}" for name in SIDES if counts[name])


def side(given: Any, right: float) -> str:
    """On which side of what is right an answer lies."""
    return "no number" if not is_number(given) else "too high" if given > right else "too low"
