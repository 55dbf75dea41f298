"""The tests of `minimize_cost`: questions with a number, the service level of six days, and what they cost."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from grader.suite_kit.answer import Answer, kind_of
from grader.suite_kit.comparison import is_number
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.policies import Policy, table, unless_refused
from grader.suite_kit.questions import sides
from grader.suite_kit.score_sheet import Sheet
from grader.suites.minimize_cost.cases import CASES, EXERCISE, Cases
from grader.suites.minimize_cost.simulator import Run, committed, simulate, storage_cost
from grader.suites.minimize_cost.world import FAMILIES, HOURS_A_STEP, STEP_MIN, Offer
from notebook_runner.errors import require_one_of

if TYPE_CHECKING:
    import pandas as pd

MUCH_IDLE, MUCH_SPARE, MUCH_REFUNDED, LITTLE_SPOT = 0.35, 0.3, 0.03, 0.03
ROOM = EXERCISE.limit("hidden_room")
"""The share by which the last limit of the bill is wider on hidden days."""
REFUND_TIMES = 200
"""A request lost beyond the level costs so many times what a machine on demand takes to answer one."""

begin, hint, warm = EXERCISE.begin, EXERCISE.hint, CASES.keep


@dataclass(frozen=True)
class Bill:
    """The days of one policy, by family: what happened, and EUR by what they were paid for, in all days together."""

    runs: list[Run]
    reserved: int
    cost: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.cost.values())


def live(make: Callable[[], Any], cases: Cases, families: tuple[str, ...] = ()) -> Bill:
    """The days under new policies of one kind; the first commits, each of the others decides for a day."""
    reserved, cache_gb = committed(make().commit(), cases.offer)
    days = [day for day in cases.days if not families or day["family"] in families]
    runs = [simulate(make().decide, cases.offer, day, reserved) for day in days]
    runs.sort(key=lambda run: list(FAMILIES).index(run.day["family"]))
    loads = [load for day in days for load in day["load"]]
    cost = {kind: sum(run.cost[kind] for run in runs) for kind in ("reserved", "on_demand", "spot")}
    return Bill(runs, reserved, cost | storage_cost(cases.offer, loads, cache_gb, len(days)))


def steps_of_cost(cases: Cases) -> tuple[float, float]:
    """The bill over the lower bound, by step. The last one is what the cheapest policy without spot machines pays."""
    spotless = cases.bound["without_spot"] / cases.bound["total"]
    return EXERCISE.limit("bill"), spotless * (1 + ROOM * cases.private)


def without_spot(cases: Cases) -> Cases:
    """The same cases on days on which no spot machine is offered."""
    return replace(cases, days=[day | {"offered": [False] * len(day["offered"])} for day in cases.days])


def paid_back(bill: Bill, level: float) -> float:
    """EUR that are paid back for what all days lost beyond the level."""
    return sum(refund(run, level) for run in bill.runs)


def refund(run: Run, level: float) -> float:
    """EUR that are paid back for what a day lost beyond the level."""
    lost = 60 * STEP_MIN * sum(step.dropped - (1 - level) * step.load for step in run.steps)
    answer_eur = run.offer["on_demand_hour"] / (3_600 * run.offer["machine_per_s"])
    return REFUND_TIMES * answer_eur * max(lost, 0.0)


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
        missed: list[tuple[int, Any]] = []
        for number, question in enumerate(asked):
            given = answer.call(name, *question["given"])
            if not is_number(given) or not RIGHT[family](given, question["right"], question["given"]):
                missed.append((number, given))
        did = _what_was_missed(sheet, name, family, asked, missed) if missed else ""
        sheet.judge(family, f"{len(asked) - len(missed)} of {len(asked)}", f"{len(asked)}", not missed, did)


def _what_was_missed(sheet: Sheet, name: str, family: str, asked: list[Any], missed: list[tuple[int, Any]]) -> str:
    rights = [asked[number]["right"] for number, _ in missed]
    wrong = sides(zip((given for _, given in missed), rights, strict=True))
    text = f"{name} is {wrong} of {len(asked)}."
    if sheet.private:
        return text
    number, given = missed[0]
    hint = "is a return missing?" if given is None else "return one plain number"
    came = f"{given:.5g}" if is_number(given) else f"{kind_of(given)} ({hint})"
    return f'{text} First: suite.show("{family}", {number}), right is {rights[0]:.5g}, you gave {came}.'


def _reserved_is_right(given: Any, right: Any, asked: list[Any]) -> bool:
    if not 0 <= given <= 10_000 or given != int(given):
        return False
    offer, load = asked
    most = (1 + EXERCISE.limit("reserved")) * reserved_bill(offer, load, int(right))
    return reserved_bill(offer, load, int(given)) <= most


def reserved_bill(offer: Offer, load: list[int], reserved: int) -> float:
    """EUR of a day's machines without spot: the reserved ones, and on demand, up at once, whatever more is needed."""
    more = sum(max(math.ceil(rate / offer["machine_per_s"]) - reserved, 0) for rate in load)
    return HOURS_A_STEP * (len(load) * reserved * offer["reserved_hour"] + more * offer["on_demand_hour"])


