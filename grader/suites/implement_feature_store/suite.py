"""The tests of `implement_feature_store`: every criterion, and no store that is right."""

import numpy as np

from grader.suite_kit.answer import Answer
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.planted_bugs import judge_own_tests
from grader.suite_kit.score_sheet import Sheet
from grader.suite_kit.scripted import run_family
from grader.suites.implement_feature_store.bugs import STORES
from grader.suites.implement_feature_store.cases import CASES, EXERCISE
from grader.suites.implement_feature_store.scaling import ROWS, SHAPES, TIMES, Cost, measure
from notebook_runner.errors import require_one_of

MOST_TIMES, MOST_LISTS = EXERCISE.limit("times"), EXERCISE.limit("lists")
SHAPE_POINTS = EXERCISE.limit("shape_points")

begin, hint, warm = EXERCISE.begin, EXERCISE.hint, CASES.keep


def show(family: str, number: int | None = None) -> None:
    """Prints the steps of a case with what is expected at each: an example in small numbers, or a public case."""
    cases = CASES.public()
    require_one_of("The family", family, cases.families, ExerciseError)
    case = cases.examples[family] if number is None else cases.families[family][number]
    case.show()


def _families(sheet: Sheet, answer: Answer, name: str) -> None:
    """The cases of each family of the test, against the oracle's answers."""
    cases = CASES.open(sheet)
    for family in (family for family, entry in EXERCISE.families.items() if entry.test == sheet.test):
        found = run_family(sheet, answer, name, cases.families[family], watch=family == "answers")
        sheet.judge(family, found.measured, "0 wrong", not found.misses, found.explanation(sheet, family))


past, online, change, any_order = EXERCISE.graded_alike(_families, "past", "online", "change", "any order")


@EXERCISE.graded("growth")
def growth(sheet: Sheet, answer: Answer, name: str) -> None:
    """CPU time of one script of operations on ten times the data, in two shapes. Only for right answers, and where the
    small one does not cost many times what a plain list does."""
    CASES.open(sheet)
    rng = np.random.default_rng()  # of the machine: no script is known before
    for shape, rows_an_entity in SHAPES.items():
        cost = measure(answer, name, rows_an_entity, MOST_LISTS, MOST_TIMES, rng)
        measured, did = _how_it_grows(cost, shape)
        sheet.judge(
            "growth", measured, f"at most {MOST_TIMES:g}x", not did, did,
            title=f"{TIMES}x the data, {shape}", points=SHAPE_POINTS, margin=_margin(cost),
        )  # fmt: skip


def _margin(cost: Cost) -> float | None:
    """How many times better than required the cost is; None for wrong answers, whose time says nothing of the limit."""
    if cost.growth is None:
        return MOST_LISTS / cost.lists
    return MOST_TIMES / cost.growth.ratio if cost.growth.right else None


def _how_it_grows(cost: Cost, shape: str) -> tuple[str, str]:
    """What was measured of one shape, and what was wrong with it, empty if nothing was."""
    if cost.growth is None:
        return f"{cost.lists:.3g} lists", (
            f"For {ROWS} rows and requests your store took {cost.lists:.3g} times the CPU time of a plain list that is "
            f"asked row by row ({shape}); at most {MOST_LISTS:g} times is allowed. Each call has a large fixed cost: "
            "profile one, and look for a table that is built, copied or filtered as a whole for a single request."
        )
    if not cost.growth.right:
        return "wrong answers", f"The answers of these scripts were wrong ({shape}), so their time does not count."
    measured = f"{cost.growth.ratio:.3g}x the time"
    return measured, "" if cost.growth.ratio <= MOST_TIMES else (
        f"Ten times the rows and requests took {cost.growth.ratio:.3g} times the CPU time ({shape}): something is gone "
        "through from end to end at each write or request."
    )


@EXERCISE.graded("own tests")
def own_tests(sheet: Sheet, answer: Answer, check: str, own: str, trial: str) -> None:
    """The student's tests against right stores and planted bugs. `trial` runs `check` on one store, on their side."""
    judge_own_tests(sheet, answer, trial, STORES, CASES.open(sheet).trials)
