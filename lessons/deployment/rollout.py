"""When a canary is taken back, and when it is promoted."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """What one version did: requests answered and how many of them were bad (errors, wrong decisions)."""

    requests: int
    bad: int

    @property
    def share(self) -> float:
        """The share of bad requests; 0 without requests."""
        return self.bad / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class CanaryDecision:
    """`action`: "rollback", "promote" or "wait"; `z`: how many standard errors the canary is worse; why."""

    action: str
    z: float
    reason: str


def canary_decision(
    control: Arm, canary: Arm, *, tolerated: float, z_limit: float = 3.0, min_requests: int = 500
) -> CanaryDecision:
    """What to do with a canary: roll back if it is surely worse, promote if it is surely not worse by `tolerated`.

    z is the two-proportion statistic; its variance counts both arms, because the control's share is an estimate
    too. Leaving that out makes false rollbacks ten times as frequent. Looking again and again does so as well: at
    z_limit 3 one look errs with .13 %, a look a minute for an hour with about 2 %. Where bad requests are few, z is not
    normal and two of them look like proof; so a rollback also needs the exact chance of that many (Fisher's test) to be
    below that of z_limit. `tolerated` is a difference of shares.

    Source: J. Fleiss, B. Levin and M. Paik, Statistical Methods for Rates and Proportions (2003), chapter 3; the
    bound before a promotion: A. Agresti and B. Caffo, The American Statistician 54 (2000).
    """
    if min(control.requests, canary.requests) < max(min_requests, 1):
        return CanaryDecision("wait", 0.0, f"fewer than {min_requests} requests in an arm")
    difference = canary.share - control.share
    pooled = (control.bad + canary.bad) / (control.requests + canary.requests)
    error = math.sqrt(pooled * (1 - pooled) * (1 / control.requests + 1 / canary.requests))
    z = difference / error if error else 0.0
    if z > z_limit and _chance(control, canary) < _normal_tail(z_limit):
        return CanaryDecision("rollback", z, f"bad requests {canary.share:.2%} against {control.share:.2%}")
    if difference + z_limit * _standard_error(control, canary) < tolerated:
        return CanaryDecision("promote", z, f"worse by less than {tolerated:.2%} beyond doubt")
    return CanaryDecision("wait", z, "not enough requests to tell")


def _normal_tail(z: float) -> float:
    """How often a normal number lies above `z` standard deviations."""
    return math.erfc(z / math.sqrt(2)) / 2


def _chance(control: Arm, canary: Arm) -> float:
    """That the canary got as many of the bad requests as it did, or more, if versions did not matter."""
    from scipy import stats  # half of a controller's start, and seldom asked

    requests = control.requests + canary.requests
    return float(stats.hypergeom.sf(canary.bad - 1, requests, control.bad + canary.bad, canary.requests))


def _standard_error(*arms: Arm) -> float:
    """Of the difference of shares, with one good and one bad request added to each arm: none bad is no proof."""
    shares = [(arm.bad + 1) / (arm.requests + 2) for arm in arms]
    return math.sqrt(sum(p * (1 - p) / (arm.requests + 2) for p, arm in zip(shares, arms, strict=True)))
