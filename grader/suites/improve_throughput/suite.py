"""The tests of `improve_throughput`: what each asks of the student's objects."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from grader.suite_kit.answer import Answer, kind_of
from grader.suite_kit.designs import draw_scenarios
from grader.suite_kit.questions import off, side, what_was_missed
from grader.suite_kit.score_sheet import Sheet
from grader.suite_kit.speed_steps import SpeedTest
from grader.suites.improve_throughput.cases import CASES, EXERCISE
from grader.suites.improve_throughput.evenings import (
    FAMILIES,
    QUESTIONS,
    TASK,
    Situation,
    draw_situations,
)
from grader.suites.improve_throughput.right_answers import (
    SAME,
    Asked,
    how_wrong,
    judge_broken,
    judge_company,
    large_batch,
    wrong_in,
)
from grader.suites.improve_throughput.timing import measure_batch, sampled

MEMORY_MB = EXERCISE.limit("memory_mb")
STEPS = {  # by rows of a batch and family: times faster. The loosest is first.
    rows: {family: EXERCISE.limit(family) for family in families}
    for rows, families in {1: ("rows_1",), 256: ("rows_256", "best_256")}.items()
}
LARGE = 2_048

begin, hint = EXERCISE.begin, EXERCISE.hint


def warm() -> None:
    """What every submission needs alike, done once in a process of the grader's before it forks."""
    CASES.keep()
    for situation in draw_situations(CASES.find().evenings_seed):
        situation.truth("in_system")


@EXERCISE.graded("answers")
def answers(sheet: Sheet, answer: Answer, name: str) -> None:
    """Right in any batch, order and company; broken rows harm nobody; memory."""
    cases = CASES.open(sheet)
    ask: Asked = partial(answer.call, answer.call(name), method="predict_many")
    given = [ask(rows) for rows in (*cases.batches, cases.unusual)]
    right = [*cases.batches_expected, cases.unusual_expected]
    wrong = sum(map(wrong_in, given, right))
    together = sum(map(len, right))
    sheet.judge("ordinary", f"{wrong} of {together} differ", SAME, not wrong, how_wrong(sheet, given, right))
    large = {size: large_batch(ask, cases, size) for size in (max(STEPS), LARGE)}
    peak = answer.peak_mb()
    judge_company(sheet, ask, cases, large)
    judge_broken(sheet, ask, cases)
    sheet.judge(
        "memory", f"{peak:.0f} MB", f"{MEMORY_MB:g} MB",
        peak <= MEMORY_MB and not wrong and not wrong_in(*large[LARGE]),
        "It counts only for right answers. Memory is counted since the kernel started: if an experiment took "
        "it, restart and run all cells.",
    )  # fmt: skip


@EXERCISE.graded("throughput")
def throughput(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time a row against the slow scorer, alone and in large batches."""
    cases, fast = CASES.open(sheet), answer.call(name)
    found = {rows: measure_batch(answer, fast, rows, cases.seed, (*times.values(),)) for rows, times in STEPS.items()}
    compared = [pair for speed, _ in found.values() for pair in sampled(speed.outputs)]
    test = SpeedTest(sheet, "row", "the slow scorer")
    valid = test.judge_validity([speed for speed, _ in found.values()], compared)
    for rows, measured in found.items():
        for family, times in STEPS[rows].items():
            test.judge_steps(family, measured, (times,), valid, title=f"a row in batches of {rows}")


@EXERCISE.graded("policy")
def policy(sheet: Sheet, answer: Answer, name: str) -> None:
    """The batching policy in virtual time."""
    cases = CASES.open(sheet)
    TASK.judge(sheet, answer, name, draw_scenarios(FAMILIES, cases.evenings_seed))


@EXERCISE.graded("predictions")
def predictions(sheet: Sheet, answer: Answer, name: str) -> None:
    """What the student foretells of policies, machines and rates that are drawn, against the simulator."""
    asked = draw_situations(CASES.open(sheet).evenings_seed)
    given = [answer.call(name, *situation.told()) for situation in asked]
    if strange := [prediction for prediction in given if not isinstance(prediction, Mapping)]:
        keys = ", ".join(f'"{key}"' for key, _ in QUESTIONS.values())
        came = sheet.censored(kind_of(strange[0]))
        sheet.end("fail", f"{name} must give a dict with the keys {keys}; it gave {came}.")
        return
    for family, (key, within) in QUESTIONS.items():
        pairs = [
            (prediction.get(key), situation.truth(family)) for prediction, situation in zip(given, asked, strict=True)
        ]
        missed = {place: pair for place, pair in enumerate(pairs) if off(*pair, within)}
        did = what_was_missed(sheet, f'"{key}"', missed, len(asked), partial(_first, asked, missed))
        required = f"{len(asked)}, within {within:.0%}"
        sheet.judge(family, f"{len(asked) - len(missed)} of {len(asked)}", required, not missed, did)


def _first(asked: Sequence[Situation], missed: Mapping[int, tuple[Any, float]], place: int) -> str:
    """On which side an answer lies, and what was asked; never the truth."""
    return f" {side(*missed[place])}: predictions{asked[place].told()!r}."
