"""The page simulator against what it says of itself."""

import numpy as np
import pytest

from mlsd_lib.datasets.personalization import simulate
from mlsd_lib.datasets.personalization_simulator import ITEM_CATEGORY, ITEMS, PageSimulator


@pytest.fixture(scope="module")
def stream():
    return simulate(np.random.default_rng(0), days=14, visitors=200)


def test_views_are_ordered_within_their_days_and_ids_count_them(stream):
    assert stream.views["time"].is_monotonic_increasing
    assert stream.views["request_id"].tolist() == list(range(len(stream.views)))
    assert stream.views["time"].dt.normalize().nunique() == 14


def test_days_one_by_one_are_the_days_at_once():
    whole, truth = PageSimulator(np.random.default_rng(1), visitors=50).advance(3)
    simulator = PageSimulator(np.random.default_rng(1), visitors=50)
    single = [simulator.advance(1) for _ in range(3)]
    assert whole["time"].tolist() == [time for views, _ in single for time in views["time"]]
    np.testing.assert_array_equal(truth.chance, np.concatenate([day_truth.chance for _, day_truth in single]))


def test_clicks_come_as_often_as_their_chance(stream):
    chance = stream.truth.chance_of(stream.log["item"].to_numpy())
    error = np.sqrt((chance * (1 - chance)).sum())
    assert abs(stream.log["clicked"].sum() - chance.sum()) < 4 * error


def test_items_of_the_intended_category_are_clicked_more(stream):
    fits = stream.truth.intent[:, None] == ITEM_CATEGORY
    assert stream.truth.chance[fits].mean() > 3 * stream.truth.chance[~fits].mean()


def test_what_is_browsed_is_mostly_what_is_intended(stream):
    share = (stream.views["category"].to_numpy() == stream.truth.intent).mean()
    assert share == pytest.approx(0.8 + 0.2 / 4, abs=0.02)


def test_lower_positions_are_clicked_less(stream):
    chance = stream.truth.chance.mean(axis=1)
    means = [chance[stream.views["position"] == position].mean() for position in (1, 2, 3)]
    assert means == sorted(means, reverse=True)


def test_a_page_has_three_slots_of_one_moment_and_shows_no_item_twice(stream):
    views = stream.views.assign(item=stream.log["item"])
    assert views["position"].tolist() == [1, 2, 3] * (len(views) // 3)
    assert (views.groupby("page_id")[["time", "visitor_id", "category"]].nunique() == 1).all(axis=None)
    assert not views.duplicated(["page_id", "item"]).any()


def test_the_log_shows_every_item_alike_and_reports_come_after_their_views(stream):
    counts = np.bincount(stream.log["item"], minlength=ITEMS)
    assert np.abs(counts / len(stream.log) - 1 / ITEMS).max() < 0.01
    clicked = stream.log["clicked"]
    assert stream.log["label_time"].notna().equals(clicked)
    assert (stream.log["label_time"][clicked] > stream.views["time"][clicked]).all()


def test_appeal_moves_between_weeks_and_not_within(stream):
    simulator = PageSimulator(np.random.default_rng(2), visitors=20)
    start = simulator.appeal
    simulator.advance(6)
    assert np.array_equal(simulator.appeal, start)
    simulator.advance(1)
    assert not np.array_equal(simulator.appeal, start)
