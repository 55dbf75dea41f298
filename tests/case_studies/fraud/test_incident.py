"""Live weeks: quiet while clean, loud at the incident, whole again after the rollback, and an adversary that learns."""

import copy
import functools

import numpy as np
import pytest

from case_studies.fraud.data import Adapter
from case_studies.fraud.incident import Bank
from case_studies.fraud.policy import ReviewPolicy
from case_studies.kit import weekly


@pytest.fixture(scope="module", params=[0, 1])
def lived(request):
    """Banks that opened alike and then lived differently; a longer life goes on where the shorter one ended."""
    opened = Bank.opened(np.random.default_rng(request.param), customers=500, terminals=350)

    @functools.cache
    def after(weeks, incident, rollback, adapts):
        if weeks:
            bank = copy.deepcopy(after(weeks - 1, incident, rollback, adapts))
            bank.week(adapts, rollback)
            return bank
        bank = copy.deepcopy(opened)
        if incident:
            bank.deploy(bank.release.with_adapter(Adapter()))
        return bank

    def life(weeks=2, incident=False, rollback="release and state", adapts=False):
        return after(weeks, incident, rollback, adapts)

    return life


def test_clean_weeks_stay_quiet_and_the_incident_is_caught_on_its_first_day(lived):
    clean, broken = lived(), lived(incident=True, rollback="release and state")
    assert not any(day["acting"] for day in clean.days)
    assert "feature_drift:amount" in broken.days[0]["acting"]
    assert [day["spoiled"] for day in broken.days] == [True] + [False] * 13
    assert not any(day["acting"] for day in broken.days[1:])


def test_a_rollback_with_its_state_leaves_no_difference_from_a_bank_that_never_broke(lived):
    clean = lived(weeks=1)
    restored, half = (lived(weeks=1, incident=True, rollback=rollback) for rollback in ("release and state", "release"))
    np.testing.assert_allclose(restored.stream.payments["amount"], clean.stream.payments["amount"])
    customer = [name for name in clean.features if name.startswith("customer")]
    np.testing.assert_allclose(restored.features[customer], clean.features[customer], atol=1e-6)
    assert np.abs(half.features[customer] - clean.features[customer]).to_numpy().max() > 10


@pytest.mark.parametrize("rollback", ["release and state", "release", "wait for labels"])
def test_chargebacks_show_every_bank_what_was_misread(lived, rollback):
    """A comparison of policies in which one alone learns what happened compares the learning, not the policies."""
    clean, broken = lived(), copy.deepcopy(lived(weeks=0))
    first = broken.release
    broken.deploy(first.with_adapter(Adapter()))
    broken.week(False, rollback)
    broken.retrain()  # on scores of misread amounts, unless they were read again before
    broken.week(False, rollback)
    np.testing.assert_allclose(broken.stream.payments["amount"], clean.stream.payments["amount"])
    customer = [name for name in clean.features if name.startswith("customer")]
    np.testing.assert_allclose(broken.features[customer], clean.features[customer], atol=1e-6)
    assert broken.spoiled is None
    assert (broken.release is first) == (rollback != "release and state")


def test_an_adversary_that_adapts_attacks_less(lived):
    calm, wary = (weekly(lived(weeks=4, adapts=adapts).days) for adapts in (False, True))
    assert wary["at_stake_eur"].iloc[-1] < 0.8 * calm["at_stake_eur"].iloc[-1]


def test_another_policy_needs_no_other_model_and_retraining_keeps_it(lived):
    bank = copy.deepcopy(lived())
    before = bank.release
    bank.change_policy(ReviewPolicy("money", 5))
    bank.week(False)
    assert bank.release.model is before.model
    assert max(day["reviews"] for day in bank.days[-7:]) <= 5
    bank.retrain("reweighted")
    assert bank.release.model is not before.model
    assert (bank.release.policy, bank.release.adapter) == (ReviewPolicy("money", 5), before.adapter)
