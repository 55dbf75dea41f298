"""The tests of the exercise `reduce_latency`: every criterion, the public cases, no oracle.

A test cell of the notebook calls one function below with the student's objects and shows the points it returns.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from grader.suite_kit.answer import Answer, Handle, InKernel, Reply, StudentError, forbid
from grader.suite_kit.benchmark import ROUNDS, Subject, compare, cpu_of, family_cpu_of
from grader.suite_kit.score_sheet import Sheet, graded
from grader.suites.reduce_latency import cases as stored
from grader.suites.reduce_latency import service as service
from grader.suites.reduce_latency.requests import Request
from grader.suites.reduce_latency.service import SlowService
from grader.suites.reduce_latency.stages import judge_profile, measure_shares
from grader.suites.reduce_latency.verdicts import agrees, judge_accuracy, judge_speed, wrong

__all__ = [
    "SlowService",
    "begin",
    "guards",
    "practice_requests",
    "profile",
    "same_answers",
    "service",
    "shadow",
    "speed",
    "warm",
]

FORBIDS = ("grader.hidden", "lightgbm", "numba", "onnxruntime", "treelite", "xgboost")
PRELOADS = ("sklearn.preprocessing",)  # what the slow service imports at its first request
THRESHOLDS = (2.5, 8, 30)
EXACT = 1e-6
MEMORY_MB = 512
START_CPU_S = 2.0
FIRST_REQUEST = 2  # times what the slow service needs
INCOMPLETE = ("placed_at", "restaurant", "vehicle", "distance_km", "items", "basket_usd", "rain_mm", "open_orders")
READ = "Performance requirements, "


def begin() -> None:
    """From here on the modules that the exercise forbids cannot be imported."""
    forbid(FORBIDS)


def warm() -> None:
    """What every submission needs alike, done once in a process of the grader's before it forks."""
    stored.keep()
    service.SlowService().predict(stored.cases().ordinary[0])


def practice_requests(number: int, seed: int = 1) -> list[Request]:
    """`number` fresh requests to try things on; the tests use others."""
    fresh = stored.fresh_requests(seed)
    return [next(fresh) for _ in range(number)]


@graded("profile", 3)
def profile(sheet: Sheet, answer: Answer, name: str) -> None:
    """Where the time goes: the student's shares and limit against those measured now."""
    cases = _cases(sheet)
    given = answer.call(name)
    fresh = stored.fresh_requests(cases.seed)
    measured: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        measured += measure_shares([next(fresh) for _ in range(13)])
        if judge_profile(sheet, given, measured):
            break


@graded("same answers", 4)
def same_answers(sheet: Sheet, answer: Answer, name: str) -> None:
    """Ordinary and unusual requests, repeats, untouched input, and the accuracy guard."""
    cases, fast = _cases(sheet), answer.call(name)
    given = [answer.call(fast, row, method="predict") for row in cases.ordinary]
    count = len(wrong(given, cases.expected, EXACT))
    sheet.criterion(
        "ordinary requests", f"{count} of {len(given)} differ", "0, by 1e-6", count == 0, 1,
        did=_first_difference(given, cases.expected),
        production="users get answers that nobody validated, and no alarm goes off.",
        read=READ + "\"Seven models, four numbers\"",
    )  # fmt: skip
    _unusual(sheet, answer, fast, cases)
    _repeats(sheet, answer, fast, cases)
    judge_accuracy(sheet, given, cases)


