"""What no policy can do better, and the right answers to the questions: with everything known in advance.

`lower_bound` is a linear program over all days together. It knows every load and every moment at which spot machines
are taken back, may have fractions of machines, starts each day with any number of machines on demand, and drops
exactly what the level allows, where that saves most. Its rules are otherwise those of the simulator, so no policy that
keeps the level costs less. Each `answer_...` is found by trying, or by another way than a student's formula.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import linprog

from grader.suites.minimize_cost.simulator import MOST, simulate, storage_cost
from grader.suites.minimize_cost.world import HOURS_A_STEP, STEP_MIN, STEPS, Day, Offer


def lower_bound(offer: Offer, days: list[Day], level: float) -> dict[str, float]:
    """EUR of all days together, rounded down to a cent: `machines`, `storage` (cache and egress), and their `total`."""
    program = _Program(offer, days, level)
    found = linprog(program.cost, A_ub=program.matrix(), b_ub=program.limits, bounds=program.bounds, method="highs-ds")
    if found.status != 0:
        raise RuntimeError(f"the lower bound of the machines was not found: {found.message}")
    loads = [load for day in days for load in day["load"]]
    stored = min(sum(storage_cost(offer, loads, size, len(days)).values()) for size, _ in offer["cache_hits"])
    machines, storage = math.floor(100 * found.fun) / 100, math.floor(100 * stored) / 100
    return {"machines": machines, "storage": storage, "total": machines + storage}


def bill_bound(offer: Offer, days: list[Day], level: float) -> dict[str, float]:
    """The lower bound, and in `without_spot` the total that no policy without spot machines pays less than."""
    spotless = lower_bound(offer | {"spot_most": 0}, days, level)["total"]
    return lower_bound(offer, days, level) | {"without_spot": spotless}


class _Program:
    """Variables: the reserved machines; then, a day, STEPS each of: on demand up, on demand ordered, spot up, spot
    ordered, machines' worth of dropped load. A row is a sum of variables that is at most its limit."""

    def __init__(self, offer: Offer, days: list[Day], level: float) -> None:
        self.start_up = int(offer["start_up_min"]) // STEP_MIN
        self.cost = [offer["reserved_hour"] * 24 * len(days)]
        self.bounds: list[tuple[float, float | None]] = [(0, None)]
        self.rows: list[dict[int, float]] = []
        self.limits: list[float] = []
        for number, day in enumerate(days):
            self._add_day(offer, day, 1 + number * 5 * STEPS, level)

    def _add_day(self, offer: Offer, day: Day, first: int, level: float) -> None:
        up, order, spot, spot_order, drop = (first + part * STEPS for part in range(5))
        for kind in ("on_demand", "spot"):
            price = offer[f"{kind}_hour"] * HOURS_A_STEP
            self.cost += [price] * STEPS + [price * self.start_up] * STEPS  # paid while it starts
        self.cost += [0.0] * STEPS
        need = [load / offer["machine_per_s"] for load in day["load"]]
        free: list[tuple[float, float | None]] = [(0, None)] * (3 * STEPS)
        self.bounds += (
            free + [(0, None if offered else 0) for offered in day["offered"]] + [(0, machines) for machines in need]
        )
        for step in range(STEPS):
            self._at_most(-need[step], {0: -1, up + step: -1, spot + step: -1, drop + step: -1})
            if step:  # a day may start with any number
                self._at_most(0, {up + step: 1.0} | self._came(up, order, step, 1.0))
            self._at_most(0, {spot + step: 1.0} | self._came(spot, spot_order, step, 1 - day["taken"][step]))
            starting = {spot_order + at: 1.0 for at in range(max(step - self.start_up + 1, 0), step + 1)}
            self._at_most(offer["spot_most"], {spot + step: 1.0} | starting)
        self._at_most((1 - level) * sum(need), {drop + step: 1.0 for step in range(STEPS)})

    def _came(self, up: int, order: int, step: int, kept: float) -> dict[int, float]:
        """What can be up at a step: what was up before and what was ordered a start-up time ago, as far as kept."""
        found = {up + step - 1: -kept} if step else {}
        return found | ({order + step - self.start_up: -kept} if step >= self.start_up else {})

    def _at_most(self, limit: float, row: dict[int, float]) -> None:
        self.rows.append(row)
        self.limits.append(limit)

    def matrix(self) -> sparse.csr_matrix:
        places = np.repeat(np.arange(len(self.rows)), [len(row) for row in self.rows])
        columns = [column for row in self.rows for column in row]
        values = [value for row in self.rows for value in row.values()]
        return sparse.csr_matrix((values, (places, columns)), shape=(len(self.rows), len(self.cost)))


