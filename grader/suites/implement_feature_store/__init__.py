"""The tests of the exercise `implement_feature_store`: every criterion, the public cases, no store that is right.

A test cell of the notebook calls one function below with the student's objects and shows the points it returns.
"""

from collections import Counter

import numpy as np

from grader.suite_kit.answer import Answer, StudentError, forbid
from grader.suite_kit.score_sheet import Sheet, graded
from grader.suites.implement_feature_store import cases as stored
from grader.suites.implement_feature_store.bugs import BUGS
from grader.suites.implement_feature_store.judging import run_family
from grader.suites.implement_feature_store.lent import Shop
from grader.suites.implement_feature_store.lent import try_store as try_store
from grader.suites.implement_feature_store.scaling import SHAPES, TIMES, measure

__all__ = ["any_order", "begin", "change", "growth", "online", "own_tests", "past", "show", "try_store", "warm"]

FORBIDS = ("feast", "grader.hidden", "mlsd_lib.data")
MOST_TIMES = 20
LESSON = "Data processing, "
KNOWN = LESSON + '"Two clocks"'
TWICE = LESSON + 'daily, "A job that may be run twice"'
SKEW = LESSON + '"Six bugs that return 200"'

# What a wrong answer in a family would do in production, and where to read.
FAMILIES = {
    "events": (
        "the latest by then", "a model learns from a value that was not the one of that moment; where it came after "
        "the decision, the figures are too good until the model is live.", LESSON + '"Which value did the model have?"',
    ),
    "knowledge": (
        "what was known", "training uses figures that nobody had when the decision was made.",
        KNOWN,
    ),
    "time to live": (
        "young enough", "a value that nobody refreshed for months is served as if it were fresh, or a fresh one is "
        "withheld.",
        "rule 4 of the task: at_s - time_to_live_s < event_s",
    ),
    "answers": (
        "form and refusals", "a model takes a missing amount for a free order, an answer goes to another request, or a "
        "batch is half there.",
        "rules 5 to 7 of the task",
    ),
    "published": (
        "as as_of said", "training and serving see two different values of one feature.",
        SKEW,
    ),
    "aged": (
        "judged when asked", "the pipeline stops, and the last values are served for ever.",
        "rule 9 of the task",
    ),
    "published again": (
        "no effect", "a retry of last night's job takes today's values away.",
        TWICE,
    ),
    "new column": (
        "what old rows say", "rows from before and after the release say different things, or the first request "
        "meets a row that has no such key.",
        "rule 10 of the task",
    ),
    "backfilled": (
        "rows completed", "a backfill of one column empties the others, or rewrites what was known.",
        "rule 11 of the task",
    ),
    "backfilled again": (
        "no effect", "a job that is run again undoes corrections that came since.",
        TWICE,
    ),
    "any order": (
        "of arrival", "the same rows give another training set after a slow night.",
        TWICE,
    ),
    "any mixture": (
        "of operations", "two rules that are kept alone are broken together, after months.",
        "the rules of the task, one after the other, for the step that is named",
    ),
}  # fmt: skip


def begin() -> None:
    """From here on the modules that the exercise forbids cannot be imported."""
    forbid(FORBIDS)


def warm() -> None:
    """What every submission needs alike, done once in a process of the grader's before it forks."""
    stored.keep()


def show(family: str, number: int = 0) -> None:
    """Prints the steps of a public case with what is expected at each, to be followed by hand or in a debugger."""
    case = stored.public_families()[family][number]
    for step, ((method, arguments, about), right) in enumerate(zip(case.steps, case.expected, strict=True)):
        said = ", ".join(map(repr, arguments))
        print(f"{step:3} {method}({said})" + (f"\n      -> {right}    # {about}" if about or right else ""))


@graded("past", 4)
def past(sheet: Sheet, answer: Answer, name: str) -> None:
    """Answers about the past: events, knowledge, time to live, the form of answers and what is refused."""
    _families(sheet, answer, name, "events", "knowledge", "time to live", "answers")


@graded("online", 3)
def online(sheet: Sheet, answer: Answer, name: str) -> None:
    """What is published, how old it may be, publishing again."""
    _families(sheet, answer, name, "published", "aged", "published again")


