"""Whether a service answers as the slow one does: unusual requests, repeats, its input, and incomplete requests."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from grader.suite_kit.answer import Handle, Reply, kind_of
from grader.suite_kit.comparison import agrees, differing, is_number
from grader.suite_kit.score_sheet import Sheet
from grader.suites.reduce_latency.cases import EXERCISE, Cases
from grader.suites.reduce_latency.requests import FIELDS, Request

EXACT = EXERCISE.limit("exact")
RIGHT_WITHIN = EXERCISE.limit("right_within")  # what the guards ask first
Predict = Callable[..., Any]
"""The student's `predict`."""


def how_they_differ(given: list[Any], expected: list[float], missed: list[int]) -> str:
    """By how much answers differ from those expected, at the places that were `missed`; empty where none was."""
    if not missed:
        return ""
    value = given[missed[0]]
    if value is None:
        return "predict gave None. Is a return missing?"
    if isinstance(value, Handle) or not isinstance(value, int | float):
        return f"predict gave {kind_of(value)} that is no plain number. Compute the answer before you return it."
    gaps = [abs(given[i] - expected[i]) for i in missed if is_number(given[i]) and abs(given[i]) <= 1]
    by = f"by up to {max(gaps):.2g}" if len(gaps) == len(missed) else "and some are no probabilities"
    return f"{len(missed)} of {len(given)} answers differ, {by}."


def first_missed(family: str, given: Sequence[Any], cases: Cases, missed: Sequence[int]) -> str:
    """The first answer that differs, apart, with its request; nothing where cases are hidden."""
    if cases.private or not missed:
        return ""
    row, right = cases.of(family)[missed[0]]
    came = f"{given[missed[0]]:.8g}" if is_number(given[missed[0]]) else "no number"
    return f' The first: suite.show("{family}", {missed[0]}) is {row["order"]}, you gave {came}, right is {right:.8g}.'


def judge_unusual(sheet: Sheet, criterion: str, predict: Predict, cases: Cases, said: str, valid: bool = True) -> bool:
    """Judge the requests that come rarely: whether all are answered as the slow service does.

    `said` has {} for the families that are not, with what happened, and {} for the first answer.
    """
    off, first = _unlike(sheet, predict, cases)
    listed = "; ".join(f"{family} ({what})" for family, what in off.items())
    sheet.judge(
        criterion, f"{len(cases.unusual) - len(off)} of {len(cases.unusual)} agree", f"{len(cases.unusual)}", not off,
        said.format(listed, first), explained=valid,
    )  # fmt: skip
    return not off


def _unlike(sheet: Sheet, predict: Predict, cases: Cases) -> tuple[dict[str, str], str]:
    """What happened in each family of unusual requests that is not answered as the slow service does; the first one."""
    off, first = dict[str, str](), ""
    for family, rows in cases.unusual.items():
        given, raised = sheet.tried(partial(list, map(predict, rows)))
        if raised:
            off[family] = f"raised {raised}"
        elif missed := differing(given, cases.unusual_expected[family], EXACT):
            off[family] = f"{len(missed)} of {len(rows)} answers differ"
            first = first or first_missed(family, given, cases, missed)
    return off, first


def judge_repeats(sheet: Sheet, predict: Predict, cases: Cases) -> None:
    """Judge requests that come again, those that differ in one field, and whether the input stays as it was."""
    rows = cases.ordinary[:20]
    order = [*rows, *rows[::-1], *rows[::2]]
    replies: list[Reply] = [predict(row, watch=True) for row in [*order, *cases.twins]]
    values = [reply.value for reply in replies]
    first = {row["order"]: value for row, value in zip(rows, values, strict=False)}
    again = values[len(rows) : len(order)]
    count = sum(
        not is_number(first[row["order"]]) or not agrees(value, first[row["order"]], EXACT)
        for value, row in zip(again, order[len(rows) :], strict=True)
    )
    # Remembered by address, all get the first request's answer where all come to lie at one address: each time again.
    own = zip(values, cases.expected[: len(rows)], strict=False)
    others = sum(_is_anothers(value, cases.expected[:i], right) for i, (value, right) in enumerate(own))
    twins = zip(values[len(order) :], cases.expected, cases.twins_expected, strict=False)
    alike = [i for i, (value, before, right) in enumerate(twins) if _is_anothers(value, [before], right)]
    fields = dict.fromkeys(FIELDS[i % len(FIELDS)] for i in alike)
    changed = sum(reply.changed for reply in replies)
    did = f"{count} of {len(again)} requests got another answer when they came again. " if count else ""
    did += f"{others} of {len(rows)} requests got the answer of one before them. " if others else ""
    if alike:
        did += (
            f"{len(alike)} of {len(cases.twins)} requests that differ from one before in one field got its answer; "
            f"that field was {', '.join(fields)}. "
        )
    did += f"predict changed its input in {changed} of {len(replies)} calls." if changed else ""
    sheet.judge(
        "repeats", f"{count + others + len(alike)} differ, {changed} inputs changed", "0, 0",
        not (count or others or alike or changed), did.strip(),
    )  # fmt: skip


def _is_anothers(given: Any, before: Sequence[float], own: float) -> bool:
    """Whether an answer is wrong, and right for a request that was asked before."""
    return not agrees(given, own, EXACT) and any(agrees(given, earlier, EXACT) for earlier in before)


def judge_incomplete(sheet: Sheet, predict: Predict, whole: Request) -> None:
    """Judge that a request without a field is refused."""
    answered = []
    for field in FIELDS:
        row = {key: value for key, value in whole.items() if key != field}
        _, raised = sheet.tried(partial(predict, row))
        answered += [] if raised else [field]
    sheet.judge(
        "incomplete", f"{len(FIELDS) - len(answered)} of {len(FIELDS)}", f"{len(FIELDS)}", not answered,
        f"Answered although a field is missing: {', '.join(answered)}.",
    )  # fmt: skip


def is_near(text: str, right: float) -> bool:
    """Whether a text is a number near `right`."""
    try:
        return not differing([float(text)], [right], RIGHT_WITHIN)
    except ValueError:
        return False
