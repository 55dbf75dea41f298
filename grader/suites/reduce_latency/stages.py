"""Where the slow service's CPU time goes, measured with a clock around each stage, and the student's figures judged."""

import math
from typing import Any

import numpy as np

from grader.suite_kit.resources import cpu_s
from grader.suite_kit.score_sheet import Sheet
from grader.suites.reduce_latency.requests import Request
from grader.suites.reduce_latency.service import STAGES, SlowService

WITHIN = 0.1
TIE = 0.02
LIMIT_WITHIN = 0.15
MOST_SHOWN = 999.0


def measure_shares(rows: list[Request], warm_up: int = 2) -> list[dict[str, float]]:
    """Each stage's share of the CPU time of one request, twice: of a typical request (median), and of all (mean).

    The two differ where the garbage collector adds much to a few requests; a student may have measured either.
    """
    service = SlowService()
    seconds = np.array([_stages_s(service, row) for row in rows])[warm_up:]
    typical = np.median(seconds / seconds.sum(axis=1, keepdims=True), axis=0)
    return [dict(zip(STAGES, (one / one.sum()).tolist(), strict=True)) for one in (typical, seconds.mean(axis=0))]


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


def judge_profile(sheet: Sheet, given: Any, measured: list[dict[str, float]]) -> bool:
    """Whether another measurement could change nothing; writes three criteria on `given` in place of those before.

    `given` is {"shares": {stage: share}, "limit": speed-up}; for each criterion the nearest of `measured` counts.
    """
    sheet.criteria.clear()
    shares, limit = _read(given)
    if shares is None:
        wanted = '{"shares": {stage: share}, "limit": number}'
        shown = sheet.theirs(f"{given!r:.60}")
        sheet.end("fail", f"profile gave {shown}; it must return {wanted}, with the stages {', '.join(STAGES)}.")
        return True
    named, costliest = _most_expensive(shares), _most_expensive(measured[-1])
    sheet.judge(
        "stages", ", ".join(named), ", ".join(costliest), any(_as_expensive(named, one) for one in measured),
        "A tracing profiler charges every call of a Python function, so code that makes many small calls looks "
        "more expensive than it is. Put a clock around each stage.",
    )  # fmt: skip
    gap, worst, nearest = min(_gap(shares, one) for one in measured)
    sheet.judge(
        "shares", f"{_bounded(100 * gap):.0f} % off ({worst})", f"within {100 * WITHIN:.0f} % points", gap <= WITHIN,
        f"You gave {worst} a share of {_bounded(100 * shares[worst]):.0f} %; measured here is {100 * nearest:.0f} %.",
    )  # fmt: skip
    limits = [1 / (1 - max(one.values())) for one in measured]
    right = min(limits, key=lambda one: abs(limit - one))
    sheet.judge(
        "limit", f"{_bounded(limit):.2f}x", f"{right:.2f}x +-{100 * LIMIT_WITHIN:.0f} %",
        abs(limit / right - 1) <= LIMIT_WITHIN, "If a stage with share s takes no time, 1 - s of the time is left.",
        title=f"limit if {costliest[0]} took no time",
    )  # fmt: skip
    return all(one.met for one in sheet.criteria)


def _bounded(figure: float) -> float:
    """A figure of the student's as it is shown: many digits could spell a hidden request."""
    return min(max(figure, -MOST_SHOWN), MOST_SHOWN)


def _most_expensive(shares: dict[str, float]) -> list[str]:
    return sorted(STAGES, key=lambda stage: -shares[stage])[:2]


def _as_expensive(named: list[str], measured: dict[str, float]) -> bool:
    """Whether each of `named` is as expensive as the stage of its rank; two that differ by less than TIE may swap."""
    ranked = zip(named, _most_expensive(measured), strict=True)
    return all(measured[one] >= measured[right] - TIE for one, right in ranked)


def _gap(shares: dict[str, float], measured: dict[str, float]) -> tuple[float, str, float]:
    worst = max(STAGES, key=lambda stage: abs(shares[stage] - measured[stage]))
    return abs(shares[worst] - measured[worst]), worst, measured[worst]


def _read(given: Any) -> tuple[dict[str, float] | None, float]:
    """The shares and the limit as floats, or (None, 0) if they are not what was asked for."""
    try:
        shares = {stage: float(given["shares"][stage]) for stage in STAGES}
        limit = float(given["limit"])
    except (TypeError, KeyError, ValueError, IndexError, OverflowError):
        return None, 0.0
    if len(given["shares"]) != len(STAGES) or not all(map(math.isfinite, [*shares.values(), limit])):
        return None, 0.0
    return (shares, limit) if abs(sum(shares.values()) - 1) <= 0.02 else (None, 0.0)
