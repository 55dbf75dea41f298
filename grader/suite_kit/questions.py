"""Questions with a number for an answer: on which side the wrong ones lie, so that nothing is answered by a test."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from grader.suite_kit.comparison import is_number
from grader.suite_kit.score_sheet import Sheet

SIDES = ("too low", "too high", "no number")


def sides(missed: Iterable[tuple[Any, float]]) -> str:
    """On which side the answers lie of those (given, right) that are `missed`: "too low in 2, no number in 1"."""
    counts = Counter(side(given, right) for given, right in missed)
    return ", ".join(f"{name} in {counts[name]}" for name in SIDES if counts[name])


def side(given: Any, right: float) -> str:
    """On which side of what is right an answer lies."""
    return "no number" if not is_number(given) else "too high" if given > right else "too low"


def off(given: Any, right: float, within: float) -> str:
    """On which side of what is right an answer lies; empty if it is right to `within` a share of that."""
    return "" if is_number(given) and abs(given - right) <= within * right else side(given, right)


def what_was_missed(
    sheet: Sheet, name: str, missed: Mapping[int, tuple[Any, float]], asked: int, first: Callable[[int], str]
) -> str:
    """On which side those of the `asked` answers called `name` lie that are `missed`, (given, right) by their number.

    What `first` says of the first of them is added only where nothing is hidden.
    """
    if not missed:
        return ""
    text = f"{name} is {sides(missed.values())} of {asked}."
    return text if sheet.private else f"{text} First{first(next(iter(missed)))}"


def judge_foretold(sheet: Sheet, family: str, key: str, answers: Sequence[tuple[int, Any, str]], unmet: str) -> None:
    """The row of a question about changed designs, of which all `answers` must be right.

    They are (number of the change, what was given as `key`, what is wrong with it). `unmet`: why nothing counts, if so.
    """
    faults = [
        f"of change {number} {sheet.censored(repr(given)[:20])}: {fault}" for number, given, fault in answers if fault
    ]
    did = unmet or f'"{key}" {"; ".join(faults)}.'
    sheet.judge(family, f"{len(answers) - len(faults)} of {len(answers)} right", "all", not (faults or unmet), did)
