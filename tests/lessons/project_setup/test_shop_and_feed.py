"""The simulated shop and the simulated feed keep to what their lessons say of them."""

import numpy as np
import pytest

from lessons.project_setup.feed import cohort, offered
from lessons.project_setup.shop import simulate_shop


@pytest.fixture(scope="module")
def shop():
    return simulate_shop(np.random.default_rng(3), explained=0.75, new_a_day=2, days=40)


def test_nobody_buys_an_item_before_its_first_day(shop):
    assert (shop.born[shop.item] <= shop.day).all()
    assert len(shop.born) == 60 + 2 * 10
    assert (np.bincount(shop.day) == 300).all()


def test_shops_that_differ_in_new_items_alone_are_one_until_the_launch(shop):
    other = simulate_shop(np.random.default_rng(3), explained=0.75, new_a_day=1, days=40)
    before, items = shop.day < 30, len(other.born)
    assert (other.tastes == shop.tastes).all()
    assert (other.shopper == shop.shopper).all()
    assert (other.item[before] == shop.item[before]).all()
    assert (other.described == shop.described[:items]).all()


def test_shoppers_buy_what_attracts_them(shop):
    bought = shop.appeal[shop.shopper, shop.item]
    assert bought.mean() > shop.appeal.mean() + shop.appeal.std()


@pytest.mark.parametrize("explained", [0.0, 1.0])
def test_a_description_tells_the_share_that_is_asked_for(explained):
    shop = simulate_shop(np.random.default_rng(3), explained=explained, new_a_day=0)
    taste_part = shop.tastes @ shop.described.T
    assert abs(np.corrcoef(taste_part.ravel(), shop.appeal.ravel())[0, 1]) == pytest.approx(explained, abs=0.2)


def test_appeal_and_worth_of_ordinary_items_go_together_and_bait_breaks_it():
    ordinary, baited = (offered(1, share, np.random.default_rng(0)) for share in (0.0, 0.3))
    assert np.corrcoef(ordinary.T)[0, 1] == pytest.approx(0.4, abs=0.02)
    assert np.corrcoef(baited.T)[0, 1] < 0.2


def test_the_best_of_many_has_more_appeal_and_a_weight_on_worth_more_worth():
    one, many, both = (
        offered(candidates, 0.05, np.random.default_rng(0), weight).mean(axis=0)
        for candidates, weight in ((1, 0.0), (20, 0.0), (20, 1.0))
    )
    assert many[0] > one[0] + 1
    assert both[1] > many[1] + 0.5


def test_a_cohort_only_shrinks_and_without_care_leaves_at_the_usual_rate():
    clicks, kept = cohort(offered(20, 0.5, np.random.default_rng(0)), 0.0, np.random.default_rng(1), days=30)
    assert (np.diff(kept) <= 0).all()
    assert kept[-1] == pytest.approx(0.98**30, abs=0.02)
    assert (clicks[1:] <= kept[:-1]).all()
