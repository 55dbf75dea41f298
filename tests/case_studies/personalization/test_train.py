"""Candidates, claims and protocols: what a log may say, and what it must refuse to."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from case_studies.personalization import data, models, policy
from case_studies.personalization import train as training
from case_studies.personalization.data import PersonalizationError
from mlsd_lib.datasets.personalization_simulator import ITEMS, POSITIONS
from tests.case_studies.personalization import hooks


@pytest.fixture(scope="module")
def table():
    given = (hooks.stream(), hooks.stream_features(), hooks.release_day(), np.random.default_rng(0))
    return training.compare(*given, names=("logistic",))


def test_the_model_beats_the_best_items_and_not_surely_the_merchandisers_rule(table):
    assert table.loc["logistic", "lead_low"] > 0
    assert table.loc["logistic", "true_eur"] > 1.3 * table.loc[training.BEST_ITEM, "true_eur"]
    assert table.loc["best of the category", "tied"]
    assert table.loc["logistic", "tied"]
    assert not table.loc["any items", "refused"]


def test_estimates_come_near_the_truth(table):
    assert (np.abs(table["seen_eur"] / table["true_eur"] - 1) < 0.15).all()


def test_a_claim_over_the_best_item_needs_its_interval_and_enough_effective_rows():
    row = pd.Series({"refused": "", "lead_low": 1.0, "lead_high": 9.0})
    assert training.claim_over_best_item(row).startswith("ahead of the best single items by 1 to 9")
    row["lead_low"] = -1.0
    assert training.claim_over_best_item(row).startswith("not surely ahead")
    row["refused"] = "3.0 rewards"
    assert training.claim_over_best_item(row) == "nothing is claimed over the best single items: 3.0 rewards"


def test_too_short_a_stream_is_refused_with_the_days_it_needs():
    short = data.load("simulator", seed=0, days=20, visitors=30)
    with pytest.raises(PersonalizationError, match=r"holds 20 days; .* needs 25"):
        training.train(None, short, np.random.default_rng(0))


def test_published_logs_make_no_release():
    with pytest.raises(PersonalizationError, match="--protocol openbandit"):
        data.load("all.csv")


@pytest.mark.parametrize("explore", [0.0, -0.1, 1.1])
def test_a_policy_that_never_explores_is_refused(explore):
    with pytest.raises(PersonalizationError, match="never shown by chance"):
        policy.SlotPolicy(explore)


def test_unknown_models_and_logs_without_clicks_are_refused():
    features, item = np.ones((20, 13)), np.zeros(20, dtype=int)
    with pytest.raises(PersonalizationError, match="must be 'logistic' or 'boosted'"):
        models.fit("forest", features, item, np.arange(20) % 2)
    with pytest.raises(PersonalizationError, match="hold no click"):
        models.fit("logistic", features, item, np.zeros(20))


def test_draws_are_even_and_of_one_salt_say_nothing_of_another():
    luck, other = (policy.luck_of(np.arange(50_000), salt) for salt in (0, 1))
    assert np.abs(np.histogram(luck, 20, (0, 1))[0] / 50_000 - 0.05).max() < 0.005
    assert abs(np.corrcoef(luck, other)[0, 1]) < 0.02


def test_a_page_shows_each_item_once_and_in_each_slot_by_its_propensity():
    pages, explore = 40_000, policy.SlotPolicy(0.24)
    page, position = np.repeat(np.arange(pages), POSITIONS), np.tile(np.arange(1, POSITIONS + 1), pages)
    best = policy.in_order(np.tile(np.linspace(0, 1, ITEMS), (len(page), 1)), position)
    item, chance = explore.draw(best, position, page), explore.distribution(best)
    assert best[:POSITIONS].tolist() == [ITEMS - 1, ITEMS - 2, ITEMS - 3]
    assert (np.diff(np.sort(item.reshape(pages, POSITIONS))) > 0).all()
    for slot in range(1, POSITIONS + 1):
        shown = np.bincount(item[position == slot], minlength=ITEMS) / pages
        assert shown == pytest.approx(chance[slot - 1], abs=0.01)
    some = np.random.default_rng(0).permutation(len(page))[:100]
    assert explore.draw(best[some], position[some], page[some]).tolist() == item[some].tolist()


SAMPLE = Path(os.environ.get("MLSD_DATA_DIR", "/nowhere"), "personalization", "obd_sample")


@pytest.mark.skipif(not SAMPLE.exists(), reason="MLSD_DATA_DIR holds no personalization/obd_sample")
def test_on_the_open_bandit_sample_every_estimate_is_refused_for_too_few_clicks():
    _, table = training.open_bandit()
    assert len(table) == 6
    assert (table["agrees"] == "refused").all()
    assert table["why"].str.contains("rewards carry it").all()
    assert table["clicks"].between(0, 20).all()
