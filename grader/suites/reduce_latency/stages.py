"""Where the slow service's CPU time goes, measured with a clock around each stage, and the student's figures judged."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suite_kit.resources import cpu_s
from grader.suite_kit.score_sheet import Sheet
from grader.suites.reduce_latency.cases import EXERCISE
from grader.suites.reduce_latency.cities import City
from grader.suites.reduce_latency.requests import Request
from grader.suites.reduce_latency.service import STAGES, SlowService

WITHIN, TIE, LIMIT_WITHIN = EXERCISE.limit("share_within"), EXERCISE.limit("tie"), EXERCISE.limit("limit_within")
REQUESTS, WARM_UP = 10, 2
MOST_SHOWN = 999.0
TRACING = (
    "Two things shift an order: a first request, which fetches tables and imports libraries, and a tracing profiler, "
    "which charges every call of a Python function. A clock around each stage of later requests has neither."
)
Shares = dict[str, float]


def measure_shares(city: City, rows: list[Request]) -> list[Shares]:
    """Each stage's share of the CPU time of one request, twice: of a typical request (median), and of all (mean).

    The first `WARM_UP` of `rows` do not count. The two differ where the garbage collector adds much to a few requests;
    a student may have measured either.
    """
    service = SlowService(city)
    seconds = np.array([_stages_s(service, row) for row in rows])[WARM_UP:]
    typical = np.median(seconds / seconds.sum(axis=1, keepdims=True), axis=0)
    return [dict(zip(STAGES, (times / times.sum()).tolist(), strict=True)) for times in (typical, seconds.mean(axis=0))]


def _stages_s(service: SlowService, row: Request) -> list[float]:
    clock = [cpu_s()]

    def clocked(stage: str, *arguments: Any) -> Any:
        given = getattr(service, stage)(*arguments)
        clock.append(cpu_s())
        return given

    clocked("read")
    values = clocked("features", row, clocked("join", row))
    clocked("watch", values)
    clocked("score", values)
    return np.diff(clock).tolist()


def judge_profile(sheet: Sheet, given: dict[str, Any], measured: dict[str, list[Shares]]) -> list[str]:
    """The cities in which another measurement could help; writes three criteria in place of those before.

    `given` holds for each city {"shares": {stage: share}, "limit": speed-up}. For each criterion the nearest of those
    `measured` there counts, and the city that is farthest off.
    """
    sheet.criteria.clear()
    profiles = {city: _read(profile) for city, profile in given.items()}
    if wrong := [city for city, (shares, _) in profiles.items() if not shares]:
        wanted = '{"shares": {stage: share}, "limit": number}'
        shown = sheet.censored(f"{given[wrong[0]]!r:.60}")
        sheet.end("fail", f"profile gave {shown}; it must return {wanted}, with the stages {', '.join(STAGES)}.")
        return []
    found = {city: _compared(*profile, measured[city]) for city, profile in profiles.items()}
    same = len({tuple(shares.values()) for shares, _ in profiles.values()}) == 1
    copied = "You gave the same shares for every city. " if same else ""
    other = [city for city, comparison in found.items() if not comparison.in_order]
    named = ", ".join(found[other[0]].named) if other else ""
    sheet.judge(
        "stages", f"in {len(found) - len(other)} of {len(found)} cities", f"in {len(found)}", not other,
        f"{copied}In the {other[0]} you named {named}; most expensive here were "
        f"{', '.join(found[other[0]].costliest)}. {TRACING}" if other else "",
    )  # fmt: skip
    city, far = max(found.items(), key=lambda entry: entry[1].gap)
    sheet.judge(
        "shares", f"{_bounded(100 * far.gap):.0f} % off ({far.worst})", f"within {100 * WITHIN:.0f} % points",
        far.gap <= WITHIN,
        f"{copied}In the {city} you gave {far.worst} a share of {_bounded(100 * profiles[city][0][far.worst]):.0f} %; "
        f"measured here is {100 * far.nearest:.0f} %.",
    )  # fmt: skip
    city, far = max(found.items(), key=lambda entry: entry[1].limit_off)
    sheet.judge(
        "limit", f"{_bounded(profiles[city][1]):.2f}x", f"{far.limit:.2f}x +-{100 * LIMIT_WITHIN:.0f} %",
        far.limit_off <= LIMIT_WITHIN,
        f"That is in the {city}. {_why_limit(*profiles[city])}",
    )  # fmt: skip
    return [city for city, comparison in found.items() if not comparison.met]


@dataclass(frozen=True)
class _Compared:
    """One city's figures: the `named` most expensive stages and the `costliest` here, the `worst` share and how far it
    is from the `nearest`, the `limit` that was measured and by which part of it another was given."""

    named: list[str]
    costliest: list[str]
    in_order: bool
    gap: float
    worst: str
    nearest: float
    limit: float
    limit_off: float

    @property
    def met(self) -> bool:
        return self.in_order and self.gap <= WITHIN and self.limit_off <= LIMIT_WITHIN


def _compared(shares: Shares, limit: float, measured: list[Shares]) -> _Compared:
    named = _most_expensive(shares)
    in_order = any(_as_expensive(named, measurement) for measurement in measured)
    limits = [1 / (1 - measurement["read"]) for measurement in measured]
    right = min(limits, key=lambda candidate: abs(limit - candidate))
    gaps = min(_gap(shares, measurement) for measurement in measured)
    return _Compared(named, _most_expensive(measured[-1]), in_order, *gaps, right, abs(limit / right - 1))


def _why_limit(shares: Shares, limit: float) -> str:
    """Which of the two is off: the share of reading that was given, or what follows from it."""
    left = 1 - shares["read"]
    if left > 0 and abs(limit * left - 1) <= 0.01:
        return "It follows from the share that you gave to read; that share is off."
    return "If a stage with share s takes no time, 1 - s of the time is left."


def _bounded(figure: float) -> float:
    """A figure of the student's as it is shown: many digits could spell a hidden request."""
    return min(max(figure, -MOST_SHOWN), MOST_SHOWN)


def _most_expensive(shares: Shares) -> list[str]:
    return sorted(STAGES, key=lambda stage: -shares[stage])[:2]


def _as_expensive(named: list[str], measured: Shares) -> bool:
    """Whether each of `named` is as expensive as the stage of its rank; two that differ by less than TIE may swap."""
    ranked = zip(named, _most_expensive(measured), strict=True)
    return all(measured[stage] >= measured[right] - TIE for stage, right in ranked)


def _gap(shares: Shares, measured: Shares) -> tuple[float, str, float]:
    worst = max(STAGES, key=lambda stage: abs(shares[stage] - measured[stage]))
    return abs(shares[worst] - measured[worst]), worst, measured[worst]


def _read(given: Any) -> tuple[Shares, float]:
    """The shares and the limit as floats, or ({}, 0) if they are not what was asked for."""
    try:
        shares = {stage: float(given["shares"][stage]) for stage in STAGES}
        limit = float(given["limit"])
    except (TypeError, KeyError, ValueError, IndexError, OverflowError):
        return {}, 0.0
    if len(given["shares"]) != len(STAGES) or not all(map(math.isfinite, [*shares.values(), limit])):
        return {}, 0.0
    return (shares, limit) if abs(sum(shares.values()) - 1) <= 0.02 else ({}, 0.0)