def _constant(load: int, steps: int = STEPS) -> Day:
    return {"family": "ordinary", "load": [load] * steps, "taken": [0.0] * steps, "offered": [True] * steps}


def answer_break_even(offer: Offer) -> float:
    """Hours a day, by bills of days on which one machine is needed in one stretch that grows by a step."""
    start_up = int(offer["start_up_min"]) // STEP_MIN
    reserved = simulate(lambda _: {"on_demand": 0, "spot": 0}, offer, _constant(0), 1).cost["reserved"]

    def costs_less(steps: int) -> bool:
        """Whether a machine on demand does that is needed for so many steps, after its start."""

        def decide(seen: dict[str, Any]) -> dict[str, int]:
            return {"on_demand": int(seen["minute"] < STEP_MIN * (start_up + steps)), "spot": 0}

        return simulate(decide, offer, _constant(0), 0).cost["on_demand"] < reserved

    return _first(lambda steps: not costs_less(steps), STEPS - start_up) * HOURS_A_STEP


def _first(holds: Callable[[int], bool], most: int) -> int:
    """The smallest whole number from 1 to `most` for which something holds, which then holds for all above."""
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def answer_spare(offer: Offer, rise: float) -> int:
    """Machines, by trying on a load that rises for three hours."""
    load = [500 + round(rise * STEP_MIN * max(step - 12, 0)) for step in range(48)]
    day = _constant(0, len(load)) | {"load": load}

    def enough(spare: int) -> bool:
        def decide(seen: dict[str, Any]) -> dict[str, int]:
            return {"on_demand": math.ceil(seen["load"][-1] / offer["machine_per_s"]) + spare, "spot": 0}

        return not any(step.dropped for step in simulate(decide, offer, day, 0).steps[12:])

    return _first(enough, 200)


def answer_spot_share(offer: Offer, level: float, times: int) -> float:
    """The largest share, to a thousandth, by trying on a constant load of a thousand machines."""
    offer = offer | {"spot_most": 1_000}
    day = _constant(1_000 * offer["machine_per_s"])
    places = [STEPS * (2 * number + 1) // (2 * times) for number in range(times)]
    day["taken"] = [1.0 if place in places else 0.0 for place in range(STEPS)]
    day["offered"] = [not any(0 <= place - at < 6 for at in places) for place in range(STEPS)]

    def kept(spot: int) -> bool:
        def decide(seen: dict[str, Any]) -> dict[str, int]:
            return {"on_demand": 0 if seen["up"]["spot"] else spot, "spot": spot}

        return simulate(decide, offer, day, 1_000 - spot).level >= level

    return (_first(lambda spot: not kept(spot), MOST) - 1) / 1_000  # as many as may be wanted


def answer_reserved(offer: Offer, load: list[int]) -> int:
    """Machines: the n-th is worth reserving if it is needed in a larger share of the time than its price is."""
    need = np.ceil(np.array(load) / offer["machine_per_s"])
    share = offer["reserved_hour"] / offer["on_demand_hour"]
    return int(sum((need >= number).mean() > share for number in range(1, int(need.max()) + 1)))


def answer_cache(offer: Offer, requests_a_day: int) -> int:
    """GB: sizes are added as long as the next saves more than it costs."""
    per_gb = requests_a_day * offer["answer_mb"] / 1_000 * offer["egress_gb"]
    sizes = offer["cache_hits"]
    bills = [size * offer["cache_gb_day"] + per_gb * (1 - hits) for size, hits in sizes]
    return int(sizes[int(np.argmin(bills))][0])
