"""Bandits: they find the best arm, a delay costs, a changed world is followed by what forgets."""

import numpy as np
import pytest

from mlsd_lib.operations.bandits import AbTest, EpsilonGreedy, LinUcb, Thompson, regret

RATES = np.array([0.1, 0.3, 0.6])


def still(repeats):
    return lambda step, rng: (np.ones((repeats, 1)), np.tile(RATES, (repeats, 1)))


def turned(repeats, at):
    return lambda step, rng: (np.ones((repeats, 1)), np.tile(RATES if step < at else RATES[::-1], (repeats, 1)))


@pytest.mark.parametrize("make", [Thompson, lambda repeats, arms: LinUcb(repeats, arms, 1)])
def test_learning_slows_the_growth_of_regret(make):
    lost = regret(make(40, 3), still(40), 1_000, np.random.default_rng(0)).mean(axis=1)
    assert lost[-1] - lost[499] < 0.5 * lost[499]


def test_a_fixed_share_of_exploration_is_paid_for_ever():
    lost = regret(EpsilonGreedy(100, 3, epsilon=0.2), still(100), 1_000, np.random.default_rng(7)).mean(axis=1)
    assert lost[-1] - lost[499] == pytest.approx(500 * 0.2 * (0.6 - RATES).mean(), rel=0.1)


def test_regret_never_falls_and_starts_below_one():
    lost = regret(Thompson(5, 3), still(5), 200, np.random.default_rng(1))
    assert (np.diff(lost, axis=0) >= 0).all()
    assert (lost[0] <= 0.5 + 1e-12).all()


def test_late_rewards_cost_regret():
    prompt, late = (
        regret(Thompson(60, 3), still(60), 600, np.random.default_rng(2), delay=delay)[-1].mean() for delay in (0, 200)
    )
    assert late > 1.5 * prompt


def test_what_forgets_follows_a_world_that_turns():
    keeps, forgets = (
        regret(Thompson(40, 3, memory), turned(40, 1_500), 3_000, np.random.default_rng(3))[-1].mean()
        for memory in (1.0, 0.99)
    )
    assert forgets < keeps


def test_an_ab_test_shows_every_arm_alike_and_then_its_winner():
    test, rng, arms = AbTest(30, 3, per_arm=100), np.random.default_rng(4), []
    for _ in range(400):
        arm = test.choose(np.ones((30, 1)), rng)
        test.update(np.ones((30, 1)), arm, (rng.random(30) < RATES[arm]).astype(float))
        arms.append(arm)
    assert np.array_equal(np.bincount(np.array(arms[:300])[:, 0]), [100, 100, 100])
    assert (np.array(arms[300:]) == 2).all()


def test_linear_bounds_use_the_context():
    def world(step, rng):
        context = np.eye(2)[rng.integers(2, size=30)]
        return context, 0.1 + 0.6 * context

    blind = regret(Thompson(30, 2), world, 800, np.random.default_rng(5))[-1].mean()
    seeing = regret(LinUcb(30, 2, 2), world, 800, np.random.default_rng(5))[-1].mean()
    assert seeing < 0.3 * blind


def test_the_inverse_of_linear_bounds_is_the_inverse_of_the_sums():
    bandit, rng, sums = LinUcb(1, 1, 3), np.random.default_rng(6), np.eye(3)
    for _ in range(20):
        context = rng.normal(size=(1, 3))
        bandit.update(context, np.zeros(1, dtype=int), np.ones(1))
        sums += context.T @ context
    np.testing.assert_allclose(bandit.inverse[0, 0], np.linalg.inv(sums), atol=1e-9)
