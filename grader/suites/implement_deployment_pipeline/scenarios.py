"""The scenarios of `implement_deployment_pipeline` with their published ranges: versions asked for, and faults.

The public and the hidden ones are drawn from here, by the same function from other seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from grader.suite_kit.designs import Range, ScenarioFamily, draw_scenarios
from grader.suite_kit.exercise import load_exercise

EXERCISE = load_exercise(Path(__file__).parent)
RUNGS = EXERCISE.steps("rungs")
ALWAYS = {
    "traffic": Range(8_000, 10_000, "requests a minute", whole=True),
    "schema": Range(3, 7, whole=True),
    "asked": Range(2, 6, "min", whole=True),
    "start_up": Range(1, 4, "min", whole=True),
}
LATER = {"later": Range(20, 30, "min", whole=True)}
SIZE = {"size": Range(15, 30, "points")}
AFTER = {"after": Range(1, 3, "min", whole=True)}
TIMES = 3  # each, but for those in which the controller dies at every step
PLACES = (*RUNGS, 1.0)  # shares of the last version that is asked for, at one of which the router restarts
BACK = {"back": Range(1, 4, "min", whole=True)}
LAG = BACK | {"lag": Range(2, 4, "min", whole=True), "away": Range(5, 8, "min", whole=True)}
SOON = {"later": Range(6, 12, "min", whole=True)}
AFTERWARDS = {"later": Range(50, 60, "min", whole=True)}
LOAD = AFTERWARDS | SIZE | {"share": Range(0.3, 0.45)}
DOWN = BACK | {"down": Range(1, 3, "min", whole=True), "away": Range(12, 16, "min", whole=True)}
LATE = range(3, 13)
OUT = AFTER | {"out": Range(15, 25, "min", whole=True)}


@dataclass(frozen=True)
class Kind(ScenarioFamily):
    """Scenarios of one name: the criterion that they belong to, and the fault of each version that is asked for.

    `out_after` is the event of v2 some minutes after which the metrics are out; `dies`: the controller, at every step.
    """

    criterion: str = ""
    faults: Mapping[str, str] = field(default_factory=lambda: {"v2": ""})
    out_after: str = ""
    dies: bool = False


def _kind(
    criterion: str, name: str, title: str, ranges: Mapping[str, Range] = MappingProxyType({}), *faults: str,
    out_after: str = "", dies: bool = False,
) -> Kind:  # fmt: skip
    named = {f"v{number}": fault for number, fault in enumerate(faults or ("",), 2)}
    times = 1 if dies else TIMES
    return Kind(name, title, ALWAYS | dict(ranges), times, criterion, named, out_after, dies)


SCENARIOS = {
    kind.name: kind
    for kind in (
        _kind("good", "good", "a good version"),
        _kind("noisy", "cold minutes", "a good version whose caches are cold for a minute at each new share",
              {"cold": Range(15, 25, "points")}),
        _kind("noisy", "small slices", "a good version, and three slices of very few requests",
              {"small": Range(0.3, 0.5, "%")}),
        _kind("noisy", "fewer errors", "a good version with fewer errors than the old one",
              {"fewer": Range(0.6, 0.9, "points")}),
        _kind("noisy", "both versions", "for some minutes both versions err",
              SIZE | AFTER | {"lasts": Range(4, 6, "min", whole=True)}),
        _kind("late router", "late, good", "a good version, and a router that is late and restarts", LAG),
        _kind("late router", "late, bad", "a version bad under load, and a router that is late and restarts",
              LOAD | LAG, "load", ""),
        _kind("good", "at once", "two good versions at once", {"later": Range(0, 0, whole=True)}, "", ""),
        _kind("good", "meanwhile", "a good version is asked for while a bad one is let in",
              LOAD | SOON, "load", ""),
        _kind("errors", "errors", "a version that errs", LATER | SIZE, "errors", ""),
        _kind("errors", "slow", "a version that answers late", LATER | SIZE, "slow", ""),
        _kind("slice", "slice", "a version that errs for a small slice only", LATER | {"size": Range(10, 15, "points")},
              "slice", ""),
        _kind("load", "load", "a version that errs from some share of the requests on", LOAD, "load", ""),
        _kind("late", "late", "a version that errs some minutes after it has all requests",
              AFTERWARDS | SIZE | {"late": Range(LATE[0], LATE[-1], "min", whole=True)}, "late", ""),
        _kind("schema", "newer schema", "a version that needs a later schema", LATER, "schema", ""),
        _kind("schema", "start", "a version that fails when it starts", LATER, "start", ""),
        _kind("schema", "first request", "a version that fails at its first request", LATER, "first request", ""),
        _kind("outage", "out as a shadow", "no metrics soon after a version is first measured",
              OUT, out_after="measured"),
        _kind("outage", "out as a canary", "a version that becomes bad while the metrics are out",
              OUT | SIZE | AFTERWARDS, "blind", "", out_after="live"),
        _kind("outage", "out at full", "no metrics soon after a version got all requests", OUT, out_after="full"),
        _kind("restart", "dies, good", "the controller dies while a good version is let in", DOWN, dies=True),
        _kind("rollback", "dies, bad", "the controller dies while a version that is bad under load is let in",
              LOAD | SOON | DOWN, "load", "", dies=True),
    )
}  # fmt: skip


def draw(seed: int) -> dict[str, list[dict[str, float]]]:
    """The magnitudes of the scenarios of each name that a seed gives, and the seed of their noise and their names.

    Where the router restarts, scenarios of one name have other `place`s, in an order that is drawn as well; and where a
    fault is `late`, it is in another part of its range in each.
    """
    drawn = draw_scenarios(list(SCENARIOS.values()), seed)
    found = {
        name: [{"seed": scenario.seed, **dict(scenario.magnitudes)} for scenario in some]
        for name, some in drawn.items()
    }
    for some in found.values():
        if "away" in some[0]:
            places = np.random.default_rng(int(some[0]["seed"])).permutation(PLACES).tolist()
            some[:] = [{**scenario, "place": place} for scenario, place in zip(some, places, strict=False)]
    rng = np.random.default_rng([seed, *b"late"])
    for one, part in zip(found["late"], rng.permutation(len(found["late"])).tolist(), strict=True):
        one["late"] = float(rng.choice(np.array_split(LATE, TIMES)[part]))
    return found
