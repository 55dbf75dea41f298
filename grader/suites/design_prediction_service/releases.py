"""What a canary plan comes to: the same release, many times, with a good and with a bad version.

The comparison is that of two shares with a pooled standard error, as in the lesson on deployment; here all at once.
"""

from dataclasses import dataclass

import numpy as np

from grader.suite_kit.designs import FailureReason, Outcome
from grader.suites.design_prediction_service.document import EXERCISE, Canary

RELEASES = 400
TICK_S = 10.0
BAD = 0.005
"""The share of bad answers of any version that is as it should be."""
LATE_TICKS = 6
"""The metrics of a tick are seen so many ticks later."""
NOTICED_S = 600.0
"""A bad version for everybody has nothing beside it to be compared with: people notice it after so long."""
SOON_S = 60.0 * EXERCISE.limit("release_minutes")
"""A good version is to be everybody's within so long."""


@dataclass(frozen=True)
class Releases:
    """Of each release, (n,): bad answers above the usual, the share of users at its end, when it ended in seconds."""

    harm: np.ndarray
    share: np.ndarray
    ended_s: np.ndarray


def released(canary: Canary, rate: float, bad: float, seed: int) -> Releases:
    """What becomes of `RELEASES` releases whose version answers a share `bad` of requests badly."""
    rng = np.random.default_rng(seed)
    alive, harm = np.ones(RELEASES, dtype=bool), np.zeros(RELEASES)
    share, ended_s, now = np.zeros(RELEASES), np.zeros(RELEASES), 0.0
    for step in canary.steps[:-1]:
        ticks = max(1, round(canary.step_s / TICK_S))
        new, old = (rng.poisson(rate * part * TICK_S, (ticks, RELEASES)) for part in (step, 1 - step))
        counts = np.stack([new, rng.binomial(new, bad), old, rng.binomial(old, BAD)])
        seen = counts.cumsum(axis=1)
        for tick in range(ticks):
            now += TICK_S
            harm += alive * (counts[1, tick] - BAD * counts[0, tick])
            if tick < LATE_TICKS:
                continue
            worse = alive & _worse(seen[:, tick - LATE_TICKS], canary)
            share[worse], ended_s[worse] = step, now
            alive &= ~worse
            if not alive.any():
                return Releases(harm, share, ended_s)
    share[alive], ended_s[alive] = 1.0, now
    harm += alive * (bad - BAD) * rate * NOTICED_S
    return Releases(harm, share, ended_s)


def bad_version(canary: Canary, rate: float, extra: float, seed: int) -> Outcome:
    """The harm of a bad version, as the 95th of a hundred releases."""
    found = released(canary, rate, BAD + extra, seed)
    harm, missed = float(np.percentile(found.harm, 95)), float(np.mean(found.share == 1))
    when = f"{np.median(found.ended_s):.0f} s after its beginning, as the median"
    if len(canary.steps) == 1:
        cause = "everybody got the new version at once, and nothing of the old was left to compare it with"
    elif canary.step_s <= LATE_TICKS * TICK_S:
        cause = (
            f"a step lasts {canary.step_s:g} s and the metrics come {LATE_TICKS * TICK_S:g} s late: nothing was seen"
        )
    elif missed > 0.02:
        cause = f"in {missed:.0%} of the releases no step was long enough to tell, and everybody got the bad version"
    else:
        cause = f"the first step gives it to {canary.steps[0]:.0%} of the users, and the metrics come a minute late"
    last = float(np.median(found.share))
    detail = "It reached everybody." if last == 1 else f"It was taken back at a share of {last:g}, as the median."
    return Outcome({"bad answers": harm, "missed": missed}, {"bad answers": FailureReason(when, cause, detail)})


def good_version(canary: Canary, rate: float, seed: int) -> Outcome:
    """How many of a hundred releases of a good version are everybody's in time."""
    found = released(canary, rate, BAD, seed)
    in_time = (found.share == 1) & (found.ended_s <= SOON_S)
    taken_back = float(np.mean(found.share < 1))
    if taken_back < np.mean(~in_time) / 2:
        cause = f"the steps take {canary.step_s * (len(canary.steps) - 1) / 60:.0f} minutes together"
    else:
        cause = f"{taken_back:.0%} of the good versions were taken back: so many looks, or so few requests, find chance"
    moment = FailureReason(f"after {SOON_S / 60:g} minutes", cause)
    return Outcome({"released": float(in_time.mean()), "taken back": taken_back}, {"released": moment})


def _worse(counts: np.ndarray, canary: Canary) -> np.ndarray:
    """Where the new version is to be taken back, (n,) of bool; `counts` as in `released`."""
    new, new_bad, old, old_bad = counts
    enough = np.minimum(new, old) >= canary.least_requests
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (new_bad + old_bad) / (new + old)
        error = np.sqrt(pooled * (1 - pooled) * (1 / new + 1 / old))
        z = (new_bad / new - old_bad / old) / error
    return enough & (np.nan_to_num(z) > canary.z_limit)
