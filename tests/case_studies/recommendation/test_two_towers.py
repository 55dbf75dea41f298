"""Two towers on households of two kinds: they learn who buys what, an item that nobody bought by its category."""

import numpy as np
import pytest
from scipy import sparse

from case_studies.recommendation.two_towers import fit_two_towers


@pytest.fixture(scope="module")
def two_kinds():
    """Households of kind 0 buy the items 0 to 9, of kind 1 the items 10 to 19; 20 and 21 are bought by nobody."""
    rng, kind = np.random.default_rng(0), np.arange(80) % 2
    bought = np.zeros((80, 22))
    for household in range(80):
        bought[household, 10 * kind[household] + rng.choice(10, 5, replace=False)] = 1
    category = np.array([0] * 10 + [1] * 10 + [0, 1])
    return kind, sparse.csr_matrix(bought), category


def test_they_learn_which_kind_buys_what(two_kinds):
    kind, bought, category = two_kinds
    score = fit_two_towers(bought, category, np.random.default_rng(0), width=8, epochs=20).scores(bought)
    assert score.shape == (80, 22)
    first = score[:, :10].mean(axis=1) > score[:, 10:20].mean(axis=1)
    assert (first == (kind == 0)).mean() > 0.95


def test_an_item_that_nobody_bought_follows_its_category(two_kinds):
    kind, bought, category = two_kinds
    towers = fit_two_towers(bought, category, np.random.default_rng(0), width=8, epochs=20, own=False)
    score = towers.scores(bought)
    assert ((score[:, 20] > score[:, 21]) == (kind == 0)).mean() > 0.95


def test_a_seed_gives_one_fit(two_kinds):
    _, bought, category = two_kinds
    one, other = (fit_two_towers(bought, category, np.random.default_rng(1), width=4, epochs=1) for _ in range(2))
    assert (one.item == other.item).all()
