"""What the days of one policy cost together, and what is paid back for requests that were lost."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from grader.suites.minimize_cost.cases import Cases
from grader.suites.minimize_cost.simulator import Run, committed, simulate, storage_cost
from grader.suites.minimize_cost.world import FAMILIES, STEP_MIN

REFUND_TIMES = 200
"""A request lost beyond the level costs so many times what a machine on demand takes to answer one."""


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
