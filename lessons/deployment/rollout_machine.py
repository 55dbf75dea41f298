"""A release as a machine: shadow, a ladder of shares, full traffic or rollback. Pure: state in, state and reason out.

The route that a state asks for is a function of the state (`traffic`), so a controller that dies between writing the
state and switching the traffic has lost nothing: it reads the state and switches again.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from lessons.deployment.rollout import Arm, canary_decision
from mlsd_lib.operations.errors import OperationsError

NOTHING = Arm(0, 0)
STAGES = ("stable", "shadow", "canary", "released", "rolled back")


@dataclass(frozen=True)
class Plan:
    """How a version is let in.

    `shares` of the traffic, rising; each holds at least `hold_s` seconds and `min_requests` in both arms. A step is
    left downwards when the candidate is worse by `z_limit` standard errors, when no verdict came within `give_up_s`, or
    when nothing was measured for `blind_s`. `shadow_requests` copies must be answered, at most the share
    `shadow_bad` of them badly.
    """

    shares: tuple[float, ...] = (0.05, 0.25, 0.5)
    hold_s: float = 60.0
    min_requests: int = 500
    shadow_requests: int = 200
    shadow_bad: float = 0.01
    tolerated: float = 0.02
    z_limit: float = 3.0
    give_up_s: float = 3600.0
    blind_s: float = 120.0

    def __post_init__(self) -> None:
        if not self.shares or list(self.shares) != sorted(set(self.shares)) or not 0 < self.shares[0] < 1:
            raise OperationsError(f"shares is {self.shares}; they rise from above 0. Write for example (.05, .25, .5).")
        if self.shares[-1] >= 1:
            raise OperationsError("The last share is 1, which leaves nobody to compare with. End below 1.")

    @classmethod
    def read(cls, path: Path) -> Self:
        """The plan of a JSON file with these names. Raises `OperationsError` where it is none."""
        try:
            stated = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**stated, "shares": tuple(stated.get("shares", cls.shares))})
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise OperationsError(f"{path} is no plan: {error}. Write an object with the names of Plan.") from error


@dataclass(frozen=True)
class Counts:
    """What was answered since the router started: requests, and bad ones, of both arms and of the shadow."""

    stable: Arm = NOTHING
    candidate: Arm = NOTHING
    shadow: Arm = NOTHING

    def since(self, before: "Counts") -> "Counts":
        """What was counted after `before`; everything where a counter fell, since its router began anew."""
        pairs = [(getattr(self, name), getattr(before, name)) for name in ("stable", "candidate", "shadow")]
        if any(now.requests < then.requests or now.bad < then.bad for now, then in pairs):
            return self
        return Counts(*(Arm(now.requests - then.requests, now.bad - then.bad) for now, then in pairs))


@dataclass(frozen=True)
class Rollout:
    """Where a release stands. Times are seconds on the caller's clock; `at_entry`: the counts when the step began."""

    stable: str
    candidate: str | None = None
    stage: str = "stable"
    step: int = 0
    entered_s: float = 0.0
    seen_s: float = 0.0
    at_entry: Counts = Counts()
    reason: str = ""

    def deploy(self, version: str, now_s: float, counts: Counts) -> "Rollout":
        """The state after `version` was handed in: it begins as a shadow. Raises `OperationsError` during another."""
        if self.stage in ("shadow", "canary"):
            raise OperationsError(
                f"{self.candidate} is being let in; {version} must wait. Deploy it after that, or abort."
            )
        if version == self.stable:
            raise OperationsError(f"{version} is the stable version already. Deploy another.")
        return Rollout(self.stable, version, "shadow", 0, now_s, now_s, counts, f"{version} was handed in")

    def abort(self, now_s: float, reason: str) -> "Rollout":
        """The state after the candidate was taken back; the same where none is being let in."""
        if self.stage not in ("shadow", "canary"):
            return self
        return replace(self, stage="rolled back", entered_s=now_s, reason=reason)

    def next(self, now_s: float, counts: Counts | None, plan: Plan) -> "Rollout":
        """The state after a look at `counts`, None where they could not be read."""
        if self.stage not in ("shadow", "canary"):
            return self
        if counts is None:
            blind_s = now_s - self.seen_s
            return self.abort(now_s, f"nothing measured for {blind_s:.0f} s") if blind_s > plan.blind_s else self
        seen = replace(self, seen_s=now_s)
        found = counts.since(self.at_entry)
        then = (
            seen._next_from_shadow(now_s, found, counts, plan)
            if self.stage == "shadow"
            else seen._next_from_canary(now_s, found, counts, plan)
        )
        if then is seen and now_s - self.entered_s > plan.give_up_s:
            return self.abort(now_s, f"no verdict within {plan.give_up_s:.0f} s")
        return then

    def _next_from_shadow(self, now_s: float, found: Counts, counts: Counts, plan: Plan) -> "Rollout":
        if found.shadow.requests < plan.shadow_requests:
            return self
        if found.shadow.share > plan.shadow_bad:
            return self.abort(now_s, f"{found.shadow.share:.1%} of {found.shadow.requests} shadow answers were bad")
        return self._enter(
            "canary", 0, now_s, counts, f"{found.shadow.requests} shadow answers, {found.shadow.bad} bad"
        )

    def _next_from_canary(self, now_s: float, found: Counts, counts: Counts, plan: Plan) -> "Rollout":
        decision = canary_decision(
            found.stable, found.candidate, tolerated=plan.tolerated, z_limit=plan.z_limit, min_requests=20
        )
        if decision.action == "rollback":
            return self.abort(now_s, decision.reason)
        if (
            now_s - self.entered_s < plan.hold_s
            or min(found.stable.requests, found.candidate.requests) < plan.min_requests
        ):
            return self
        if self.step + 1 < len(plan.shares):
            return self._enter("canary", self.step + 1, now_s, counts, f"held at {plan.shares[self.step]:.0%}")
        if decision.action != "promote":
            return self
        return replace(
            self, stable=str(self.candidate), candidate=self.stable, stage="released", entered_s=now_s,
            reason=decision.reason,
        )  # fmt: skip

    def _enter(self, stage: str, step: int, now_s: float, counts: Counts, reason: str) -> "Rollout":
        return replace(self, stage=stage, step=step, entered_s=now_s, at_entry=counts, reason=reason)

    def traffic(self, plan: Plan) -> tuple[float, bool]:
        """The candidate's share of the traffic, and whether it gets a copy of all instead."""
        return (plan.shares[self.step] if self.stage == "canary" else 0.0), self.stage == "shadow"

    def write(self, path: Path) -> None:
        """Writes the state in one step and to the disk: after a crash it is this one or the one before."""
        aside = path.with_suffix(".new")
        with aside.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The state of a file. Raises `OperationsError` where it is none."""
        try:
            stated = json.loads(path.read_text(encoding="utf-8"))
            arms = {name: Arm(**arm) for name, arm in stated.pop("at_entry").items()}
            state = cls(**stated, at_entry=Counts(**arms))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise OperationsError(f"{path} is no rollout's state: {error}. Write it with Rollout.write.") from error
        if state.stage not in STAGES:
            raise OperationsError(
                f"{path}: stage is {state.stage!r}; it must be one of {', '.join(STAGES)}. Correct it."
            )
        return state
