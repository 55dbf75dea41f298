"""The label model: noise from classes, classes from noise, and both together against a truth that it never saw."""

import numpy as np
import pytest

from lessons.data_collection.annotators import rules_with_copies
from lessons.data_collection.votes import ABSTAIN, label_model, majority, noise_of, posterior


def test_the_vote_is_fraud_where_more_say_so_and_a_tie_is_not():
    votes = np.array([[1, 1, 0], [1, 0, ABSTAIN], [ABSTAIN, 1, ABSTAIN], [ABSTAIN] * 3])
    assert majority(votes).tolist() == [1, 0, 1, 0]


def test_the_noise_of_known_classes_is_a_count():
    votes = np.array([[1], [1], [0], [ABSTAIN]])
    noise = noise_of(votes, np.array([1.0, 1.0, 1.0, 0.0]))
    assert noise[0, :, 1] == pytest.approx([1 / 6, 2 / 6, 3 / 6])  # abstains, honest, fraud; one more of each
    assert noise.sum(axis=1) == pytest.approx(np.ones((1, 2)))


def test_the_posterior_is_bayes_rule():
    noise = np.array([[[0.0, 0.0], [0.9, 0.2], [0.1, 0.8]]]) + 1e-12
    (probability,) = posterior(np.array([[1]]), noise, share=0.1)
    assert probability == pytest.approx(0.1 * 0.8 / (0.1 * 0.8 + 0.9 * 0.1))


def test_it_finds_the_noise_of_independent_rules_without_a_label():
    votes, truth = rules_with_copies(0, np.random.default_rng(0), items=20_000)
    probability = label_model(votes, 0.5)
    found, true = noise_of(votes, probability), noise_of(votes, truth.astype(float))
    assert found == pytest.approx(true, abs=0.03)
    assert ((probability > 0.5) == truth).mean() > (majority(votes) == truth).mean()
