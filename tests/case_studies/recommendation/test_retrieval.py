"""The closed forms against slow obvious ones."""

import numpy as np
import pandas as pd
import pytest

from case_studies.recommendation import retrieval
from case_studies.recommendation.retrieval import (
    RIDGES,
    baskets,
    best_ridge,
    closed_forms,
    cosine,
    counted,
    ease,
    judged_by_household,
    judged_by_time,
    ndcg,
    ndcg_of,
)


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
    order = np.argsort(-closed_forms(learned, np.array([[0, 0, 5]]))["buy again"][0])
    assert order.tolist() == [2, 1, 0]


def taken(household, item, day):
    time = pd.Timestamp("2026-01-01") + pd.to_timedelta(day, unit="D")
    return pd.DataFrame({"time": time, "household_id": household, "item": item})


def test_by_time_what_everybody_takes_again_is_found_by_taking_again_alone():
    """Two households, twelve items each, of which each takes its own rarest again."""
    household, item = np.repeat([0, 1], 24), np.tile(np.repeat(np.arange(12), 2), 2)
    purchases = taken([*household, 0, 0, 1], [*item, 3, 3, 4], [*np.zeros(48), 0, 9, 20])
    cut = pd.Timestamp("2026-01-05")
    found = judged_by_time(purchases, cut, cut + pd.Timedelta(days=7))
    assert found["buy again"].tolist() == [1.0]  # the other household comes too late
    assert len(judged_by_time(purchases, cut)["buy again"]) == 2
    new = judged_by_time(purchases, cut, only_new=True)
    assert all(len(values) == 0 for values in new.values())
    assert "buy again" not in new


def two_tastes(rng):
    likes = rng.integers(0, 2, 400)
    item = rng.integers(0, 40, 8_000) + 40 * np.repeat(likes, 20)
    return taken(np.repeat(np.arange(400), 20), item, np.zeros(8_000))


def test_by_household_what_was_shown_is_not_ranked_and_taking_it_again_is_no_method():
    purchases = two_tastes(np.random.default_rng(0))
    hidden, open_ = (judged_by_household(purchases, np.random.default_rng(1), hide=hide) for hide in (True, False))
    mean, careless = ({name: values.mean() for name, values in found.items()} for found in (hidden, open_))
    assert mean.keys() == {"popularity", "item cosine", "EASE"}
    assert careless["buy again"] < careless["popularity"] / 4
    assert mean["item cosine"] > 1.2 * mean["popularity"]
    assert all(mean[name] > 1.1 * careless[name] for name in ("popularity", "EASE"))


def test_the_ridge_by_household_is_chosen_without_those_who_are_asked(monkeypatch):
    asked, right = [], retrieval.best_ridge
    monkeypatch.setattr(retrieval, "best_ridge", lambda judged: asked.append(right(judged)) or asked[0])
    purchases = two_tastes(np.random.default_rng(0))
    judged_by_household(purchases, np.random.default_rng(1))
    order = np.random.default_rng(1).permutation(400)[: 400 // 5]
    noise = purchases["item"].where(~purchases["household_id"].isin(order), 0)  # of those asked, all own one item
    judged_by_household(purchases.assign(item=noise), np.random.default_rng(1))
    assert asked[0] == asked[1] in RIDGES


def test_the_best_ridge_is_that_of_the_best_ease():
    assert best_ridge(lambda ridge: {"EASE": np.array([-abs(ridge - 100.0)])}) == 100.0
