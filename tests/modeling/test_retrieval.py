"""The closed forms against slow obvious ones."""

import numpy as np
import pytest

from mlsd_lib.modeling.retrieval import baskets, closed_forms, cosine, counted, ease, ndcg, ndcg_of


def test_ease_minimises_its_own_loss_column_by_column():
    rng = np.random.default_rng(0)
    bought = baskets(rng.integers(0, 40, 300), rng.integers(0, 8, 300), 8)
    dense, found = bought.toarray(), ease(bought, 5.0)
    for item in range(8):
        others = np.delete(np.arange(8), item)
        gram = dense[:, others].T @ dense[:, others] + 5 * np.eye(7)
        assert found[others, item] == pytest.approx(np.linalg.solve(gram, dense[:, others].T @ dense[:, item]))
        assert found[item, item] == 0


def test_cosine_is_one_for_items_always_bought_together():
    bought = baskets(np.array([0, 0, 1, 1, 2, 5]), np.array([0, 1, 0, 1, 2, -1]), 3)
    assert cosine(bought) == pytest.approx(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]]))


def test_counts_equal_a_loop_and_leave_unknown_places_out():
    household, place = np.array([0, 0, 1, 1, 1]), np.array([2, 2, 0, -1, 1])
    assert counted(household, place, (3, 3)).tolist() == [[0, 0, 2], [1, 1, 0], [0, 0, 0]]


def test_ndcg_is_one_for_a_perfect_list_and_nothing_where_nothing_is_wanted():
    hit = np.zeros((3, 10), dtype=bool)
    hit[0, :2] = hit[1, 1] = True
    assert ndcg(hit, np.array([2, 1, 0])) == pytest.approx([1, 1 / np.log2(3), np.nan], nan_ok=True)


def test_what_is_hidden_is_not_ranked():
    score, wanted = np.array([[3.0, 2.0, 1.0]]), np.array([[False, True, False]])
    assert ndcg_of(score, wanted, places=1) == [0]
    assert ndcg_of(score, wanted, hidden=np.array([[True, False, False]]), places=1) == [1]


def test_buying_again_ranks_by_how_often_and_then_by_how_many():
    learned = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 1, 0]])
    order = np.argsort(-closed_forms(learned, np.array([[0, 0, 5]]), 1.0)["buy again"][0])
    assert order.tolist() == [2, 1, 0]
