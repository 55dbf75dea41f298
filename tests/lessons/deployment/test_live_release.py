"""A release between live servers under load, its controller killed at many moments: nothing lost, and it ends."""

import random

import pytest

from lessons.deployment.controller import ROUTE
from lessons.deployment.live_release import live_release
from lessons.deployment.rollout_machine import Plan
from lessons.deployment.router import Route

PLAN = Plan(shares=(0.1, 0.5), hold_s=1.0, min_requests=40, shadow_requests=60, tolerated=0.1)
DYING = ("--fault", "crash", "--amount", "90")  # after the shadow's requests: as a canary


def test_a_good_version_is_released_though_its_controller_is_killed_again_and_again(tmp_path):
    drawn = random.Random(1)
    moments = ["shadow", *(drawn.uniform(0.3, 1.5) for _ in range(4)), "canary"]
    found = live_release(tmp_path, PLAN, per_s=80, kill_at=moments)
    assert (found.last.stage, found.last.stable) == ("released", "v2")
    assert found.kills >= 2
    assert found.failed == 0
    route = Route.read(tmp_path / ROUTE)
    assert (route.stable, route.share, route.shadow) == ("v2", 0.0, False)


def test_a_version_that_dies_as_a_canary_is_taken_back_and_loses_no_request(tmp_path):
    found = live_release(tmp_path, PLAN, DYING, per_s=80)
    assert found.last.stage == "rolled back"
    assert "bad requests" in found.last.reason
    assert found.failed == 0
    assert Route.read(tmp_path / ROUTE).stable == "v1"


@pytest.mark.parametrize("fault", [("--fault", "errors", "--amount", ".2"), ("--fault", "renamed")], ids=lambda f: f[1])
def test_what_a_shadow_shows_never_reaches_a_user(tmp_path, fault):
    found = live_release(tmp_path, PLAN, fault, per_s=80)
    assert found.last.stage == "rolled back"
    assert max(share for _, _, share in found.seen) == 0
