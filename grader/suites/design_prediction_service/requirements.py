"""What is required, as data; and the task that reads, runs and judges designs."""

import functools
from pathlib import Path

from grader.suite_kit.designs import DesignTask, Draw, Draws, Log, Maybe, OneOf, Question, Real, Requirement, Whole
from grader.suite_kit.exercise import load_exercise
from grader.suites.design_prediction_service import world
from grader.suites.design_prediction_service.document import MOST_ITEMS, ServiceDesign

EXERCISE = load_exercise(Path(__file__).parent)
AT_ALL = ("ordinary",)
REQUIREMENTS = (
    Requirement("ordinary", "worst minute", ("ordinary",), "at least", ((0.98, 1),), "%", 100),
    Requirement("growth", "worst minute", ("growth",), "at least", ((0.98, 1),), "%", 100, needs=AT_ALL),
    Requirement("pulse", "good", ("pulse",), "at least", ((0.88, 1),), "%", 100, needs=AT_ALL),
    Requirement("crash", "good", ("crash",), "at least", ((0.97, 1),), "%", 100, needs=AT_ALL),
    Requirement("overload", "good a second", ("overload",), "at least", ((180, 1),), "a second", needs=AT_ALL),
    Requirement("waits", "longest wait", ("slow", "overload"), "at most", ((1.0, 1),), "s", needs=AT_ALL),
    Requirement("recovery", "recovery", ("slow", "overload"), "at most", ((15, 1),), "s", needs=AT_ALL),
    Requirement("price", "price", ("ordinary",), "at most", ((3.6, 1), (2.65, 1)), "EUR", needs=AT_ALL),
    Requirement("blast radius", "bad answers", ("bad version",), "at most", ((200, 1), (60, 1))),
    Requirement("released", "released", ("good version",), "at least", ((0.95, 1),), "%", 100),
)
TASK = DesignTask(EXERCISE, ServiceDesign.of, world.FAMILIES, world.run, REQUIREMENTS)
BREAKABLE = ("growth", "pulse", "crash")
LOAD, NEAR, HALVINGS = (0.1, 8.0), 1.05, 7
"""The traffic between which a design breaks, in times of the usual; what breaks within 5 % breaks at the same."""


def breaking_traffic(design: ServiceDesign, family: str, draws: Draws) -> float:
    """The traffic, in times of the usual, from which on a scenario misses its requirement; by bisection.

    0 where it does so at any.
    """
    one = TASK.requirements[family]
    low, high = LOAD
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        worst = min(world.run(design, draw, middle).measures[one.measure] for draw in draws[family])
        low, high = (middle, high) if one.met(worst, one.steps[0][0]) else (low, middle)
    return (low * high) ** 0.5 if low > LOAD[0] else 0.0


def breaks(design: ServiceDesign, draws: Draws) -> dict[str, float]:
    """With half of the replicas: by scenario the ordinary rate, requests a second, at which it breaks."""
    return _breaks(world.without_half(design), tuple(tuple(draws[family]) for family in BREAKABLE))


@functools.lru_cache(maxsize=8)
def _breaks(design: ServiceDesign, draws: tuple[tuple[Draw, ...], ...]) -> dict[str, float]:
    found = zip(BREAKABLE, draws, strict=True)
    return {family: world.RATE * breaking_traffic(design, family, {family: some}) for family, some in found}


def _first(design: ServiceDesign, draws: Draws) -> frozenset[str]:
    rates = breaks(design, draws)
    return frozenset(family for family, rate in rates.items() if rate <= NEAR * min(rates.values()))


def _rate(design: ServiceDesign, draws: Draws) -> float:
    return min(breaks(design, draws).values())


QUESTIONS: tuple[Question[ServiceDesign], ...] = (
    Question("breaks first", "breaks_first", _first),
    Question("at what rate", "at_rate_per_s", _rate, within=0.2, unit="a second"),
)
SCALER = {"least": Log(1, 10, whole=True), "most": Log(2, 40, whole=True), "target": Real(0.2, 1)}
BREAKER = {"failures": Real(0.1, 1), "window": Log(10, 1_000, whole=True), "open_s": Log(0.5, 60)}
CACHE = {"items": Log(100, MOST_ITEMS, whole=True), "ttl_s": Log(1, 10_000), "coalesce": OneOf((True, False))}
STEPS = ((1.0,), (0.5, 1.0), (0.1, 1.0), (0.1, 0.5, 1.0), (0.01, 0.1, 1.0), (0.02, 0.1, 0.4, 1.0))
OPTIONS = {
    "replicas": {
        "count": Log(1, 40, whole=True), "spot": OneOf((False, False, True)), "autoscaler": Maybe(SCALER, 0.3),
    },
    "batching": Maybe({"most_rows": Log(1, 64, whole=True), "wait_s": Log(0.001, 1)}, 0.7),
    "queue": {"limit": Maybe(Log(4, 2_000, whole=True), 0.6), "drop_expired": OneOf((True, False))},
    "timeout_s": Log(0.05, 60),
    "retries": Maybe({"most": Whole(1, 10), "backoff_s": Log(0.005, 5), "budget": Maybe(Log(0.01, 10), 0.5)}, 0.6),
    "hedge_after_s": Maybe(Log(0.02, 2), 0.2),
    "breaker": Maybe(BREAKER, 0.2),
    "cache": Maybe(CACHE),
    "fallback": OneOf((True, False)),
    "canary": Maybe(
        {
            "steps": OneOf(STEPS), "step_s": Log(10, 3_600), "z_limit": Real(0.5, 8),
            "least_requests": Log(1, 10_000, whole=True),
        },
        0.7,
    ),
}  # fmt: skip
"""From where designs at random are drawn: every entry, sensible values and others."""
