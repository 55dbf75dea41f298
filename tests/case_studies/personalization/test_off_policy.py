"""Off-policy estimators: right on average where their conditions hold, wrong where they are broken, honest about it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from case_studies.personalization.off_policy import (
    LEAST_REWARDS,
    carrying_rows,
    coverage,
    doubly_robust,
    effective_sample_size,
    estimate,
    importance_weights,
    ips,
    snips,
)
from mlsd_lib.operations import OperationsError

CHANCE = np.array([0.1, 0.3, 0.6])
LOGGED = np.array([0.6, 0.3, 0.1])
TARGET = np.array([0.1, 0.2, 0.7])
VALUE = float(CHANCE @ TARGET)
weights = arrays(float, st.integers(2, 40), elements=st.floats(0, 100))


def log(rng, rows=20_000):
    arm = rng.choice(3, rows, p=LOGGED)
    return arm, (rng.random(rows) < CHANCE[arm]).astype(float), importance_weights(TARGET[arm], LOGGED[arm])


@given(weights)
def test_the_effective_sample_size_lies_between_nothing_and_the_rows(weight):
    assert 0 <= effective_sample_size(weight) <= len(weight) * (1 + 1e-9)


@given(st.integers(1, 1_000), st.floats(1e-3, 1e3))
def test_equal_weights_count_as_many_rows_as_there_are(rows, weight):
    assert effective_sample_size(np.full(rows, weight)) == pytest.approx(rows)


@given(weights, st.floats(-5, 5))
def test_the_self_normalised_estimate_of_a_constant_reward_is_that_constant(weight, reward):
    if weight.sum() > 1e-3:
        assert snips(np.full(len(weight), reward), weight).mean() == pytest.approx(reward, abs=1e-6)


@given(weights)
def test_a_model_that_is_right_about_every_row_leaves_nothing_to_correct(weight):
    reward = np.arange(len(weight)) % 2.0
    np.testing.assert_allclose(doubly_robust(reward, weight, reward, reward), reward)


@pytest.mark.parametrize("model", [np.zeros(3), CHANCE, np.array([0.9, 0.1, 0.4])])
def test_every_estimator_finds_the_value_with_right_propensities_whatever_the_model(model):
    errors = []
    for seed in range(30):
        arm, reward, weight = log(np.random.default_rng(seed))
        parts = doubly_robust(reward, weight, model[arm], np.full(len(arm), model @ TARGET))
        errors.append([terms.mean() - VALUE for terms in (ips(reward, weight), snips(reward, weight), parts)])
    errors = np.array(errors)
    assert (np.abs(errors.mean(axis=0)) < 4 * errors.std(axis=0) / np.sqrt(len(errors))).all()


def test_wrong_propensities_mislead_and_the_mean_weight_shows_it():
    arm, reward, _ = log(np.random.default_rng(0))
    wrong = importance_weights(TARGET[arm], np.full(len(arm), 1 / 3))
    assert not estimate(ips(reward, wrong), wrong, reward).covers(VALUE)
    assert abs(wrong.mean() - 1) > 0.2


def test_intervals_cover_in_about_nineteen_of_twenty_logs():
    covered = []
    for seed in range(300):
        _, reward, weight = log(np.random.default_rng(seed), 3_000)
        covered.append(estimate(snips(reward, weight), weight, reward).covers(VALUE))
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)


def test_rows_that_are_copies_of_each_other_widen_the_interval():
    _, reward, weight = log(np.random.default_rng(0), 2_000)
    many, cluster = np.repeat(ips(reward, weight), 4), np.repeat(np.arange(2_000), 4)
    given = many, np.repeat(weight, 4), np.repeat(reward, 4)
    wide, narrow = estimate(*given, cluster), estimate(*given)
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(2, rel=0.01)


def test_an_estimate_that_too_few_rewards_carry_is_refused_with_the_reason():
    weight = np.array([500.0] + [1.0] * 499)
    refused = estimate(ips(np.ones(500), weight), weight, np.ones(500))
    assert "1.0 rewards carry it (4 effective rows of 500)" in refused.refused
    assert str(refused).startswith("refused: ")
    rare = np.arange(500) % 100 == 0
    assert "5.0 rewards carry it" in estimate(rare.astype(float), np.ones(500), rare.astype(float)).refused
    assert not estimate(np.ones(500), np.ones(500), np.ones(500)).refused


def test_clicks_count_as_the_target_weighs_them_and_not_as_the_log_has_them():
    """Three rows of the log in ten are clicked, one in a hundred of those that the target shows."""
    rng, chance = np.random.default_rng(0), np.tile([0.59, 0.01], (1_000, 1))
    policies = np.full_like(chance, 0.5), np.tile([0.0, 1.0], (1_000, 1))
    few, many = (coverage(chance, np.full_like(chance, 0.3), *policies, rng, rows, 200) for rows in (200, 20_000))
    assert (few["effective_rows"] * chance.mean() > LEAST_REWARDS).mean() > 0.9
    assert few["IPS"].mean() < 0.75
    assert few["refused"].all()
    assert few["refused_by_rows"].all()
    assert not many["refused"].any()
    assert many["IPS"].mean() > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)


def test_rewards_of_another_size_are_as_many():
    _, reward, weight = log(np.random.default_rng(0), 2_000)
    for carrying in (np.inf, 40.0):
        cents = estimate(ips(100 * reward, weight), weight, 100 * reward, carrying=carrying)
        euros = estimate(ips(reward, weight), weight, reward, carrying=carrying)
        assert cents.rewards == pytest.approx(euros.rewards)
    assert estimate(np.zeros(50), np.ones(50), np.zeros(50), carrying=40.0).rewards == 0


def test_the_policies_say_what_the_weights_of_a_long_log_say():
    arm, _, weight = log(np.random.default_rng(0), 200_000)
    carrying = carrying_rows(np.tile(TARGET, (len(arm), 1)), np.tile(LOGGED, (len(arm), 1)))
    assert effective_sample_size(weight**2) == pytest.approx(carrying, rel=0.02)
    assert carrying_rows(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])) == 0.0


def test_a_log_without_its_heavy_rows_is_refused_by_the_policies_weights():
    logging, target = np.tile([0.999, 0.001], (2_000, 1)), np.tile([0.9, 0.1], (2_000, 1))
    weight, reward = np.full(2_000, 0.9 / 0.999), np.arange(2_000) % 2.0
    assert not estimate(ips(reward, weight), weight, reward).refused
    assert estimate(ips(reward, weight), weight, reward, carrying=carrying_rows(target, logging)).refused


def test_accepted_intervals_hold_as_they_promise_and_those_that_do_not_are_refused():
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.05, 0.4, (3_000, 12))
    best, target = np.eye(12)[chance.argmax(axis=1)], np.eye(12)[rng.integers(12, size=3_000)]
    mixed = np.where(rng.random((3_000, 1)) < 0.1, target, best)
    every = []
    for explore in (1.0, 0.3, 0.03, 0.01):
        logging = explore / 12 + (1 - explore) * best
        every += [
            coverage(chance, np.full_like(chance, 0.2), logging, policy, rng, 4_000, 200) for policy in (target, mixed)
        ]
    held, refused = (
        np.array([table["IPS"].mean() for table in every]),
        np.array([table["refused"].mean() for table in every]),
    )
    assert (refused[[0, 1]] < 0.05).all()
    assert (refused[-4:] > 0.99).all()
    assert (held[refused < 0.05] > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)).all()
    assert held[-4:].min() < 0.7
    assert every[-1]["refused_by_rows"].mean() < 0.9
    assert (every[-1]["rewards"] < LEAST_REWARDS).all()


@pytest.mark.parametrize(("target", "propensity"), [(0.5, 0.0), (0.5, np.nan), (0.5, 1.5), (1.2, 0.5), (-0.1, 0.5)])
def test_what_is_no_probability_is_refused_by_row(target, propensity):
    with pytest.raises(OperationsError, match="row 1"):
        importance_weights(np.array([0.5, target]), np.array([0.5, propensity]))


def test_a_log_of_one_row_has_no_interval():
    with pytest.raises(OperationsError, match="1 rows"):
        estimate(np.ones(1), np.ones(1), np.ones(1))


def test_even_weights_whose_heavy_rows_are_all_missing_are_refused_by_their_mean():
    found = estimate(np.full(1_000, 0.1), np.full(1_000, 0.1), np.ones(1_000))
    assert found.effective_rows == pytest.approx(1_000)
    assert "the mean weight is 0.10" in found.refused
