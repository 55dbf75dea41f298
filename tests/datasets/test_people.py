"""Simulated people: their ages, who is alone in a cell, and whom the exposure makes ill."""

import numpy as np
import pytest

from mlsd_lib.datasets.people import AGE_SHARE, patients, unique_share


def test_ages_are_shares_that_are_flat_and_then_fall():
    assert AGE_SHARE.sum() == pytest.approx(1)
    assert (AGE_SHARE[:56] == AGE_SHARE[0]).all()
    assert (np.diff(AGE_SHARE[55:]) < 0).all()


def test_an_only_inhabitant_is_unique_and_a_crowd_is_not():
    rng = np.random.default_rng(0)
    assert unique_share(1, 2, rng) == 1
    assert unique_share(50_000, 2, rng) < 0.01


def test_the_exposed_neighbours_are_the_first_ten_areas():
    table = patients(np.random.default_rng(0), 200_000, scattered=False)
    ill = table.groupby(table["area"] < 10)["ill"].mean()
    assert ill[True] > 2 * ill[False]


def test_scattered_exposure_is_drawn_anew_for_each_table():
    ill = [patients(np.random.default_rng(seed), 100_000).groupby("area")["ill"].mean() for seed in (0, 1)]
    highest = [set(shares.nlargest(5).index) for shares in ill]
    assert highest[0] != highest[1]