@graded("change", 3)
def change(sheet: Sheet, answer: Answer, name: str) -> None:
    """New columns and backfills."""
    _families(sheet, answer, name, "new column", "backfilled", "backfilled again")


@graded("any order", 2)
def any_order(sheet: Sheet, answer: Answer, name: str) -> None:
    """Random rows in any order of arrival, and random operations of every kind, against the oracle's answers."""
    _families(sheet, answer, name, "any order", "any mixture")


def _families(sheet: Sheet, answer: Answer, name: str, *families: str) -> None:
    cases = _cases(sheet)
    for family in families:
        found = run_family(sheet, answer, name, cases.families[family], watch=family == "answers")
        title, production, read = FAMILIES[family]
        sheet.criterion(
            f"{family}: {title}", found.measured, "0 wrong", not found.misses, 1,
            did=found.told(sheet, family), production=production, read=read,
        )  # fmt: skip


@graded("growth", 2)
def growth(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time of one script of operations on ten times the data, in two shapes. Only for right answers."""
    sheet.private = stored.cases().private
    rng = np.random.default_rng()  # of the machine: no script is known before
    for shape, rows_an_entity in SHAPES.items():
        found = measure(answer, name, rows_an_entity, MOST_TIMES, rng)
        sheet.criterion(
            f"{TIMES}x the data, {shape}", f"{found.ratio:.3g}x the time" if found.right else "wrong answers",
            f"at most {MOST_TIMES}x", found.right and found.ratio <= MOST_TIMES, 1,
            did=f"Ten times the rows and requests took {found.ratio:.3g} times the CPU time ({shape}): something is "
            "gone through from end to end at each write or request." if found.right else
            f"The answers of these scripts were wrong ({shape}), so their time does not count.",
            production="the store is quick on the sample and does not end on the year." if found.right else "",
            read="the docs of bisect: a place in a sorted list is found in log n steps" if found.right else "",
        )  # fmt: skip


@graded("own tests", 6)
def own_tests(sheet: Sheet, answer: Answer, check: str, own: str, trial: str) -> None:
    """The student's tests against right stores and planted bugs. `trial` runs `check` on one store, on their side."""
    cases = _cases(sheet)
    refused: list[tuple[stored.Trial, str]] = []
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
        sheet.criterion(
            f"planted bugs: {family}", f"{count - len(unseen)} of {count} rejected", f"{count}",
            not unseen and not refused, 1, did=did,
            production="the release with this bug passes your tests." if unseen else "",
            read="the rule that this bug breaks: ask at the boundary and on both sides of it" if unseen else "",
        )  # fmt: skip


def _rejects(answer: Answer, trial: str, one: stored.Trial) -> tuple[StudentError | None, bool]:
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


def _accepted(sheet: Sheet, number: int, refused: list[tuple[stored.Trial, str]]) -> None:
    did = ""
    if refused:
        one, raised = min(refused, key=lambda pair: (pair[0].lent is not None, pair[0].bug))
        did = f"No bug counts, for your tests reject {_store(one)}: {raised}. {_advice(one, sheet)}"
    sheet.criterion(
        "right stores that are accepted", f"{number - len(refused)} of {number}", f"{number}", not refused, 0,
        did=did, production="a test that fails on right code is switched off, and finds nothing from then on.",
    )  # fmt: skip


def _store(one: stored.Trial) -> str:
    """A right store, as a student knows it."""
    if one.lent is not None:
        return "a store of the grader's that keeps every rule"
    return f"your own store, with the {one.bug.replace('of ties', 'of two equal rows holding')}" if one.bug else (
        "your own store"
    )  # fmt: skip


def _advice(one: stored.Trial, sheet: Sheet) -> str:
    """What to do where the tests reject this right store."""
    if one.lent is None and not one.bug:
        return "See it: try_store(). Fix the store if it breaks the rule, the test if the rule does not say so."
    see = "" if sheet.private else f"See it: try_store({one.bug!r}). "
    return f"{see}A test must not ask what the task leaves open, such as which of two equal rows holds."


def _cases(sheet: Sheet) -> stored.Cases:
    cases = stored.cases()
    sheet.private = cases.private
    return cases