RIGHT: dict[str, Callable[[Any, Any, list[Any]], bool]] = {
    "break even": lambda given, right, _: abs(given - right) <= EXERCISE.limit("break even"),
    "spare": lambda given, right, _: 0 <= given - right <= EXERCISE.limit("spare"),
    "spot share": lambda given, right, _: abs(given - right) <= EXERCISE.limit("spot share") * right,
    "reserved": _reserved_is_right,
    "cache": lambda given, right, _: given == right,
}


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
    most = EXERCISE.limit("affordable")
    much = f"The bill is more than {most:g} times the lower bound, so the level earns nothing."
    affordable = EXERCISE.judge(sheet, "affordable", bill.total / cases.bound["total"], much)
    for run in bill.runs:
        why = _moment_of(run, sheet.private)
        EXERCISE.judge(sheet, run.day["family"], run.level, why, counts=affordable, limit="level")


def _moment_of(run: Run, private: bool) -> str:
    moment, title = run.moment(), FAMILIES[run.day["family"]].title
    title = title[0].upper() + title[1:]
    if moment is None:
        return f"{title}: a little was lost in many steps; the machines are a few too few all day."
    return moment.told(title, private)


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
    kept = len(bill.runs) - len(missed)
    back = paid_back(bill, cases.level)
    sheet.judge(
        "kept", f"{kept} of {len(bill.runs)}", f"{len(bill.runs)}", not missed,
        f"The level was missed on these days: {', '.join(missed)}. What was lost beyond it is refunded."
        + ("" if cases.private else f" That is {back:,.0f} EUR of the bill."),
    )  # fmt: skip
    saves = EXERCISE.judge(
        sheet, "spot saves", (bill.total + back) / (spotless.total + paid_back(spotless, cases.level)),
        "On the same days without any spot machine on offer this policy pays about as much: spot machines save little.",
    )  # fmt: skip
    ratio, why = (bill.total + back) / cases.bound["total"], _where_it_goes(bill, cases, back)
    EXERCISE.judge(sheet, "bill", ratio, why, counts=(True, saves), steps=steps_of_cost(cases))


def _where_it_goes(bill: Bill, cases: Cases, back: float) -> str:
    """What stands out in a bill, in words; figures only where nothing is hidden."""
    stored = bill.cost["cache"] + bill.cost["egress"]
    said = []
    if back > MUCH_REFUNDED * cases.bound["total"]:
        said.append("requests that were lost beyond the level are refunded, at far more than their machines cost")
    if stored > 1.1 * cases.bound["storage"]:
        said.append("cache and egress cost more than they must: what leaves the storage is paid by the GB")
    if bill.cost["spot"] < LITTLE_SPOT * bill.total:
        said.append("hardly any spot machine was used, though most of their days are calm")
    unused = _unused(bill)
    if not bill.reserved:
        said.append("no machine is reserved, though some are needed at every hour")
    elif unused > MUCH_IDLE:
        said.append("the reserved machines stand idle for much of the time")
    steps = [step for run in bill.runs for step in run.steps]
    idle = sum(max(step.capacity - step.load, 0) for step in steps) / sum(step.load for step in steps)
    if idle > MUCH_SPARE:
        said.append("much of the capacity stands ready for what does not come")
    most = "; ".join(said) or "nothing stands out; ask for how long each spare machine is needed"
    text = f"Where the money goes: {most}."
    if cases.private:
        return text
    shares = ", ".join(f"{name.replace('_', ' ')} {value:,.0f}" for name, value in bill.cost.items())
    bound = cases.bound
    figures = f"EUR by kind: {shares}; reserved idle {unused:.0%}, capacity above the load {idle:.0%}."
    return f"{text} {figures} The bound: machines {bound['machines']:,.0f}, cache and egress {bound['storage']:,.0f}."


def _unused(bill: Bill) -> float:
    """The share of the reserved capacity that the load did not need, all days together."""
    if not bill.reserved:
        return 0.0
    full = bill.reserved * bill.runs[0].offer["machine_per_s"]
    steps = [step.load for run in bill.runs for step in run.steps]
    return sum(max(full - load, 0) for load in steps) / (full * len(steps))
