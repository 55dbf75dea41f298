"""The tests of `improve_throughput`: what each asks of the student's objects."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer, Handle, InKernel, kind_of
from grader.suite_kit.benchmark import Speed, Subject, compare
from grader.suite_kit.comparison import agrees, differing, is_number
from grader.suite_kit.designs import draw_scenarios
from grader.suite_kit.questions import side, sides
from grader.suite_kit.score_sheet import Sheet
from grader.suite_kit.speed_steps import judge_steps, judge_validity
from grader.suites.improve_throughput import visits
from grader.suites.improve_throughput.cases import CASES, EXERCISE, Answers, Cases, fresh_batches
from grader.suites.improve_throughput.evenings import (
    FAMILIES,
    HIDDEN_TASK,
    QUESTIONS,
    TASK,
    Situation,
    draw_situations,
)
from grader.suites.improve_throughput.service import SlowScorer

EXACT, MEMORY_MB = EXERCISE.limit("exact"), EXERCISE.limit("memory_mb")
SAME = f"0, by {EXACT:g}".replace("e-0", "e-")
STEPS = {  # by rows of a batch and family: times faster. The loosest is first.
    rows: {family: EXERCISE.limit(family) for family in families}
    for rows, families in {1: ("rows_1",), 256: ("rows_256", "best_256")}.items()
}
SAMPLED = 8  # of a batch the slow scorer is timed on so many rows: its time for a row is the same in any batch
LARGE = 2_048
SMALL = 60  # the most rows of the small batches with which a large one is compared

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
    ask = Asked(answer, answer.call(name))
    given = [ask(rows) for rows in (*cases.batches, cases.unusual)]
    right = [*cases.batches_expected, cases.unusual_expected]
    wrong = sum(map(_wrong, given, right))
    together = sum(map(len, right))
    sheet.judge("ordinary", f"{wrong} of {together} differ", SAME, not wrong, _how(sheet, given, right))
    large = {size: _large(ask, cases, size) for size in (max(STEPS), LARGE)}
    peak = answer.peak_mb()
    _company(sheet, ask, cases, large)
    _broken(sheet, ask, cases)
    sheet.judge(
        "memory", f"{peak:.0f} MB", f"{MEMORY_MB:g} MB", peak <= MEMORY_MB and not wrong and not _wrong(*large[LARGE]),
        "It counts only for right answers. Memory is counted since the kernel started: if an experiment took "
        "it, restart and run all cells.",
    )  # fmt: skip


class Asked:
    """A predictor under test: calls `predict_many`."""

    def __init__(self, answer: Answer, target: Handle) -> None:
        self.answer, self.target = answer, target

    def __call__(self, rows: list[Any]) -> Any:
        return self.answer.call(self.target, rows, method="predict_many")


def _wrong(given: Any, right: Answers) -> int:
    """How many answers of a batch are not right; all, if it is no list of as many."""
    if type(given) not in (list, tuple) or len(given) != len(right):
        return max(len(right), 1)
    return len(differing(given, right, EXACT))


def _how(sheet: Sheet, given: Sequence[Any], right: Sequence[Answers]) -> str:
    """What is wrong with the first batch that has a wrong answer."""
    first = next((i for i, pair in enumerate(zip(given, right, strict=True)) if _wrong(*pair)), None)
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
    return f"The first batch with a wrong answer has {len(wanted)} rows, of which {_wrong(came, wanted)} are wrong."


def _same_answers(came: Sequence[Any], wanted: Answers) -> bool:
    """Whether the right answers came, in whatever order."""
    try:
        return agrees(sorted(came), sorted(answer for answer in wanted if answer is not None), EXACT)
    except TypeError:
        return False


def _company(sheet: Sheet, ask: Asked, cases: Cases, large: Mapping[int, tuple[Any, Answers]]) -> None:
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
    off = {how: count for how, (came, wanted) in parts.items() if (count := _wrong(came, wanted))}
    total = sum(len(wanted) for _, wanted in parts.values())
    said = ", ".join(f"{how} ({count} of {len(parts[how][1])})" for how, count in off.items())
    sheet.judge(
        "company", f"{sum(off.values())} of {total} differ", SAME, not off,
        f"A row's answer depends on the rest of its batch, on its place or on an earlier batch. Wrong {said}.",
    )  # fmt: skip


def _only(given: Any) -> Any:
    return given[0] if type(given) in (list, tuple) and len(given) == 1 else None


def _broken(sheet: Sheet, ask: Asked, cases: Cases) -> None:
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
        elif rows and (wrong := _wrong(came, right)):
            problems.append(f"{what}: {wrong} of {len(right)} answers are wrong")
    sheet.judge(
        "broken", f"{3 - len(problems)} of 3", "3", not problems,
        f"A row that is no visit gets None in its place, and the others their answers. {'; '.join(problems)}.",
    )  # fmt: skip


def _large(ask: Asked, cases: Cases, size: int) -> tuple[Any, Answers]:
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


class SlowSample:
    """The slow scorer on a few rows of a batch, chosen when the answer is there already or not yet asked for."""

    def __init__(self, seed: int) -> None:
        self.slow, self.rng = SlowScorer(), np.random.default_rng(seed)

    def predict_some(self, rows: list[Any]) -> list[list[Any]]:
        """[place, answer] of up to `SAMPLED` rows."""
        places = self.rng.permutation(len(rows))[:SAMPLED].tolist()
        given = self.slow.predict_many([rows[place] for place in places])
        return [[place, answer] for place, answer in zip(places, given, strict=True)]


def measure_batch(answer: Answer, fast: Handle, rows: int, seed: int) -> tuple[Speed, bool]:
    """How many times faster than the slow scorer the answer does a row in batches of `rows`."""
    slow = InKernel({"SlowSample": SlowSample})
    before = Subject(slow, slow.call("SlowSample", seed), "predict_some", factor=max(1.0, rows / SAMPLED))
    after, steps = Subject(answer, fast, "predict_many"), tuple(STEPS[rows].values())
    return compare(before, after, fresh_batches(seed, rows), steps)


@EXERCISE.graded("throughput")
def throughput(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time a row against the slow scorer, alone and in large batches."""
    cases, fast = CASES.open(sheet), answer.call(name)
    found = {rows: measure_batch(answer, fast, rows, cases.seed) for rows in STEPS}
    compared = [pair for speed, _ in found.values() for pair in sampled(speed.outputs)]
    valid = judge_validity(sheet, [speed for speed, _ in found.values()], compared, "row", "the slow scorer")
    for rows, (speed, sure) in found.items():
        for family, times in STEPS[rows].items():
            judge_steps(
                sheet, family, speed, sure, (times,), valid, "row", "the slow scorer",
                title=f"a row in batches of {rows}",
            )  # fmt: skip


