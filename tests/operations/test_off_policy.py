"""Off-policy estimators: right on average where their conditions hold, wrong where they are broken, honest about it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlsd_lib.operations import OperationsError
from mlsd_lib.operations.off_policy import (
    doubly_robust,
    effective_sample_size,
    estimate,
    importance_weights,
    ips,
    snips,
)

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
        errors.append([one.mean() - VALUE for one in (ips(reward, weight), snips(reward, weight), parts)])
    errors = np.array(errors)
    assert (np.abs(errors.mean(axis=0)) < 4 * errors.std(axis=0) / np.sqrt(len(errors))).all()


def test_wrong_propensities_mislead_and_the_mean_weight_shows_it():
    arm, reward, _ = log(np.random.default_rng(0))
    wrong = importance_weights(TARGET[arm], np.full(len(arm), 1 / 3))
    assert not estimate(ips(reward, wrong), wrong).covers(VALUE)
    assert abs(wrong.mean() - 1) > 0.2


def test_intervals_cover_in_about_nineteen_of_twenty_logs():
    covered = []
    for seed in range(300):
        _, reward, weight = log(np.random.default_rng(seed), 3_000)
        covered.append(estimate(snips(reward, weight), weight).covers(VALUE))
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)


def test_rows_that_are_copies_of_each_other_widen_the_interval():
    _, reward, weight = log(np.random.default_rng(0), 2_000)
    many, cluster = np.repeat(ips(reward, weight), 4), np.repeat(np.arange(2_000), 4)
    wide, narrow = estimate(many, np.repeat(weight, 4), cluster), estimate(many, np.repeat(weight, 4))
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(2, rel=0.01)


def test_too_few_effective_rows_are_refused_with_the_reason():
    weight = np.array([500.0] + [1.0] * 499)
    refused = estimate(ips(np.ones(500), weight), weight)
    assert "effective rows of 500" in refused.refused
    assert str(refused).startswith("refused: ")
    assert not estimate(np.ones(500), np.ones(500)).refused


@pytest.mark.parametrize(("target", "propensity"), [(0.5, 0.0), (0.5, np.nan), (0.5, 1.5), (1.2, 0.5), (-0.1, 0.5)])
def test_what_is_no_probability_is_refused_by_row(target, propensity):
    with pytest.raises(OperationsError, match="row 1"):
        importance_weights(np.array([0.5, target]), np.array([0.5, propensity]))


def test_a_log_of_one_row_has_no_interval():
    with pytest.raises(OperationsError, match="1 rows"):
        estimate(np.ones(1), np.ones(1))


def test_even_weights_whose_heavy_rows_are_all_missing_are_refused_by_their_mean():
    found = estimate(np.full(1_000, 0.1), np.full(1_000, 0.1))
    assert found.effective_rows == pytest.approx(1_000)
    assert "the mean weight is 0.10" in found.refused
