"""Whether a scorer answers as the slow one does: in any company, order and size of batch, and beside broken rows."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from grader.suite_kit.answer import kind_of
from grader.suite_kit.comparison import agrees, differing
from grader.suite_kit.score_sheet import Sheet
from grader.suites.improve_throughput import visits
from grader.suites.improve_throughput.cases import EXERCISE, Answers, Cases, fresh_batches

EXACT = EXERCISE.limit("exact")


SAME = f"0, by {EXACT:g}".replace("e-0", "e-")


SMALL = 60  # the most rows of the small batches with which a large one is compared


Asked = Callable[[list[Any]], Any]
"""The student's `predict_many`."""


def wrong_in(given: Any, right: Answers) -> int:
    """How many answers of a batch are not right; all, if it is no list of as many."""
    if type(given) not in (list, tuple) or len(given) != len(right):
        return max(len(right), 1)
    return len(differing(given, right, EXACT))


def how_wrong(sheet: Sheet, given: Sequence[Any], right: Sequence[Answers]) -> str:
    """What is wrong with the first batch that has a wrong answer."""
    first = next((i for i, pair in enumerate(zip(given, right, strict=True)) if wrong_in(*pair)), None)
    if first is None:
        return ""
    came, wanted = given[first], right[first]
    if came is None:
        return "predict_many gave None. Is a return missing?"
    if type(came) not in (list, tuple):
        return (
            "predict_many must give a plain list with a number or None for each row; it gave "
            f"{sheet.censored(kind_of(came))}. From an array or a Series: .tolist(); from what is lazy: list(...)."
        )
    if len(came) != len(wanted):
        many = sheet.censored(str(len(came)))
        return f"predict_many gave {many} answers for {len(wanted)} rows; there must be one in each row's place."
    if _same_answers(came, wanted):
        return f"In a batch of {len(wanted)} rows the answers are right, and in another order than the rows."
    return f"The first batch with a wrong answer has {len(wanted)} rows, of which {wrong_in(came, wanted)} are wrong."


def _same_answers(came: Sequence[Any], wanted: Answers) -> bool:
    """Whether the right answers came, in whatever order."""
    try:
        return agrees(sorted(came), sorted(answer for answer in wanted if answer is not None), EXACT)
    except TypeError:
        return False


def judge_company(sheet: Sheet, ask: Asked, cases: Cases, large: Mapping[int, tuple[Any, Answers]]) -> None:
    """The same rows alone, in another order, with the longest ones, again, and in batches of the timed sizes."""
    rows, right = cases.batches[-1], cases.batches_expected[-1]
    long, long_right = cases.unusual[2::5], cases.unusual_expected[2::5]
    few = slice(0, 12)
    parts = {
        "alone": ([_only(ask([row])) for row in rows[few]], right[few]),
        "in another order": (ask(rows[::-1]), right[::-1]),
        "beside longer ones": (ask([*long, *rows[few], *long]), [*long_right, *right[few], *long_right]),
        "after another batch": (ask(rows[few]), right[few]),
        "twice in a batch": (ask([*rows[few], *rows[few]]), [*right[few], *right[few]]),
        **{f"in a batch of {size:,}": pair for size, pair in large.items()},
    }
    off = {how: count for how, (came, wanted) in parts.items() if (count := wrong_in(came, wanted))}
    total = sum(len(wanted) for _, wanted in parts.values())
    said = ", ".join(f"{how} ({count} of {len(parts[how][1])})" for how, count in off.items())
    sheet.judge(
        "company", f"{sum(off.values())} of {total} differ", SAME, not off,
        f"A row's answer depends on the rest of its batch, on its place or on an earlier batch. Wrong {said}.",
    )  # fmt: skip


def _only(given: Any) -> Any:
    return given[0] if type(given) in (list, tuple) and len(given) == 1 else None


def judge_broken(sheet: Sheet, ask: Asked, cases: Cases) -> None:
    problems = []
    asked: list[tuple[list[Any], Answers, str]] = [
        (cases.broken, cases.broken_expected, f"a batch with {len(visits.BROKEN)} broken rows"),
        ([visits.BROKEN[0]], [None], "a broken row alone"),
        ([], [], "an empty batch"),
    ]
    for rows, right, what in asked:
        came, raised = sheet.tried(partial(ask, rows))
        if raised:
            problems.append(f"{what} raised {raised}")
        elif not rows and (type(came) not in (list, tuple) or len(came)):
            problems.append(f"{what} must give an empty list")
        elif rows and (wrong := wrong_in(came, right)):
            problems.append(f"{what}: {wrong} of {len(right)} answers are wrong")
    sheet.judge(
        "broken", f"{3 - len(problems)} of 3", "3", not problems,
        f"A row that is no visit gets None in its place, and the others their answers. {'; '.join(problems)}.",
    )  # fmt: skip


def large_batch(ask: Asked, cases: Cases, size: int) -> tuple[Any, Answers]:
    """What a large batch of visits like the timed ones gave, and what the same visits give in small batches."""
    rows, sizes = next(fresh_batches(cases.seed + 1, size)), np.random.default_rng([cases.seed, *b"small"])
    came, apart = ask(rows), Answers()
    while len(apart) < size:
        some = rows[len(apart) :][: sizes.integers(1, SMALL, endpoint=True)]
        given = ask(some)
        if type(given) not in (list, tuple) or len(given) != len(some):
            return came, [None] * size
        apart += given
    return came, apart
