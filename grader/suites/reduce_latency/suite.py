"""The tests of `reduce_latency`: what each asks of the student's objects. `suite_kit.speed_steps` judges speeds."""

import math
from functools import partial
from itertools import islice
from typing import Any

from grader.suite_kit.accuracy_guard import judge_accuracy
from grader.suite_kit.answer import Answer, InKernel, InReplicas
from grader.suite_kit.benchmark import ROUNDS, Subject, compare, cpu_of, family_cpu_of
from grader.suite_kit.comparison import differing
from grader.suite_kit.score_sheet import Sheet
from grader.suite_kit.speed_steps import SpeedTest
from grader.suites.reduce_latency.cases import CASES, EXERCISE, fresh_requests
from grader.suites.reduce_latency.cities import draw_cities
from grader.suites.reduce_latency.right_answers import (
    EXACT,
    RIGHT_WITHIN,
    Predict,
    first_missed,
    how_they_differ,
    is_near,
    judge_incomplete,
    judge_repeats,
    judge_unusual,
)
from grader.suites.reduce_latency.service import SlowService
from grader.suites.reduce_latency.stages import REQUESTS, Shares, judge_profile, measure_shares

THRESHOLDS, STEP_POINTS = EXERCISE.steps("steps"), EXERCISE.limit("step_points")
MEMORY_MB, START_CPU_S = EXERCISE.limit("memory_mb"), EXERCISE.limit("start_cpu_s")
FIRST_REQUEST = 2  # times what the slow service needs

NO_REPLICA = "In a process of its own, with the cells before this one, FastService gave no right answer."

begin, hint = EXERCISE.begin, EXERCISE.hint


def warm() -> None:
    """What every submission needs alike, done once in a process of the grader's before it forks."""
    CASES.keep()
    SlowService().predict(CASES.find().ordinary[0])


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
    cases = CASES.open(sheet)
    predict: Predict = partial(answer.call, answer.call(name), method="predict")
    given = [predict(row) for row in cases.ordinary]
    missed = differing(given, cases.expected, EXACT)
    sheet.judge(
        "ordinary", f"{len(missed)} of {len(given)} differ", "0, by 1e-6", not missed,
        how_they_differ(given, cases.expected, missed) + first_missed("ordinary", given, cases, missed),
    )  # fmt: skip
    judge_unusual(sheet, "unusual", predict, cases, "Not as the slow service answers: {}.{}")
    judge_repeats(sheet, predict, cases)
    judge_accuracy(sheet, given, cases.expected, cases.late, "orders whose end is known")


@EXERCISE.graded("speed")
def speed(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time against the slow service, request by request, on fresh requests."""
    slow = InKernel({"SlowService": SlowService})
    cases, fast = CASES.open(sheet), answer.call(name)
    before, after = Subject(slow, slow.call("SlowService"), "predict"), Subject(answer, fast, "predict")
    in_a_row = [(right, after(row)) for row, right in cases.of("ordinary")[:20]]
    measured = compare(before, after, fresh_requests(cases.seed + 1), THRESHOLDS)
    timed = [(right, given) for _, right, given in measured[0].outputs]
    test = SpeedTest(sheet, "request", "the slow service")
    valid = test.judge_validity([measured[0]], [*in_a_row, *timed])
    said = "The last step is for a service that can replace the slow one; yours answers otherwise: {}."
    replaces = judge_unusual(sheet, "rare", after, cases, said, valid)
    for thresholds, met in ((THRESHOLDS[:-1], valid), (THRESHOLDS[-1:], valid and replaces)):
        test.judge_steps("faster", measured, thresholds, met, STEP_POINTS)


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
    predict: Predict = partial(answer.call, kept[0], method="predict")
    given = [kept[1], *map(predict, cases.ordinary[2:40])]
    if len(differing(given, cases.expected[1:40], RIGHT_WITHIN)) > 2:
        sheet.end("fail", f"The guards count only for a service whose answers are right to within {RIGHT_WITHIN:g}.")
        return
    judge_incomplete(sheet, predict, cases.ordinary[0])
    came = True
    if replica is not None:  # what was made above may rest on what earlier cells and calls have prepared
        start_s, came = max(start_s, replica[0]), is_near(replica[1], cases.expected[2])
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
