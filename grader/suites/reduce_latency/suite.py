"""The tests of `reduce_latency`: what each asks of the student's objects. `suite_kit.speed_steps` judges speeds."""

import json
import math
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Any, Protocol, runtime_checkable

from grader.suite_kit.accuracy_guard import judge_accuracy
from grader.suite_kit.answer import Answer, Handle, InKernel, Reply, kind_of
from grader.suite_kit.benchmark import ROUNDS, Subject, compare, cpu_of, family_cpu_of
from grader.suite_kit.comparison import agrees, differing, is_number
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.score_sheet import Sheet
from grader.suite_kit.speed_steps import judge_steps, judge_validity
from grader.suites.reduce_latency.cases import CASES, EXERCISE, Cases, fresh_requests
from grader.suites.reduce_latency.cities import City, draw_cities
from grader.suites.reduce_latency.requests import FIELDS, Request
from grader.suites.reduce_latency.service import SlowService
from grader.suites.reduce_latency.stages import REQUESTS, Shares, judge_profile, measure_shares
from notebook_runner.errors import require_one_of

THRESHOLDS, STEP_POINTS = EXERCISE.steps("steps"), EXERCISE.limit("step_points")
EXACT, MEMORY_MB, START_CPU_S = EXERCISE.limit("exact"), EXERCISE.limit("memory_mb"), EXERCISE.limit("start_cpu_s")
RIGHT_WITHIN = EXERCISE.limit("right_within")  # what the guards ask first
FIRST_REQUEST = 2  # times what the slow service needs

NO_REPLICA = "In a process of its own, with the cells before this one, FastService gave no right answer."


@runtime_checkable
class InReplicas(Protocol):
    """An answer that can be made in a fresh process: see `grader.grading.remote_answer`."""

    def replica(self, method: str, request: Any) -> tuple[float, str] | None: ...


begin, hint = EXERCISE.begin, EXERCISE.hint


def warm() -> None:
    """What every submission needs alike, done once in a process of the grader's before it forks."""
    CASES.keep()
    SlowService().predict(CASES.find().ordinary[0])


def practice_requests(number: int, seed: int = 1) -> list[Request]:
    """`number` fresh requests to try things on; the tests use others."""
    fresh = fresh_requests(seed)
    return [next(fresh) for _ in range(number)]


def practice_cities(seed: int = 1) -> dict[str, City]:
    """A city of each kind to try things on; the tests use others."""
    return draw_cities(seed)


def show(family: str = "ordinary", number: int = 0) -> None:
    """Prints a public request of the second test, and what the slow service answers to it."""
    cases = CASES.public()
    require_one_of("The family", family, ("ordinary", *cases.unusual), ExerciseError)
    row, right = cases.of(family)[number]
    print(f"{json.dumps(row)}\n-> {right!r}")


@EXERCISE.graded("profile")
def profile(sheet: Sheet, answer: Answer, name: str) -> None:
    """Where the time goes in each city: the student's shares and limit against those measured now."""
    cases = CASES.open(sheet)
    cities, fresh = draw_cities(cases.seed), fresh_requests(cases.seed)
    given: dict[str, Any] = {}
    measured: dict[str, list[Shares]] = {}
    for kind, city in cities.items():  # one after the other, so that what else the machine does meets both
        given[kind] = answer.call(name, city)
        measured[kind] = measure_shares(city, list(islice(fresh, REQUESTS)))
    for _ in range(ROUNDS - 1):
        if not (again := judge_profile(sheet, given, measured)):
            return
        for kind in again:
            measured[kind] += measure_shares(cities[kind], list(islice(fresh, REQUESTS)))
    judge_profile(sheet, given, measured)


