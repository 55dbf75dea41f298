"""The tests of `minimize_cost`: questions with a number, the service level of six days, and what they cost."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from grader.suite_kit.answer import Answer
from grader.suite_kit.comparison import is_number
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.policies import Policy, table, unless_refused
from grader.suite_kit.questions import what_was_missed
from grader.suite_kit.score_sheet import Sheet
from grader.suites.minimize_cost.bill import Bill, live, paid_back, refund, without_spot
from grader.suites.minimize_cost.cases import CASES, EXERCISE, RIGHT, Cases
from grader.suites.minimize_cost.causes import first_missed, moment_of, where_it_goes
from grader.suites.minimize_cost.simulator import Run
from grader.suites.minimize_cost.world import FAMILIES, Offer
from notebook_runner.errors import require_one_of

if TYPE_CHECKING:
    import pandas as pd

ROOM = EXERCISE.limit("hidden_room")
"""The share by which the last limit of the bill is wider on hidden days."""

begin, hint, warm = EXERCISE.begin, EXERCISE.hint, CASES.keep


def steps_of_cost(cases: Cases) -> tuple[float, float]:
    """The bill over the lower bound, by step. The last one is what the cheapest policy without spot machines pays."""
    spotless = cases.bound["without_spot"] / cases.bound["total"]
    return EXERCISE.limit("bill"), spotless * (1 + ROOM * cases.private)


# What a student uses while working


def offer() -> Offer:
    """The price list of the public days."""
    return CASES.public().offer


def last_week() -> list[int]:
    """The load of the week before the public days, requests a second by step of five minutes."""
    return CASES.public().week


def lower_bound() -> dict[str, float]:
    """What no policy pays less than on the public days of the bill together, in EUR.

    `without_spot` is the total that no policy without spot machines pays less than.
    """
    return CASES.public().bill_bound


def try_day(policy: Callable[..., Any], family: str, bill: bool = False) -> Run:
    """A public day under a policy: the run, with `plot()` and `table()`. Raises what the policy raises.

    `bill` takes the day of the third test in place of that of the second.
    """
    cases = CASES.public().of_the_bill() if bill else CASES.public()
    require_one_of("The day", family, FAMILIES, ExerciseError)
    return live(lambda: policy(cases.offer, cases.week), cases, (family,)).runs[0]


def scorecard(policy: Callable[..., Any], bill: bool = False) -> "pd.DataFrame":
    """The public days under a policy: a row a day, and what all days cost against the lower bound.

    `bill` takes the days of the third test in place of those of the second.
    """
    cases = CASES.public().of_the_bill() if bill else CASES.public()
    lived = live(lambda: policy(cases.offer, cases.week), cases)
    refunds = [refund(run, cases.level) for run in lived.runs]
    rows = {
        run.day["family"]: {"served, %": 100 * run.level, "idle, %": 100 * run.idle, "refund": paid} | run.cost
        for run, paid in zip(lived.runs, refunds, strict=True)
    }
    total = lived.total + sum(refunds)
    rows["all days"] = lived.cost | {"refund": sum(refunds), "total": total, "bound": cases.bound["total"]}
    rows["all days"]["total / bound"] = total / cases.bound["total"]
    return table(rows)


def show(family: str, number: int = 0) -> None:
    """Prints one of the public questions, and what is right."""
    questions = CASES.public().questions
    require_one_of("The family", family, questions, ExerciseError)
    question = questions[family][number]
    print("\n".join(f"{given!r:.400}" for given in question["given"]) + f"\n-> {question['right']!r}")


# The tests


@EXERCISE.graded("numbers")
def numbers(sheet: Sheet, answer: Answer, *names: str) -> None:
    """Five functions, each asked several times: within the stated tolerance of what the simulator finds."""
    cases = CASES.open(sheet)
    for (family, asked), name in zip(cases.questions.items(), names, strict=True):
        missed: dict[int, tuple[Any, float]] = {}
        for number, question in enumerate(asked):
            given = answer.call(name, *question["given"])
            if not is_number(given) or not RIGHT[family](given, question["right"], question["given"]):
                missed[number] = given, question["right"]
        did = what_was_missed(sheet, name, missed, len(asked), partial(first_missed, family, missed))
        sheet.judge(family, f"{len(asked) - len(missed)} of {len(asked)}", f"{len(asked)}", not missed, did)


def _lived(sheet: Sheet, answer: Answer, name: str, cases: Cases) -> Bill | None:
    """The days of the student's policy; None, and the sheet says why, where it gave what cannot be wanted."""
    hidden = "The policy gave what cannot be wanted. The public test names it."
    return unless_refused(sheet, lambda: live(lambda: Policy(answer, name, cases.offer, cases.week), cases), hidden)


@EXERCISE.graded("level")
def level(sheet: Sheet, answer: Answer, name: str) -> None:
    """The share of requests served, day by day, for a policy whose bill is not beyond all measure."""
    cases = CASES.open(sheet)
    if (bill := _lived(sheet, answer, name, cases)) is None:
        return
    much = f"The bill is more than {EXERCISE.limit('affordable'):g} times the lower bound, so the level earns nothing."
    affordable = EXERCISE.judge(sheet, "affordable", bill.total / cases.bound["total"], much)
    for run in bill.runs:
        why = moment_of(run, sheet.private)
        EXERCISE.judge(sheet, run.day["family"], run.level, why, counts=affordable, limit="level")


@EXERCISE.graded("cost")
def cost(sheet: Sheet, answer: Answer, name: str) -> None:
    """The bill of six other days against the lower bound, in steps; what was lost beyond the level is refunded.

    The last step is for what spot machines save, so the same policy lives the days again without any.
    """
    cases = CASES.open(sheet).of_the_bill()
    bill = _lived(sheet, answer, name, cases)
    if bill is None or (spotless := _lived(sheet, answer, name, without_spot(cases))) is None:
        return
    missed = [run.day["family"] for run in bill.runs if run.level < cases.level]
    back = paid_back(bill, cases.level)
    sheet.judge(
        "kept", f"{len(bill.runs) - len(missed)} of {len(bill.runs)}", f"{len(bill.runs)}", not missed,
        f"The level was missed on these days: {', '.join(missed)}. What was lost beyond it is refunded."
        + ("" if cases.private else f" That is {back:,.0f} EUR of the bill."),
    )  # fmt: skip
    saves = EXERCISE.judge(
        sheet, "spot saves", (bill.total + back) / (spotless.total + paid_back(spotless, cases.level)),
        "On the same days without any spot machine on offer this policy pays about as much: spot machines save little.",
    )  # fmt: skip
    ratio, why = (bill.total + back) / cases.bound["total"], where_it_goes(bill, cases, back)
    EXERCISE.judge(sheet, "bill", ratio, why, counts=(True, saves), steps=steps_of_cost(cases))
