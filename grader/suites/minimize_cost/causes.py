"""What was missed in questions and days, and where a bill goes, in words. No criterion and no limit may enter here."""

from collections.abc import Mapping
from typing import Any

from grader.suite_kit.answer import kind_of
from grader.suite_kit.comparison import is_number
from grader.suites.minimize_cost.bill import Bill
from grader.suites.minimize_cost.cases import Cases
from grader.suites.minimize_cost.simulator import Run
from grader.suites.minimize_cost.world import FAMILIES

MUCH_IDLE, MUCH_SPARE, MUCH_REFUNDED, LITTLE_SPOT = 0.35, 0.3, 0.03, 0.03


def moment_of(run: Run, private: bool) -> str:
    moment, title = run.moment(), FAMILIES[run.day["family"]].title
    title = title[0].upper() + title[1:]
    if moment is None:
        return f"{title}: a little was lost in many steps; the machines are a few too few all day."
    return moment.told(title, private)


def where_it_goes(bill: Bill, cases: Cases, back: float) -> str:
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


def first_missed(family: str, missed: Mapping[int, tuple[Any, float]], number: int) -> str:
    """One of the answers that were missed, with its question."""
    given, right = missed[number]
    hint = "is a return missing?" if given is None else "return one plain number"
    came = f"{given:.5g}" if is_number(given) else f"{kind_of(given)} ({hint})"
    return f': suite.show("{family}", {number}), right is {right:.5g}, you gave {came}.'