@EXERCISE.graded("same answers")
def same_answers(sheet: Sheet, answer: Answer, name: str) -> None:
    """Ordinary and unusual requests, repeats, untouched input, and the accuracy guard."""
    cases, fast = CASES.open(sheet), answer.call(name)
    given = _predicted(answer, fast, cases.ordinary)
    missed = differing(given, cases.expected, EXACT)
    sheet.judge(
        "ordinary", f"{len(missed)} of {len(given)} differ", "0, by 1e-6", not missed,
        _how_they_differ(given, cases.expected, missed) + _first("ordinary", given, cases, missed),
    )  # fmt: skip
    _unusual(sheet, answer, fast, cases)
    _repeats(sheet, answer, fast, cases)
    judge_accuracy(sheet, given, cases.expected, cases.late, "orders whose end is known")


def _how_they_differ(given: list[Any], expected: list[float], missed: list[int]) -> str:
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


def _first(family: str, given: Sequence[Any], cases: Cases, missed: Sequence[int]) -> str:
    """The first answer that differs, apart, with its request; nothing where cases are hidden."""
    if cases.private or not missed:
        return ""
    row, right = cases.of(family)[missed[0]]
    came = f"{given[missed[0]]:.8g}" if is_number(given[missed[0]]) else "no number"
    return f' The first: suite.show("{family}", {missed[0]}) is {row["order"]}, you gave {came}, right is {right:.8g}.'


def _unusual(sheet: Sheet, answer: Answer, fast: Handle, cases: Cases) -> None:
    off, first = _off(sheet, answer, fast, cases)
    sheet.judge(
        "unusual", f"{len(cases.unusual) - len(off)} of {len(cases.unusual)} agree", f"{len(cases.unusual)}", not off,
        f"Not as the slow service answers: {_listed(off)}.{first}",
    )  # fmt: skip


def _listed(off: dict[str, str]) -> str:
    return "; ".join(f"{family} ({what})" for family, what in off.items())


def _off(sheet: Sheet, answer: Answer, fast: Handle, cases: Cases) -> tuple[dict[str, str], str]:
    """What happened in each family of unusual requests that is not answered as the slow service does; the first one."""
    off, first = dict[str, str](), ""
    for family, rows in cases.unusual.items():
        given, raised = sheet.tried(partial(_predicted, answer, fast, rows))
        if raised:
            off[family] = f"raised {raised}"
        elif missed := differing(given, cases.unusual_expected[family], EXACT):
            off[family] = f"{len(missed)} of {len(rows)} answers differ"
            first = first or _first(family, given, cases, missed)
    return off, first


def _predicted(answer: Answer, fast: Handle, rows: Sequence[Request]) -> list[Any]:
    return [answer.call(fast, row, method="predict") for row in rows]


def _repeats(sheet: Sheet, answer: Answer, fast: Handle, cases: Cases) -> None:
    rows = cases.ordinary[:20]
    order = [*rows, *rows[::-1], *rows[::2]]
    replies: list[Reply] = [answer.call(fast, row, method="predict", watch=True) for row in [*order, *cases.twins]]
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


