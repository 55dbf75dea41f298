"""Lists of offers against slow obvious loops."""

import numpy as np
import pytest

from case_studies.recommendation.slates import hits, position_curve, positions, varied
from mlsd_lib.modeling import ModelingError


def test_hits_equal_a_loop():
    rng = np.random.default_rng(0)
    bought_list, bought_item = rng.integers(0, 9, 40), rng.integers(0, 12, 40)
    lists, items = rng.permutation(6), rng.integers(0, 12, (6, 5))
    pairs = set(zip(bought_list.tolist(), bought_item.tolist(), strict=True))
    slow = [[(number, item) in pairs for item in row] for number, row in zip(lists, items.tolist(), strict=True)]
    assert hits(bought_list, bought_item, lists, items).tolist() == slow


def test_positions_are_those_of_the_list_and_minus_one_elsewhere():
    assert positions(np.array([[7, 8, 7], [9, 7, -1]]), np.array([[8, 7], [8, 7]])).tolist() == [[1, 0], [-1, 1]]


def test_a_curve_counts_purchases_by_how_often_a_place_was_filled():
    shown = np.array([[1, 2]] * 100 + [[1, -1]] * 100)
    position = np.r_[np.zeros(80, dtype=int), np.ones(20, dtype=int), np.full(9, -1)]
    assert position_curve(position, shown).tolist() == [1.0, 0.5]
    with pytest.raises(ModelingError, match="Only 49 purchases"):
        position_curve(position[31:], shown)


def test_no_kind_takes_more_than_its_share():
    assert varied([0, 1, 2, 3, 4], np.array([0, 0, 0, 1, 1]), most=2, places=3) == [0, 1, 3]