def sampled(outputs: Sequence[tuple[Any, Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """(right, given) of the rows that the slow scorer answered too."""
    for rows, some, given in outputs:
        whole = type(given) in (list, tuple) and len(given) == len(rows)
        for place, right in some:
            yield right, given[place] if whole else None


@EXERCISE.graded("policy")
def policy(sheet: Sheet, answer: Answer, name: str) -> None:
    """The batching policy in virtual time."""
    cases = CASES.open(sheet)
    task = HIDDEN_TASK if cases.private else TASK
    task.judge(sheet, answer, name, draw_scenarios(FAMILIES, cases.evenings_seed))


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
        off = {place: pair for place, pair in enumerate(pairs) if not _near(*pair, within)}
        sheet.judge(
            family, f"{len(asked) - len(off)} of {len(asked)}", f"{len(asked)}, within {within:.0%}", not off,
            _foretold(sheet, key, asked, off),
        )  # fmt: skip


def _near(came: Any, right: float, within: float) -> bool:
    return is_number(came) and abs(came - right) <= within * right


def _foretold(sheet: Sheet, key: str, asked: Sequence[Situation], off: Mapping[int, tuple[Any, float]]) -> str:
    """On which side the answers lie that are off; what was asked only where nothing is hidden, and never the truth."""
    if not off:
        return ""
    text = f'"{key}" is {sides(off.values())} of {len(asked)}.'
    if sheet.private:
        return text
    place, pair = next(iter(off.items()))
    return f"{text} First {side(*pair)}: predictions{asked[place].told()!r}."
