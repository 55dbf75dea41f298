"""Releases in virtual time: versions, a router, metrics, and the rules of the task, each held in every minute.

The world calls nobody: it says what is `seen`, takes `act`ions, and lets a minute pass. No points, no clock.
"""

import copy
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from grader.suite_kit.answer import kind_of
from grader.suite_kit.comparison import is_number
from grader.suites.implement_deployment_pipeline.scenarios import EXERCISE, PLACES, RUNGS, SCENARIOS, Kind
from notebook_runner.errors import CourseError

HOLD_MIN, WATCH_MIN, ROLLBACK_MIN = (EXERCISE.limit(name) for name in ("hold_min", "watch_min", "rollback_min"))
RELEASE_MIN, CLEAR_MIN = EXERCISE.limit("release_min"), EXERCISE.limit("clear_min")
SLICES = (0.62, 0.32, 0.06)
SMALL = 3  # parts of the second slice, where a scenario counts them apart
USUAL = {"errors": 0.01, "slow": 0.02}
COPIED = 0.2  # of the requests go to a shadow as well
FIRST = "v1"
SHOWN_BY_A_SHADOW = ("errors", "slow", "slice", "first request")
NOISE_MIN, NEAR = 300, 1e-9
REACHED = {f"{place:.0%}": place - NEAR for place in PLACES}  # by event, the least share at which it happens
FORMS = (
    '{"start": version}, {"stop": version}, {"shadow": version or None}, {"route": {version: share}} or '
    '{"refuse": version, "why": text}'
)
Metrics = dict[str, dict[str, dict[str, int]]]


class Broken(CourseError):
    """A rule was broken. `cause` holds no figure of the scenario, `detail` may, and what the student's code made up."""

    def __init__(self, rule: int, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause} (rule {rule}). {detail}".strip())
        self.rule, self.cause, self.detail = rule, cause, detail


@dataclass(frozen=True)
class Scenario:
    """A scenario with its magnitudes."""

    name: str
    number: int
    drawn: Mapping[str, float]

    @cached_property
    def kind(self) -> Kind:
        return SCENARIOS[self.name]

    @cached_property
    def asked(self) -> list[tuple[int, dict[str, Any]]]:
        """Each request for a version, with the minute from which on it is seen."""
        found, schema = [], int(self.drawn["schema"])
        for number, (version, fault) in enumerate(self.kind.faults.items()):
            needs = schema + 1 if fault == "schema" else schema - number
            minute = int(self.drawn["asked"] + number * self.drawn.get("later", 0))
            found.append((minute, {"version": version, "needs": needs}))
        return found

    @cached_property
    def slices(self) -> dict[str, float]:
        """The slices that are counted, under names of this scenario's own, with their shares of the requests."""
        small = [self.drawn["small"] / 100] * SMALL if "small" in self.drawn else []
        widths = [SLICES[0], SLICES[1] - sum(small), SLICES[2], *small]
        numbers = np.random.default_rng([int(self.drawn["seed"]), 1]).choice(
            range(100, 1000), len(widths), replace=False
        )
        return dict(sorted((f"group {number}", width) for number, width in zip(numbers, widths, strict=True)))

    @cached_property
    def noise(self) -> np.ndarray:
        """How far each count lies from its mean, in standard deviations, (minutes, versions, slices, measures)."""
        shape = (NOISE_MIN, 1 + len(self.kind.faults), len(self.slices), len(USUAL))
        return np.random.default_rng(int(self.drawn["seed"])).uniform(-2, 2, shape)

    @cached_property
    def answered(self) -> dict[tuple[Any, ...], dict[str, dict[str, int]]]:
        """The answers of a version, by everything on which they depend: a run and its forks share most of them."""
        return {}