@EXERCISE.graded("speed")
def speed(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time against the slow service, request by request, on fresh requests."""
    slow = InKernel({"SlowService": SlowService})
    cases, fast = CASES.open(sheet), answer.call(name)
    before, after = Subject(slow, slow.call("SlowService"), "predict"), Subject(answer, fast, "predict")
    in_a_row = [(right, after(row)) for row, right in cases.of("ordinary")[:20]]
    found, sure = compare(before, after, fresh_requests(cases.seed + 1), THRESHOLDS)
    timed = [(right, given) for _, right, given in found.outputs]
    valid = judge_validity(sheet, [found], [*in_a_row, *timed], "request", "the slow service")
    off, _ = _off(sheet, answer, fast, cases)
    sheet.judge(
        "rare", f"{len(cases.unusual) - len(off)} of {len(cases.unusual)} agree", f"{len(cases.unusual)}", not off,
        f"The last step is for a service that can replace the slow one; yours answers otherwise: {_listed(off)}.",
        explained=valid,
    )  # fmt: skip
    for thresholds, met in ((THRESHOLDS[:-1], valid), (THRESHOLDS[-1:], valid and not off)):
        judge_steps(sheet, "faster", found, sure, thresholds, met, "request", "the slow service", STEP_POINTS)


@EXERCISE.graded("guards")
def guards(sheet: Sheet, answer: Answer, name: str) -> None:
    """Incomplete requests, the start and the first request, memory. Only for a service whose answers are right."""
    cases = CASES.open(sheet)
    slow = InKernel({"SlowService": SlowService})
    old = slow.call("SlowService")
    slow.call(old, cases.ordinary[0], method="predict")
    kept: list[Any] = []
    start_s = family_cpu_of(lambda: kept.append(answer.call(name)), answer)
    with answer.uncollected():
        first_s = cpu_of(lambda: kept.append(answer.call(kept[0], cases.ordinary[1], method="predict")), answer)
    most_s = FIRST_REQUEST * cpu_of(lambda: slow.call(old, cases.ordinary[1], method="predict"), slow)
    replica = answer.replica("predict", cases.ordinary[2]) if isinstance(answer, InReplicas) else None
    given = [kept[1], *(answer.call(kept[0], row, method="predict") for row in cases.ordinary[2:40])]
    if len(differing(given, cases.expected[1:40], RIGHT_WITHIN)) > 2:
        sheet.end("fail", f"The guards count only for a service whose answers are right to within {RIGHT_WITHIN:g}.")
        return
    _incomplete(sheet, answer, kept[0], cases.ordinary[0])
    came = True
    if replica is not None:  # what was made above may rest on what earlier cells and calls have prepared
        start_s, came = max(start_s, replica[0]), _is_near(replica[1], cases.expected[2])
    late = "What is done once belongs in __init__, and must end soon."
    worked = f"__init__ worked {start_s:.1f} s, with what it needs of the cells before." if came else NO_REPLICA
    sheet.judge(
        "start", f"{start_s:.2f} s, {first_s * 1e3:.1f} ms", f"{START_CPU_S:g} s, {most_s * 1e3:.0f} ms",
        came and start_s <= START_CPU_S and first_s <= most_s, late if came and first_s > most_s else worked,
    )  # fmt: skip
    peak = answer.peak_mb()
    sheet.judge(
        "memory", f"{peak:.0f} MB", f"{MEMORY_MB} MB", peak <= MEMORY_MB,
        "Memory is counted since the kernel started: if an experiment took it, restart and run all cells.",
    )  # fmt: skip


def _is_near(text: str, right: float) -> bool:
    """Whether a text is a number near `right`."""
    try:
        return not differing([float(text)], [right], RIGHT_WITHIN)
    except ValueError:
        return False


def _incomplete(sheet: Sheet, answer: Answer, fast: Handle, whole: Request) -> None:
    answered = []
    for field in FIELDS:
        row = {key: value for key, value in whole.items() if key != field}
        _, raised = sheet.tried(partial(answer.call, fast, row, method="predict"))
        answered += [] if raised else [field]
    sheet.judge(
        "incomplete", f"{len(FIELDS) - len(answered)} of {len(FIELDS)}", f"{len(FIELDS)}", not answered,
        f"Answered although a field is missing: {', '.join(answered)}.",
    )  # fmt: skip


@EXERCISE.graded("shadow")
def shadow(sheet: Sheet, answer: Answer, name: str) -> None:
    """How many shadow requests must agree before the switch."""
    plans = CASES.open(sheet).plans
    given = [answer.call(name, share, confidence) for share, confidence in plans]
    right = [math.ceil(math.log(1 - confidence) / math.log(1 - share)) for share, confidence in plans]
    count = len(differing(given, right))
    few = sum(isinstance(value, int | float) and value < number for value, number in zip(given, right, strict=True))
    sheet.judge(
        "shadow", f"{len(plans) - count} of {len(plans)}", f"{len(plans)}", not count,
        f"Of {len(plans)} plans you asked for too few requests in {few}, and in {count - few} for more than are "
        "needed, or for no number.",
    )  # fmt: skip