def _unusual(sheet: Sheet, answer: Answer, fast: Handle, cases: stored.Cases) -> None:
    off: dict[str, str] = {}
    for family, rows in cases.unusual.items():
        try:
            given = [answer.call(fast, row, method="predict") for row in rows]
        except StudentError as error:
            if error.unfinished:
                raise
            off[family] = f"raised {sheet.raised(error)}"
            continue
        if missed := wrong(given, cases.unusual_expected[family], EXACT):
            off[family] = f"{len(missed)} of {len(rows)} answers differ"
    good = len(cases.unusual) - len(off)
    sheet.criterion(
        "unusual requests, by family", f"{good} of {len(cases.unusual)} agree", f"{len(cases.unusual)}", not off, 1,
        did="Not as the slow service answers: " + "; ".join(f"{family} ({what})" for family, what in off.items()) + ".",
        production="the rare request is where two versions differ; a test on ordinary ones never sees it.",
        read="the methods join and features of SlowService",
    )  # fmt: skip


def _repeats(sheet: Sheet, answer: Answer, fast: Handle, cases: stored.Cases) -> None:
    rows = cases.ordinary[:20]
    order = [*rows, *rows[::-1], *rows[::2]]
    replies: list[Reply] = [answer.call(fast, row, method="predict", watch=True) for row in order]
    first = {row["order"]: reply.value for row, reply in zip(rows, replies, strict=False)}
    again = [(reply.value, first[row["order"]]) for row, reply in zip(order, replies, strict=True)][len(rows) :]
    count = sum(not agrees(one, right, EXACT) for one, right in again)
    # Remembered by address, all get the first request's answer where all come to lie at one address: each time again.
    others = sum(_is_anothers(reply.value, cases.expected[:i], own)
                 for i, (reply, own) in enumerate(zip(replies, cases.expected[: len(rows)], strict=False)))  # fmt: skip
    changed = sum(one.changed for one in replies)
    did = f"{count} of {len(again)} requests got another answer when they came again. " if count else ""
    did += f"{others} of {len(rows)} requests got the answer of one before them. " if others else ""
    did += f"predict changed its input in {changed} of {len(order)} calls." if changed else ""
    sheet.criterion(
        "asked again in another order", f"{count + others} differ, {changed} inputs changed", "0, 0",
        not count and not others and not changed, 1,
        did=did.strip(),
        production="an answer depends on who asked before, so an incident cannot be replayed.",
        read="the docs of id(): an address is used again; an argument belongs to the caller",
    )  # fmt: skip


def _is_anothers(given: Any, before: Sequence[float], own: float) -> bool:
    """Whether an answer is wrong, and right for a request that was asked before."""
    return not agrees(given, own, EXACT) and any(agrees(given, one, EXACT) for one in before)


