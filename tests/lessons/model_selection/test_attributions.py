"""Contributions add up to what the model says, and Shapley values are those of their definition."""

from itertools import permutations

import numpy as np
import pytest

from lessons.model_selection.attributions import (
    boosted_contributions,
    linear_contributions,
    log_odds,
    path_contributions,
    shapley_contributions,
)
from lessons.model_selection.families import family


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 3)).astype(np.float32)
    return rows, rows[:, 0] * rows[:, 1] + rng.normal(size=600) > 1


def test_the_terms_of_a_linear_model_add_up_to_its_log_odds(task):
    model = family("logistic", 600, 0).fit(*task)
    parts, base = linear_contributions(model, task[0])
    assert np.allclose(parts.sum(axis=1) + base, log_odds(model.predict_proba(task[0])[:, 1]), atol=1e-5)


def test_a_trees_steps_add_up_to_its_probability_and_unasked_columns_get_nothing(task):
    rows, truth = task
    tree = family("tree", 600, 0).fit(np.column_stack([rows, np.zeros(600)]), truth)
    parts, base = path_contributions(tree, np.column_stack([rows, np.ones(600)]))
    assert np.allclose(parts.sum(axis=1) + base, tree.predict_proba(np.column_stack([rows, np.ones(600)]))[:, 1])
    assert base == pytest.approx(truth.mean())
    assert not parts[:, 3].any()
    assert np.ptp(parts[:, 0]) > 0


def test_tree_shap_adds_up_to_the_log_odds_of_the_boosted_trees(task):
    model = family("boosted", 600, 0).fit(*task)
    parts, base = boosted_contributions(model, task[0])
    assert np.allclose(parts.sum(axis=1) + base, log_odds(model.predict_proba(task[0])[:, 1]), atol=1e-3)


def test_shapley_values_of_a_linear_model_are_its_terms_against_their_mean(task):
    rows, against = task[0][:5], task[0][100:140]
    model = family("logistic", 600, 0).fit(*task)
    parts, base = shapley_contributions(model, rows, against)
    weight = model[-1].coef_[0] / model[0].scale_
    assert np.allclose(parts, (rows - against.mean(axis=0)) * weight, atol=1e-5)
    assert base == pytest.approx(log_odds(model.predict_proba(against)[:, 1]).mean())


def test_shapley_values_are_the_mean_gain_over_all_orders(task):
    rows, against = task[0][:2], task[0][50:53]
    model = family("boosted", 600, 0).fit(*task)
    parts, _ = shapley_contributions(model, rows, against)
    slow = np.zeros((2, 3))
    for number, row in enumerate(rows):
        for order in permutations(range(3)):
            mixed = against.copy()
            before = log_odds(model.predict_proba(mixed)[:, 1]).mean()
            for column in order:
                mixed[:, column] = row[column]
                after = log_odds(model.predict_proba(mixed)[:, 1]).mean()
                slow[number, column] += (after - before) / 6
                before = after
    assert np.allclose(parts, slow, atol=1e-5)
