"""A release as a machine, on counts that a binomial draws: who is let in, who is taken back, what a restart changes."""

from dataclasses import replace

import numpy as np
import pytest

from lessons.deployment.rollout import Arm
from lessons.deployment.rollout_machine import Counts, Plan, Rollout
from mlsd_lib.operations import OperationsError

PLAN = Plan(
    shares=(0.05, 0.25, 0.5),
    hold_s=60,
    min_requests=200,
    shadow_requests=100,
    shadow_bad=0.03,
    blind_s=90,
    give_up_s=1800,
)
PER_S = 50


def live(stable, candidate, rng, *, plan=PLAN, looks=200, outage=(), through=lambda state: state):
    """The states of a release looked at every 10 s; both shares are of bad answers. `through` stands for a restart."""
    counted = Counts()
    state = Rollout("v1").deploy("v2", 0.0, counted)
    states = [state]
    for look in range(1, looks + 1):
        share, shadow = state.traffic(plan)
        sent = rng.binomial(PER_S * 10, share)
        arms = {"stable": (PER_S * 10 - sent, stable), "candidate": (sent, candidate)}
        arms["shadow"] = (PER_S * 10 if shadow else 0, candidate)
        new = {name: Arm(n, int(rng.binomial(n, bad))) for name, (n, bad) in arms.items()}
        before = {name: getattr(counted, name) for name in new}
        counted = Counts(**{k: Arm(before[k].requests + v.requests, before[k].bad + v.bad) for k, v in new.items()})
        state = through(state.next(10.0 * look, None if look in outage else counted, plan))
        states.append(state)
    return states


def test_a_good_version_passes_every_share_in_order_and_becomes_stable():
    states = live(0.005, 0.005, np.random.default_rng(0))
    stages = list(dict.fromkeys((state.stage, state.step) for state in states))
    assert stages == [("shadow", 0), ("canary", 0), ("canary", 1), ("canary", 2), ("released", 2)]
    assert (states[-1].stable, states[-1].candidate) == ("v2", "v1")
    assert states[-1].traffic(PLAN) == (0.0, False)


def test_good_versions_are_seldom_taken_back_and_bad_ones_always():
    rng = np.random.default_rng(1)
    good = [live(0.005, 0.005, rng, looks=60)[-1].stage for _ in range(200)]
    assert good.count("released") >= 190
    assert good.count("rolled back") <= 6  # a look each 10 s errs in one or two of a hundred releases
    unwatched = replace(PLAN, shadow_bad=1.0)
    assert {live(0.005, 0.08, rng, plan=unwatched, looks=60)[-1].stage for _ in range(50)} == {"rolled back"}


def test_a_bad_version_never_gets_more_than_the_first_share():
    rng = np.random.default_rng(2)
    for _ in range(20):
        states = live(0.005, 0.3, rng, plan=replace(PLAN, shadow_bad=1.0))
        assert max(state.traffic(PLAN)[0] for state in states) == 0.05
        assert "bad requests" in states[-1].reason


def test_bad_shadow_answers_end_it_before_a_user_met_it():
    states = live(0.005, 0.2, np.random.default_rng(3))
    assert states[-1].stage == "rolled back"
    assert "shadow answers were bad" in states[-1].reason
    assert max(state.traffic(PLAN)[0] for state in states) == 0


def test_who_measures_nothing_waits_a_while_and_then_goes_back():
    short = live(0.005, 0.005, np.random.default_rng(4), outage=range(5, 12))
    assert short[-1].stage == "released"
    long = live(0.005, 0.005, np.random.default_rng(4), outage=range(5, 18))
    assert long[-1].stage == "rolled back"
    assert "nothing measured for 100 s" in long[-1].reason


def test_a_release_without_a_verdict_is_given_up():
    slow = replace(PLAN, tolerated=0.0, give_up_s=300)
    states = live(0.005, 0.005, np.random.default_rng(5), plan=slow)
    assert states[-1].stage == "rolled back"
    assert "no verdict within 300 s" in states[-1].reason


def test_a_restart_after_every_look_changes_nothing(tmp_path):
    def restarted(state):
        state.write(tmp_path / "rollout.json")
        return Rollout.read(tmp_path / "rollout.json")

    for seed in range(5):
        plain = live(0.005, 0.02, np.random.default_rng(seed))
        assert live(0.005, 0.02, np.random.default_rng(seed), through=restarted) == plain


def test_counters_that_began_anew_count_from_zero():
    before = Counts(Arm(100, 2), Arm(50, 1), Arm(0, 0))
    after = Counts(Arm(30, 0), Arm(60, 1), Arm(0, 0))
    assert after.since(before) == after
    assert Counts(Arm(130, 3), Arm(60, 1)).since(before) == Counts(Arm(30, 1), Arm(10, 0))


def test_two_releases_at_once_are_refused_and_an_abort_makes_room():
    state = Rollout("v1").deploy("v2", 0.0, Counts())
    with pytest.raises(OperationsError, match="v2 is being let in; v3 must wait"):
        state.deploy("v3", 1.0, Counts())
    with pytest.raises(OperationsError, match="v1 is the stable version already"):
        Rollout("v1").deploy("v1", 0.0, Counts())
    assert state.abort(2.0, "a person said so").deploy("v3", 3.0, Counts()).candidate == "v3"


@pytest.mark.parametrize("shares", [(), (0.5, 0.25), (0.0, 0.5), (0.05, 1.0)])
def test_a_ladder_that_is_none_is_refused(shares):
    with pytest.raises(OperationsError, match="share"):
        Plan(shares=shares)


@pytest.mark.parametrize("text", ["", "{}", '{"stable": "v1"}', '{"stable": "v1", "stage": "x", "at_entry": {}}'])
def test_a_broken_state_is_refused(tmp_path, text):
    path = tmp_path / "rollout.json"
    path.write_text(text)
    with pytest.raises(OperationsError, match=r"rollout\.json"):
        Rollout.read(path)
