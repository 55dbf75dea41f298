"""The cases of `minimize_cost`: a price list, last week, six days with their lower bound, and questions.

The public ones are stored; the hidden ones are drawn by the same functions from the secret.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suites.minimize_cost.world import HOURS_A_STEP, STEP_MIN, STEPS, Day, Offer, draw_load, draw_offer, wave

EXERCISE = load_exercise(Path(__file__).parent)
ASKED, DIFFER = 6, 3  # so a constant is right in no draw
START_UPS_MIN, RESERVED = (5, 10, 15, 20), (0.35, 0.8)
NO_WHOLE = (0.2, 0.8)
"""Between these the part of a machine lies that a rise needs above whole ones."""
Arguments = list[Any]


@dataclass(frozen=True)
class Cases:
    """`offer` is the price list, `week` last week's load, `days` those that are lived; `bound`, in EUR, is that of all
    days at `level`. The test of the bill has days and a bound of its own, which holds that `without_spot` as well.
    `questions` by name: the `given` arguments, and what is `right`. Nothing of `private` cases is shown.
    """

    offer: Offer
    week: list[int]
    days: list[Day]
    bound: dict[str, float]
    bill_days: list[Day]
    bill_bound: dict[str, float]
    questions: dict[str, list[dict[str, Any]]]
    private: bool = False

    @property
    def level(self) -> float:
        """The share of requests to be served."""
        return EXERCISE.limits["level"].steps(self.private)[0]

    def of_the_bill(self) -> "Cases":
        """The same cases with the days of the bill."""
        return replace(self, days=self.bill_days, bound=self.bill_bound)


def draw_questions(seed: int, answers: Mapping[str, Callable[..., float]]) -> dict[str, list[dict[str, Any]]]:
    """`ASKED` of each question, with what `answers` says of its arguments; `DIFFER` of its answers differ at least."""
    rng, questions = np.random.default_rng([seed, 2]), dict[str, list[dict[str, Any]]]()
    for name, draw in QUESTIONS.items():
        while len({question["right"] for question in questions.get(name, [])}) < DIFFER:
            asked = [draw(rng) for _ in range(ASKED)]
            questions[name] = [{"given": given, "right": answers[name](*given)} for given in asked]
    return questions


def _any_offer(rng: np.random.Generator) -> Offer:
    """An offer whose start-up and whose price of reserved machines lie further apart than those of the days."""
    offer, _ = draw_offer(rng, int(rng.choice(START_UPS_MIN)))
    return offer | {"reserved_hour": round(offer["on_demand_hour"] * float(rng.uniform(*RESERVED)), 3)}


def _spare(rng: np.random.Generator) -> Arguments:
    """An offer and a rise whose load, while a machine comes, is that of no whole number of machines, nor nearly so.

    There the rounding of loads decides by one machine, so no answer could be required to the machine.
    """
    offer, (low, high) = _any_offer(rng), NO_WHOLE
    behind_min = offer["start_up_min"] + STEP_MIN
    whole, part = divmod(float(rng.uniform(15, 30)) * behind_min / offer["machine_per_s"], 1)
    return [offer, round((whole + low + (high - low) * part) * offer["machine_per_s"] / behind_min, 2)]


def _spot_share(rng: np.random.Generator) -> Arguments:
    """An offer, a level and a number of times whose share lies well within what can be wanted."""
    while True:
        offer, level, times = _any_offer(rng), round(float(rng.uniform(0.99, 0.998)), 4), int(rng.integers(1, 5))
        if 0.05 <= (1 - level) * STEPS / times / (offer["start_up_min"] / STEP_MIN + 1) <= 0.45:
            return [offer, level, times]


def _reserved(rng: np.random.Generator) -> Arguments:
    offer, load = draw_offer(rng)
    offer["reserved_hour"] = round(offer["on_demand_hour"] * float(rng.uniform(*RESERVED)), 3)
    return [offer, [int(rate) for rate in draw_load(rng, load * wave(np.arange(STEPS)))]]


def _cache(rng: np.random.Generator) -> Arguments:
    offer, load = draw_offer(rng)
    return [offer, int(86_400 * load * 4 ** rng.uniform(-1.7, 1))]  # as many small services as large ones


QUESTIONS: Mapping[str, Callable[[np.random.Generator], Arguments]] = {
    "break even": lambda rng: [_any_offer(rng)],
    "spare": _spare,
    "spot share": _spot_share,
    "reserved": _reserved,
    "cache": _cache,
}


CASES = CaseSource(EXERCISE, Cases)


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
