"""The scenarios: their published ranges, and what happens in each to the requests. Nothing is measured here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from grader.suite_kit.designs import Draw, Range, ScenarioFamily
from grader.suite_kit.exercise import load_exercise
from grader.suites.design_recommendation_system.document import RecommendationDesign
from mlsd_lib.simulation import traces
from mlsd_lib.simulation.scenario import Failure, Level, Scenario, Slow
from mlsd_lib.simulation.scorecard import Scorecard, scored

EXERCISE = load_exercise(Path(__file__).parent)
VISITORS = 20_000
LEVEL = Level(within_s=EXERCISE.limit("good_within_s"), share=EXERCISE.limit("day"))
AT_S, SECONDS = 120.0, 330.0
"""When a disturbance begins, and how long a story is in which there is one."""

RATE = Range(38, 42, "a second")
FAMILIES = (
    ScenarioFamily("day", "Daily cycle", {"rate": RATE}),
    ScenarioFamily("crowd", "Flash crowd", {"rate": RATE, "times": Range(2.8, 3.2), "lasts": Range(50, 70, "s")}),
    ScenarioFamily("growth", "Growth", {"rate": RATE, "times": Range(2.3, 2.5)}),
    ScenarioFamily("replica", "One replica lost", {"rate": Range(57, 63, "a second"), "down": Range(50, 70, "s")}),
    ScenarioFamily("store", "Feature store lost", {"rate": RATE, "lasts": Range(60, 80, "s")}),
    ScenarioFamily("overload", "Overload", {"rate": RATE, "times": Range(18, 22), "lasts": Range(40, 50, "s")}),
    ScenarioFamily("items", "New items", {"rate": RATE, "launched": Range(50, 70, "items", whole=True)}),
)


def story(draw: Draw, times: float = 1.0) -> Scenario:
    """The requests of a scenario and what happens to them; of all requests `times` as many, if asked."""
    return _story(draw, times)


@lru_cache(maxsize=64)  # a search for an edge goes through some fifty, and again for the next design
def _story(draw: Draw, times: float) -> Scenario:
    rng = np.random.default_rng(draw.seed)
    arrived, seconds, happens = TRACES[draw.family](rng, draw, times * draw["rate"])
    keys = traces.zipf_keys(rng, len(arrived), VISITORS, exponent=0.6)
    return Scenario(
        draw.family, arrived, keys, VISITORS, seconds, level=LEVEL, change_s=1_200.0, hit_s=0.002,
        seed=int(rng.integers(2**31)), **happens,
    )  # fmt: skip


Trace = tuple[np.ndarray, float, dict[str, Any]]


def _day(rng: np.random.Generator, draw: Draw, rate: float) -> Trace:
    seconds = 24 * 60.0
    return traces.daily_cycle(rng, rate, seconds, day_s=seconds), seconds, {}


def _crowd(rng: np.random.Generator, draw: Draw, rate: float) -> Trace:
    return traces.flash_crowd(rng, rate, SECONDS, AT_S, draw["lasts"], draw["times"]), SECONDS, {}


def _growth(rng: np.random.Generator, draw: Draw, rate: float) -> Trace:
    rates = [rate, draw["times"] * rate, draw["times"] * rate]
    return traces.varying(rng, [0.0, SECONDS - 120.0, SECONDS], rates), SECONDS, {}


def _replica(rng: np.random.Generator, draw: Draw, rate: float) -> Trace:
    return traces.constant(rng, rate, SECONDS), SECONDS, {"failures": (Failure(AT_S, 1, draw["down"]),)}


def _store(rng: np.random.Generator, draw: Draw, rate: float) -> Trace:
    return traces.constant(rng, rate, SECONDS), SECONDS, {"slow": (Slow(AT_S, AT_S + draw["lasts"], 40.0),)}


def _items(rng: np.random.Generator, draw: Draw, rate: float) -> Trace:
    return traces.constant(rng, rate, 120.0), 120.0, {}


TRACES: Mapping[str, Callable[[np.random.Generator, Draw, float], Trace]] = {
    "day": _day, "crowd": _crowd, "growth": _growth, "replica": _replica, "store": _store, "overload": _crowd,
    "items": _items,
}  # fmt: skip


def card_of(design: RecommendationDesign, draw: Draw, times: float = 1.0) -> Scorecard:
    """The scorecard of a design's serving in a scenario; of all requests `times` as many come, if asked."""
    given = story(draw, times)
    return scored(design.serving, replace(given, cost=design.cost))
