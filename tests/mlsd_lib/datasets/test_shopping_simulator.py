"""The simulated shop against its own truth: what it says about itself holds in what it produces."""

import numpy as np
import pandas as pd
import pytest

from case_studies.recommendation.shopping import simulate
from mlsd_lib.datasets import DataError
from mlsd_lib.datasets.shopping_simulator import FIRST_CODE, SLOTS, START, ShoppingSimulator, added_eur, examined


@pytest.fixture(scope="module")
def lived():
    return simulate(np.random.default_rng(0), days=60, households=400)


def test_a_seed_gives_one_shop(lived):
    again, _ = simulate(np.random.default_rng(0), days=60, households=400)
    assert again.purchases.equals(lived[0].purchases)
    assert again.visits.equals(lived[0].visits)
    other, _ = simulate(np.random.default_rng(1), days=60, households=400)
    assert not other.visits.equals(lived[0].visits)


def test_purchases_belong_to_visits_in_the_order_of_time(lived):
    log, _ = lived
    assert log.visits["time"].is_monotonic_increasing
    assert log.purchases["time"].is_monotonic_increasing
    joined = log.purchases.merge(log.visits, on="visit_id", suffixes=("", "_visit"))
    assert (joined["household_id"] == joined["household_id_visit"]).all()
    assert (joined["time"] == joined["time_visit"]).all()
    assert not log.purchases.duplicated(["visit_id", "item"]).any()


def test_nothing_is_viewed_shown_as_present_or_bought_before_its_launch(lived):
    log, simulator = lived
    launched = dict(zip(simulator.codes, simulator.launched, strict=True))
    for table, column in ((log.purchases, "item"), (log.visits, "viewing")):
        day = ((table["time"] - START).dt.days).to_numpy()
        assert (table[column].map(launched).to_numpy() <= day).all()
    assert (log.purchases["item"] >= FIRST_CODE + 300).any()
    assert len(log.items) == 300 + 5 * (59 // 7)


def test_purchases_that_offers_added_fall_with_the_position_as_the_truth_says(lived):
    log, _ = lived
    added = log.purchases["position"][log.truth.added]
    assert (added >= 0).all()
    found = np.bincount(added, minlength=SLOTS)
    assert found / found[0] == pytest.approx(examined(), abs=5 / np.sqrt(found[0]))


def test_households_buy_most_things_again(lived):
    log, _ = lived
    late = log.purchases[log.purchases["time"] >= START + np.timedelta64(40, "D")]
    assert log.purchases.duplicated(["household_id", "item"])[late.index].mean() > 0.5


def test_the_expected_value_of_slates_is_what_they_add_on_average():
    simulator = ShoppingSimulator(np.random.default_rng(3))
    household = np.repeat(np.arange(10), 2_000)
    slates = np.tile(FIRST_CODE + np.arange(SLOTS), (len(household), 1))
    offer_eur, response = simulator.offer_eur(household), simulator.respond(household, slates)
    assert (response.offer_eur == offer_eur).all()  # those of the day that it ended
    expected, found = added_eur(offer_eur, slates), (response.added * simulator.margin_eur).sum(axis=1)
    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - expected.mean()) < 4 * error


def test_a_code_that_names_nothing_present_is_an_empty_place():
    simulator = ShoppingSimulator(np.random.default_rng(0))
    household, launched_later = np.arange(50), FIRST_CODE + 301
    slates = np.array([[-1, 7, launched_later, FIRST_CODE + 10**6]] * 50)
    assert (added_eur(simulator.offer_eur(household), slates) == 0).all()
    response = simulator.respond(household, slates)
    assert (response.position == -1).all()
    assert not response.added.any()


def test_without_offers_nothing_is_added():
    simulator = ShoppingSimulator(np.random.default_rng(0))
    response = simulator.respond(np.arange(100), np.full((100, SLOTS), -1))
    assert response.bought.any()
    assert not response.added.any()


def test_a_shop_too_small_is_refused():
    with pytest.raises(DataError, match="households is 5"):
        ShoppingSimulator(np.random.default_rng(0), households=5)


def test_a_log_since_a_day_keeps_visits_purchases_slates_and_truth_together():
    log, _ = simulate(np.random.default_rng(0), 10, households=60)
    first = START + pd.Timedelta(days=4)
    late = log.since(first)
    assert late.visits["time"].min() >= first > log.visits["time"].min()
    assert set(late.purchases["visit_id"]) <= set(late.visits["visit_id"])
    assert len(late.shown) == len(late.truth.offer_eur) == len(late.visits)
    assert late.truth.added.sum() == log.truth.added[(log.purchases["time"] >= first).to_numpy()].sum()
