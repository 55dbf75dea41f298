"""The tests of `implement_feature_store`: every criterion, and no store that is right."""

from collections import Counter

import numpy as np

from grader.suite_kit.answer import Answer, StudentError
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_feature_store.bugs import BUGS
from grader.suites.implement_feature_store.cases import CASES, EXERCISE, Trial
from grader.suites.implement_feature_store.judging import run_family
from grader.suites.implement_feature_store.lent import Shop
from grader.suites.implement_feature_store.scaling import SHAPES, TIMES, measure

MOST_TIMES = 20

begin, warm = EXERCISE.begin, CASES.keep


def show(family: str, number: int | None = None) -> None:
    """Prints the steps of a case with what is expected at each: an example in small numbers, or a public case."""
    cases = CASES.public()
    case = cases.examples[family] if number is None else cases.families[family][number]
    for step, ((method, arguments, about), right) in enumerate(zip(case.steps, case.expected, strict=True)):
        said = ", ".join(map(repr, arguments))
        print(f"{step:3} {method}({said})" + (f"\n      -> {right}    # {about}" if about or right else ""))


@EXERCISE.graded("past")
def past(sheet: Sheet, answer: Answer, name: str) -> None:
    """Answers about the past: events, knowledge, time to live, the form of answers and what is refused."""
    _families(sheet, answer, name, "events", "knowledge", "time to live", "answers")


@EXERCISE.graded("online")
def online(sheet: Sheet, answer: Answer, name: str) -> None:
    """What is published, how old it may be, publishing again."""
    _families(sheet, answer, name, "published", "aged", "published again")


@EXERCISE.graded("change")
def change(sheet: Sheet, answer: Answer, name: str) -> None:
    """New columns and backfills."""
    _families(sheet, answer, name, "new column", "backfilled", "backfilled again")


@EXERCISE.graded("any order")
def any_order(sheet: Sheet, answer: Answer, name: str) -> None:
    """Random rows in any order of arrival, and random operations of every kind, against the oracle's answers."""
    _families(sheet, answer, name, "any order", "any mixture")


def _families(sheet: Sheet, answer: Answer, name: str, *families: str) -> None:
    cases = CASES.open(sheet)
    for family in families:
        found = run_family(sheet, answer, name, cases.families[family], watch=family == "answers")
        sheet.judge(family, found.measured, "0 wrong", not found.misses, found.told(sheet, family))


@EXERCISE.graded("growth")
def growth(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time of one script of operations on ten times the data, in two shapes. Only for right answers."""
    CASES.open(sheet)
    rng = np.random.default_rng()  # of the machine: no script is known before
    for shape, rows_an_entity in SHAPES.items():
        found = measure(answer, name, rows_an_entity, MOST_TIMES, rng)
        slow = (
            f"Ten times the rows and requests took {found.ratio:.3g} times the CPU time ({shape}): something is gone "
            "through from end to end at each write or request."
        )
        wrong = f"The answers of these scripts were wrong ({shape}), so their time does not count."
        sheet.judge(
            "growth", f"{found.ratio:.3g}x the time" if found.right else "wrong answers", f"at most {MOST_TIMES}x",
            found.right and found.ratio <= MOST_TIMES, slow if found.right else wrong,
            title=f"{TIMES}x the data, {shape}", points=1,
        )  # fmt: skip


@EXERCISE.graded("own tests")
def own_tests(sheet: Sheet, answer: Answer, check: str, own: str, trial: str) -> None:
    """The student's tests against right stores and planted bugs. `trial` runs `check` on one store, on their side."""
    cases = CASES.open(sheet)
    refused: list[tuple[Trial, str]] = []
    missed, returned = dict[str, list[str]](), False
    for one in cases.trials:
        error, gave = _rejects(answer, trial, one)
        returned = returned or gave
        if one.family and error is None:
            missed.setdefault(one.family, []).append(one.bug)
        elif not one.family and error is not None:
            refused.append((one, sheet.raised(error)))
    _accepted(sheet, sum(not one.family for one in cases.trials), refused)
    if returned and missed:
        sheet.notes.append(
            "What it returned is not looked at: check_store rejects a store by raising, with assert say."
        )
    planted = Counter(one.family for one in cases.trials)
    for family in dict.fromkeys(bug.family for bug in BUGS.values()):
        count, unseen = planted[family], sorted(missed.get(family, []))
        named = "; ".join(f'"{bug}" ({BUGS[bug].does})' for bug in unseen)
        did = (
            f"Your tests accept stores with these bugs: {named}. try_store({unseen[0]!r}) must raise." if named else ""
        )
        sheet.judge(
            "planted bugs", f"{count - len(unseen)} of {count} rejected", f"{count}", not unseen and not refused, did,
            title=f"planted bugs: {family}", points=1, explained=bool(unseen),
        )  # fmt: skip


def _rejects(answer: Answer, trial: str, one: Trial) -> tuple[StudentError | None, bool]:
    """What the student's tests raise for one store, None if they accept it; and whether they returned something."""
    try:
        if one.lent is not None:
            given = answer.call(trial, "", 0, Shop(one.lent).exposed())
        else:
            given = answer.call(trial, one.bug, one.size)
    except StudentError as error:
        if error.unfinished:
            raise
        return error, False
    return None, given is not None


def _accepted(sheet: Sheet, number: int, refused: list[tuple[Trial, str]]) -> None:
    did = ""
    if refused:
        one, raised = min(refused, key=lambda pair: (pair[0].lent is not None, pair[0].bug))
        did = f"No bug counts, for your tests reject {_store(one)}: {raised}. {_advice(one, sheet)}"
    sheet.judge("right stores", f"{number - len(refused)} of {number}", f"{number}", not refused, did)


def _store(one: Trial) -> str:
    """A right store, as a student knows it."""
    if one.lent is not None:
        return "a store of the grader's that keeps every rule"
    return f"your own store, with the {one.bug.replace('of ties', 'of two equal rows holding')}" if one.bug else (
        "your own store"
    )  # fmt: skip


def _advice(one: Trial, sheet: Sheet) -> str:
    """What to do where the tests reject this right store."""
    if one.lent is None and not one.bug:
        return "See it: try_store(). Fix the store if it breaks the rule, the test if the rule does not say so."
    see = "" if sheet.private else f"See it: try_store({one.bug!r}). "
    return f"{see}A test must not ask what the task leaves open, such as which of two equal rows holds."