@graded("speed", 9)
def speed(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time against the slow service, request by request, on fresh requests."""
    slow = InKernel({"SlowService": SlowService})
    cases = _cases(sheet)
    fresh = stored.fresh_requests(cases.seed + 1)
    before = Subject(slow, slow.call("SlowService"), "predict")
    after = Subject(answer, answer.call(name), "predict")
    in_a_row = [(row, right, after(row)) for row, right in zip(cases.ordinary[:20], cases.expected, strict=False)]
    found, sure = compare(before, after, fresh, THRESHOLDS)
    judge_speed(sheet, replace(found, outputs=(*in_a_row, *found.outputs)), sure, THRESHOLDS)


@graded("guards", 3)
def guards(sheet: Sheet, answer: Answer, name: str) -> None:
    """Incomplete requests, the start and the first request, memory. Only for a service whose answers are right."""
    cases = _cases(sheet)
    slow = InKernel({"SlowService": SlowService})
    old = slow.call("SlowService")
    slow.call(old, cases.ordinary[0], method="predict")
    kept: list[Any] = []
    start_s = family_cpu_of(lambda: kept.append(answer.call(name)), answer)
    with answer.uncollected():
        first_s = cpu_of(lambda: kept.append(answer.call(kept[0], cases.ordinary[1], method="predict")), answer)
    most_s = FIRST_REQUEST * cpu_of(lambda: slow.call(old, cases.ordinary[1], method="predict"), slow)
    given = [kept[1], *(answer.call(kept[0], row, method="predict") for row in cases.ordinary[2:40])]
    if len(wrong(given, cases.expected[1:40], 0.02)) > 2:
        sheet.end("fail", "The guards count only for a service whose answers are right to within 0.02.")
        return
    _incomplete(sheet, answer, kept[0], cases)
    sheet.criterion(
        "ready, then a first request", f"{start_s:.2f} s, {first_s * 1e3:.1f} ms",
        f"{START_CPU_S:g} s, {most_s * 1e3:.0f} ms", start_s <= START_CPU_S and first_s <= most_s, 1,
        did="What is done once belongs in __init__, and must end soon."
        if first_s > most_s else f"__init__ worked {start_s:.1f} s.",
        production="each new replica keeps its first user waiting, and scaling out comes too late for a burst.",
        read=READ + "\"Tail at scale\"",
    )  # fmt: skip
    peak = answer.peak_mb()
    sheet.criterion(
        "most memory of the process", f"{peak:.0f} MB", f"{MEMORY_MB} MB", peak <= MEMORY_MB, 1,
        did="Memory is counted since the kernel started: if an experiment took it, restart and run all cells.",
        production="the container is ended by its memory limit, in the middle of a request.",
        read=READ + "\"Seven models, four numbers\"",
    )  # fmt: skip


def _incomplete(sheet: Sheet, answer: Answer, fast: Handle, cases: stored.Cases) -> None:
    answered = []
    for field in (*INCOMPLETE, "recent_delays_min"):
        row = {key: value for key, value in cases.ordinary[0].items() if key != field}
        try:
            answer.call(fast, row, method="predict")
        except StudentError as error:
            if error.unfinished:
                raise
        else:
            answered.append(field)
    sheet.criterion(
        "requests without a field refused", f"{len(INCOMPLETE) + 1 - len(answered)} of {len(INCOMPLETE) + 1}",
        f"{len(INCOMPLETE) + 1}", not answered, 1,
        did=f"Answered although a field is missing: {', '.join(answered)}.",
        production="a client that stops sending a field goes unnoticed, and its users get a guess.",
        read="SlowService raises KeyError for each",
    )  # fmt: skip


@graded("shadow", 1)
def shadow(sheet: Sheet, answer: Answer, name: str) -> None:
    """How many shadow requests must agree before the switch."""
    plans = _cases(sheet).plans
    given = [answer.call(name, share, confidence) for share, confidence in plans]
    right = [math.ceil(math.log(1 - confidence) / math.log(1 - share)) for share, confidence in plans]
    count = len(wrong(given, right, 0))
    few = sum(isinstance(one, int | float) and one < number for one, number in zip(given, right, strict=True))
    sheet.criterion(
        "plans with the smallest number", f"{len(plans) - count} of {len(plans)}", f"{len(plans)}", count == 0, 1,
        did=f"Of {len(plans)} plans you asked for too few requests in {few}, and in {count - few} for more than are "
        "needed, or for no number.",
        production="a switch is made on too little evidence, or waits for evidence that nobody needs.",
        read="the chance that n requests all agree although a share p differs is (1 - p) ** n",
    )  # fmt: skip


def _cases(sheet: Sheet) -> stored.Cases:
    cases = stored.cases()
    sheet.private = cases.private
    return cases


def _first_difference(given: list[Any], expected: list[float]) -> str:
    missed = wrong(given, expected, EXACT)
    if not missed:
        return ""
    value = given[missed[0]]
    if value is None:
        return "predict gave None. Is a return missing?"
    if isinstance(value, Handle) or not isinstance(value, int | float):
        return "predict gave something that is no plain number. Compute the answer before you return it."
    gaps = [abs(given[i] - expected[i]) for i in missed if isinstance(given[i], int | float) and abs(given[i]) <= 1]
    by = f"by up to {max(gaps):.2g}" if len(gaps) == len(missed) else "and some are no probabilities"
    return f"{len(missed)} of {len(given)} answers differ, {by}."