@dataclass
class World:
    """A scenario under way. `health` holds for each copy what it is, and until when it is starting.

    `place` is the share of the last version at which the router restarts, `restarted` the minute in which it did.
    """

    scenario: Scenario
    minute: int = 0
    health: dict[str, tuple[str, int]] = field(default_factory=lambda: {FIRST: ("ready", 0)})
    routed: dict[str, float] = field(default_factory=lambda: {FIRST: 1.0})
    ordered: tuple[int, dict[str, float]] | None = None
    place: float | None = None
    restarted: int | None = None
    shadow: str | None = None
    metrics: Metrics | None = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=lambda: [FIRST])
    measured: Counter[tuple[str, float]] = field(default_factory=Counter)
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    shown: Counter[str] = field(default_factory=Counter)
    full: int = 0
    lost: int = 0
    ended: int = 0
    lost_at_end: int = 0
    hurt: int = 0
    highest: dict[str, tuple[float, int]] = field(default_factory=dict)
    condemned: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    marks: list[tuple[int, list[Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = self.scenario.drawn.get("place")

    def fork(self) -> "World":
        """A copy that goes its own way."""
        other = copy.copy(self)
        vars(other).update({name: copy.copy(value) for name, value in vars(self).items() if name != "scenario"})
        return other

    # What the controller reads

    def asked(self) -> list[dict[str, Any]]:
        return [release for minute, release in self.scenario.asked if minute <= self.minute]

    @property
    def turn(self) -> str | None:
        """The version whose turn it is: the first that was asked for and has not ended."""
        for minute, release in self.scenario.asked:
            version: str = release["version"]
            if minute <= self.minute and version not in self.refused and version not in self.released:
                return version
        return None

    @property
    def done(self) -> bool:
        """Whether every version has ended and only the active one runs."""
        ended = len(self.refused) + len(self.released) - 1 == len(self.scenario.asked)
        return ended and set(self.health) == set(self.routed) == {self.released[-1]} and not self.ordered

    def seen(self) -> dict[str, Any]:
        """What `step` gets: plain data, and nothing of the future."""
        return {
            "minute": self.minute,
            "schema": int(self.scenario.drawn["schema"]),
            "asked": self.asked(),
            "refused": list(self.refused),
            "health": {version: state for version, (state, _) in self.health.items()},
            "routed": dict(self.routed),
            "shadow": self.shadow,
            "metrics": self.metrics,
        }

    # What the controller does

    def act(self, actions: Any) -> None:
        """Carries actions out, one after the other. Raises `Broken`."""
        if not isinstance(actions, list | tuple):
            raise Broken(10, "step gave actions that are no list", f"They are a {kind_of(actions)}. Give a list.")
        if actions:
            self.marks.append((self.minute, list(actions)))
        for action in actions:
            kinds = ("start", "stop", "shadow", "route", "refuse")
            what = next((kind for kind in kinds if isinstance(action, dict) and kind in action), None)
            if what is None or set(action) != ({what, "why"} if what == "refuse" else {what}):
                raise Broken(10, "step gave an action of no known form", f"It is {action!r:.90}; known are {FORMS}.")
            if what == "route":
                self._route(action[what])
            elif action[what] is None and what == "shadow":
                self.shadow = None
            elif not isinstance(action[what], str) or action[what] not in (FIRST, *self.scenario.kind.faults):
                raise Broken(10, f"step asked to {what} a version that there is not", f"It is {action[what]!r:.40}.")
            else:
                {"start": self._start, "stop": self._stop, "shadow": self._shadow, "refuse": self._refuse}[what](
                    action[what]
                )

    def lose(self, actions: Any) -> None:
        """The controller died before these actions: whom it was about to refuse is known to its state alone."""
        known = [action for action in actions if isinstance(action, dict)] if isinstance(actions, list | tuple) else []
        self.condemned = [action["refuse"] for action in known if isinstance(action.get("refuse"), str)]

    def _start(self, version: str) -> None:
        self._turn_of(version, "started")
        if self._needs(version) > self.scenario.drawn["schema"]:
            raise Broken(5, f"{version} was started, which needs a schema that is not there yet")
        if self._state(version) not in ("", "failed"):
            raise Broken(8, f"{version} was started while a copy of it was there: now there are two")
        self.health[version] = ("starting", self.minute + int(self.scenario.drawn["start_up"]))

    def _stop(self, version: str) -> None:
        if self.routed.get(version):
            raise Broken(7, f"{version} was stopped while the router still sent it requests: they were lost")
        if version == self.released[-1]:
            raise Broken(8, f"{version} was stopped while it was the version to go back to")
        self.health.pop(version, None)
        self.shadow = None if self.shadow == version else self.shadow

    def _shadow(self, version: str) -> None:
        self._turn_of(version, "given copies of requests")
        if self._state(version) != "ready":
            raise Broken(7, f"{version} was given copies of requests and was not ready")
        self.shadow = version

    def _refuse(self, version: str) -> None:
        if version in self.refused:
            return
        if version in self.released or version not in [release["version"] for release in self.asked()]:
            raise Broken(1, f"{version} was refused, and there was nothing to refuse")
        if (version, "visible") not in self.first:
            raise Broken(5, f"{version} was refused, and nothing that lasts spoke against it")
        self.refused.append(version)
        self._end()

    def _route(self, shares: Any) -> None:
        if not isinstance(shares, dict) or not all(is_number(part) and 0 <= part <= 1 for part in shares.values()):
            raise Broken(7, "a route was ordered that is no table of shares from 0 to 1", f"It is {shares!r:.90}.")
        if abs(sum(shares.values()) - 1) > 1e-6:
            raise Broken(7, "a route was ordered whose shares do not sum to 1", f"It is {shares!r:.90}.")
        shares = {version: float(share) for version, share in shares.items() if share > 0}
        target = self.ordered[1] if self.ordered else self.routed
        for version, share in shares.items():
            if self._state(version) != "ready":
                detail = f"It is {version!r:.40}."
                raise Broken(7, "requests were sent to a version that was not ready: they were lost", detail)
            if version not in self.released:
                self._turn_of(version, "given requests")
                self._may_rise(version, share, max(target.get(version, 0.0), self.routed.get(version, 0.0)))
        restarting = self.restarted is not None and self.minute < self.restarted + self.scenario.drawn["away"]
        if shares != target and not restarting:
            self.ordered = (self.minute + int(self.scenario.drawn.get("lag", 0)), shares)
            self._take_route()

    def _may_rise(self, version: str, share: float, before: float) -> None:
        if self.metrics is None and share > before + NEAR:
            raise Broken(6, f"the share of {version} was raised while the metrics were out")
        if version in self.condemned and share > before + NEAR:
            raise Broken(9, f"{version} got more requests after step had refused it: the verdict was lost on the way")
        for rung in RUNGS:
            if share > rung + NEAR and self.measured[version, rung] < HOLD_MIN:
                cause = (
                    f"{version} got more than {rung:.0%} before it was measured for {HOLD_MIN:g} minutes at {rung:.0%}"
                )
                raise Broken(2, cause, f"It was measured for {self.measured[version, rung]}, and got {share:.0%}.")

    def _turn_of(self, version: str, done: str) -> None:
        if version in self.refused:
            raise Broken(1, f"{version} was {done} after it had been refused")
        if version != self.turn:
            raise Broken(1, f"{version} was {done} when it was not its turn")

    def _state(self, version: str) -> str:
        return self.health[version][0] if version in self.health else ""

    def _needs(self, version: str) -> int:
        return next(int(release["needs"]) for release in self.asked() if release["version"] == version)

    def _end(self) -> None:
        self.ended, self.lost_at_end, self.full = self.minute, self.lost, 0

    # What happens meanwhile

    def pass_minute(self, dead: bool = False) -> None:
        """A minute of traffic, in which the controller may be `dead`. Raises `Broken`."""
        self._restart_router()
        self._take_route()
        answering = {*self.routed, *([self.shadow] if self.shadow else [])}
        for version in answering:
            share = self.routed.get(version, 0.0)
            if share > self.highest.get(version, (-1.0, 0))[0] + NEAR:
                self.highest[version] = (share, self.minute)
        metrics = {version: self._answers(version) for version in sorted(answering)}
        faulty, out = [version for version in metrics if self._is_faulty(version)], self._metrics_are_out()
        self._count(metrics, faulty, out)
        self.history.append({"minute": self.minute, "routed": self.routed, "answers": metrics, "out": out})
        self.metrics = None if out else metrics
        self.lost += out or dead
        self.minute += 1
        for version, (state, until) in self.health.items():
            if state == "starting" and until <= self.minute:
                self.health[version] = ("failed" if self._fault(version) == "start" else "ready", 0)
        self._show([] if out else faulty, dead)
        self._hold_to_times()

    def _restart_router(self) -> None:
        """Some minutes after the last version got the share `place`, it has again the share that it had before."""
        version = list(self.scenario.kind.faults)[-1]
        if self.place and self._since(version, f"{self.place:.0%}") == (back := int(self.scenario.drawn["back"])):
            share = self.history[self.minute - back - 1]["routed"].get(version, 0.0)
            self.routed = {self.released[-1]: 1 - share, **({version: share} if share else {})}
            self.ordered, self.restarted = None, self.minute

    def _take_route(self) -> None:
        if self.ordered and self.ordered[0] <= self.minute:
            self.routed, self.ordered = self.ordered[1], None

    def _fault(self, version: str) -> str:
        return self.scenario.kind.faults.get(version, "")

    def _since(self, version: str, event: str) -> float:
        """Minutes since the first that an event had; below 0 before."""
        return self.minute - self.first.get((version, event), math.inf)

    def _is_faulty(self, version: str) -> bool:
        fault, drawn = self._fault(version), self.scenario.drawn
        if fault == "load":
            return self.routed.get(version, 0.0) >= drawn["share"]
        if fault == "late":
            return self._since(version, "full") >= drawn["late"]
        if fault == "blind":
            return self._since(version, "live") >= drawn["after"] + 2
        return fault in SHOWN_BY_A_SHADOW

    def _more(self, version: str, part: str) -> dict[str, float]:
        """By how much the shares of bad answers lie above the usual ones in this minute."""
        drawn, fault = self.scenario.drawn, self._fault(version)
        errors = slow = 0.0
        if self._is_faulty(version):
            size = 0.95 if fault == "first request" else drawn["size"] / 100
            if fault == "slice" and self.scenario.slices[part] != SLICES[2]:  # so many fewer that the total is usual
                size *= -SLICES[2] / (1 - SLICES[2])
            errors, slow = (0.0, size) if fault == "slow" else (size, 0.0)
        if self._is_cold(version):
            errors += drawn["cold"] / 100
        if version != FIRST:
            errors -= drawn.get("fewer", 0.0) / 100
        if self._both_err():
            errors += drawn["size"] / 100
        return {"errors": errors, "slow": slow}

    def _is_cold(self, version: str) -> bool:
        return "cold" in self.scenario.drawn and version != FIRST and self.highest[version][1] == self.minute

    def _both_err(self) -> bool:
        drawn = self.scenario.drawn
        return "lasts" in drawn and 0 <= self._since("v2", "live") - drawn["after"] < drawn["lasts"]

    def _answers(self, version: str) -> dict[str, dict[str, int]]:
        """The answers of a version in this minute by slice, to be read only."""
        share = self.routed.get(version, 0.0) + COPIED * (self.shadow == version)
        met = (version, self.minute, share, self._is_faulty(version), self._is_cold(version), self._both_err())
        if met not in self.scenario.answered:
            self.scenario.answered[met] = self._counted(version, share)
        return self.scenario.answered[met]

    def _counted(self, version: str, share: float) -> dict[str, dict[str, int]]:
        place = [FIRST, *self.scenario.kind.faults].index(version)
        noise = self.scenario.noise[self.minute % NOISE_MIN, place].tolist()  # as lists all of it would be collected
        found = {}
        for (part, width), far in zip(self.scenario.slices.items(), noise, strict=True):
            requests, more = round(self.scenario.drawn["traffic"] * width * share), self._more(version, part)
            counts = {}
            for (what, usual), one in zip(USUAL.items(), far, strict=True):
                mean = min(usual + more[what], 1.0)
                count = requests * mean + one * math.sqrt(requests * mean * (1 - mean))
                counts[what] = min(max(round(count), 0), requests)
            found[part] = {"requests": requests, **counts}
        return found

    def _metrics_are_out(self) -> bool:
        drawn, event = self.scenario.drawn, self.scenario.kind.out_after
        return bool(event) and 0 <= self._since("v2", event) - drawn["after"] < drawn["out"]

    def _count(self, metrics: Metrics, faulty: list[str], out: bool) -> None:
        """What was measured, and what users met."""
        version = self.turn
        share = self.routed.get(version, 0.0) if version else 0.0
        happened = [event for event, least in REACHED.items() if share >= least]
        happened += ["live"] * (share > 0) + ["full"] * (share == 1) + ["measured"] * (version in metrics)
        for event in happened:
            self.first.setdefault((str(version), event), self.minute)
        if version and not out:
            for rung in RUNGS:
                self.measured[version, rung] += share >= rung - NEAR
        self.full = self.full + (not out) if share == 1 else 0
        for bad in set(faulty) & set(self.routed):
            self.hurt += sum(part["errors"] + part["slow"] for part in metrics[bad].values())
            if self._fault(bad) in SHOWN_BY_A_SHADOW:
                raise Broken(3, f"users met a fault of {bad} that copies of their requests would have shown")

    def _show(self, faulty: list[str], dead: bool) -> None:
        """Whose fault can be seen now, in metrics, in its health or in what it needs; and for how long, where it is."""
        version = self.turn
        if version and (self._state(version) == "failed" or self._needs(version) > self.scenario.drawn["schema"]):
            faulty = [*faulty, version]
        for bad in faulty:
            self.first.setdefault((bad, "visible"), self.minute)
            self.shown[bad] += not dead
            if self.shown[bad] > ROLLBACK_MIN:
                detail = f"It has {self.routed.get(bad, 0.0):.0%} of the requests."
                raise Broken(4, f"the fault of {bad} could be seen for more than {ROLLBACK_MIN:g} minutes", detail)

    def _hold_to_times(self) -> None:
        version = self.turn
        if version and self.full >= WATCH_MIN and (version, "visible") not in self.first:
            self.released.append(version)
            self._end()
        for other in self.health if self.minute - self.ended > CLEAR_MIN else ():
            if other not in (self.released[-1], self.turn):
                raise Broken(8, f"{other} still ran {CLEAR_MIN:g} minutes after it had no more to do")
        if (late := self.turn) and self.minute - self._turn_began(late) > RELEASE_MIN:
            detail = f"It has {self.routed.get(late, 0.0):.0%} of the requests."
            raise Broken(
                5, f"{late} was neither released nor refused {RELEASE_MIN:g} minutes after its turn came", detail
            )

    def _turn_began(self, version: str) -> int:
        """The minute at which a turn began, less those that were lost since."""
        asked = next(minute for minute, release in self.scenario.asked if release["version"] == version)
        return max(asked, self.ended) + self.lost - self.lost_at_end


def bad_share(answers: Mapping[str, Mapping[str, int]]) -> float:
    """The share of a version's answers that were wrong or slow, all slices together."""
    bad = sum(part["errors"] + part["slow"] for part in answers.values())
    return bad / max(sum(part["requests"] for part in answers.values()), 1)
