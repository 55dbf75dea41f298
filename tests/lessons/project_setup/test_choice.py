"""The choice model in two framings: the right gradient, the right special case, and no answer where there is none."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression

from lessons.project_setup.choice import choice_scores, loss
from lessons.project_setup.shop import simulate_shop

SMALL = {"shoppers": 200, "first_items": 5, "purchases_a_day": 60, "launch_day": 10, "days": 14, "traits": 2}


def small_shop(new_a_day=1):
    return simulate_shop(np.random.default_rng(0), explained=0.5, new_a_day=new_a_day, **SMALL)


@pytest.mark.parametrize(("match", "own"), [(True, False), (False, True), (True, True)])
def test_the_gradient_is_the_slope_of_the_loss(match, own):
    rng = np.random.default_rng(1)
    taste, told, present = rng.normal(size=(7, 2)), rng.normal(size=(4, 2)), np.tri(3, 4, 1)
    visits = rng.poisson(2.0, size=(7, 3))
    bought = sum(rng.multinomial(visits[:, at], items / items.sum()) for at, items in enumerate(present))
    given = taste, told, present, visits, bought, match, own, 5.0
    weights = rng.normal(size=2**2 + 3 * 4)
    assert check_grad(lambda w: loss(w, *given)[0], lambda w: loss(w, *given)[1], weights) < 1e-4


def test_the_loss_is_the_log_likelihood_of_each_purchase_among_the_items_present():
    rng = np.random.default_rng(2)
    taste, told, present = rng.normal(size=(2, 2)), rng.normal(size=(3, 2)), np.tri(2, 3, 1)
    purchases = [(0, 0, 1), (0, 1, 2), (0, 1, 0), (1, 1, 1), (1, 1, 1)]  # shopper, choice, item
    visits, bought = np.zeros((2, 2)), np.zeros((2, 3))
    for shopper, choice, item in purchases:
        visits[shopper, choice] += 1
        bought[shopper, item] += 1
    weights = rng.normal(size=2**2 + 3 * 3)
    score = taste @ (weights[:4].reshape(2, 2) @ told.T + weights[4:10].reshape(2, 3)) + weights[10:]
    chance = [np.exp(score[s, i]) / np.exp(score[s][present[c] == 1]).sum() for s, c, i in purchases]
    found, _ = loss(weights, taste, told, present, visits, bought, True, True, 5.0)
    assert found == pytest.approx(2.5 * weights @ weights - np.log(chance).sum())


def test_items_with_weights_of_their_own_are_multinomial_logistic_regression():
    shop = small_shop(new_a_day=0)
    scores = choice_scores(shop, 14, own=True, match=False, shrink=5.0)
    with_constant = np.column_stack([shop.tastes, np.ones(len(shop.tastes))])
    reference = LogisticRegression(C=1 / 5.0, fit_intercept=False, tol=1e-8, max_iter=1_000)
    reference.fit(with_constant[shop.shopper], shop.item)
    assert np.allclose(scores, reference.decision_function(with_constant), atol=0.02)


def test_a_new_item_has_a_score_only_where_descriptions_are_read():
    shop = small_shop()
    new = shop.born >= 10
    assert np.isneginf(choice_scores(shop, 10, own=True, match=False)[:, new]).all()
    both = choice_scores(shop, 10, own=True, match=True)
    assert np.isfinite(both).all()
    assert np.corrcoef(both[:, new].ravel(), shop.appeal[:, new].ravel())[0, 1] > 0.2


def test_after_a_launch_a_retraining_knows_the_new_items_that_it_saw():
    shop = small_shop()
    scores = choice_scores(shop, 12, own=True, match=False)
    assert np.isfinite(scores[:, shop.born < 12]).all()
    assert np.isneginf(scores[:, shop.born >= 12]).all()
