"""Candidates, claims and protocols: what a log may say, and what it must refuse to."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from case_studies.personalization import data, models, policy
from case_studies.personalization import train as training
from case_studies.personalization.data import PersonalizationError
from mlsd_lib.datasets import DataCard
from mlsd_lib.datasets.personalization import LoggedFeedback
from mlsd_lib.datasets.personalization_simulator import ITEMS
from tests.case_studies.personalization import hooks


@pytest.fixture(scope="module")
def table():
    stream = hooks.stream()
    given = (stream.views, stream.log, hooks.stream_features(), stream.truth, hooks.release_day())
    return training.compare(*given, np.random.default_rng(0), names=("logistic",))


def test_the_model_is_surely_ahead_of_every_baseline_where_intents_matter(table):
    assert table.index[-1] == "logistic"
    assert table.loc["logistic", "lead_low"] > 0
    assert table["true_eur"].idxmax() == "logistic"


def test_estimates_come_near_the_truth(table):
    assert (np.abs(table["seen_eur"] / table["true_eur"] - 1) < 0.15).all()


def test_a_claim_over_the_best_item_needs_its_interval_and_enough_effective_rows():
    row = pd.Series({"refused": "", "lead_low": 1.0, "lead_high": 9.0})
    assert training.claim_over_best_item(row).startswith("ahead of the best single item by 1 to 9")
    row["lead_low"] = -1.0
    assert training.claim_over_best_item(row).startswith("not surely ahead")
    row["refused"] = "3.0 effective rows"
    assert training.claim_over_best_item(row) == "nothing is claimed over the best single item: 3.0 effective rows"


def test_intervals_cover_as_they_should_with_exploration_and_are_refused_without():
    chance = np.random.default_rng(0).uniform(0.05, 0.4, (3_000, ITEMS))
    believed, target = np.full_like(chance, 0.2), policy.greedy(np.roll(chance, 1, axis=1))
    wide, narrow = (
        training.coverage(chance, believed, logging, target, np.random.default_rng(1), 4_000, 200)
        for logging in (policy.SlotPolicy(explore).distribution(chance) for explore in (1.0, 0.01))
    )
    least = 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)
    assert (wide[["IPS", "SNIPS", "DR"]].mean() > least).all()
    assert not wide["refused"].any()
    assert narrow["refused"].all()
    assert narrow["IPS"].mean() < least


def test_too_short_a_stream_is_refused_with_the_days_it_needs():
    short = data.load("simulator", seed=0, days=20, visitors=30)
    with pytest.raises(PersonalizationError, match="holds 20 days; a release with 7 days of test needs 25"):
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
    with pytest.raises(PersonalizationError, match="one of logistic, boosted"):
        models.fit("forest", features, item, np.arange(20) % 2)
    with pytest.raises(PersonalizationError, match="hold no click"):
        models.fit("logistic", features, item, np.zeros(20))


def test_draws_are_even_and_come_as_often_as_their_propensity_says():
    luck = policy.luck_of(np.arange(50_000), salt=0)
    assert np.abs(np.histogram(luck, 20, (0, 1))[0] / 50_000 - 0.05).max() < 0.005
    other = policy.luck_of(np.arange(50_000), salt=1)
    assert abs(np.corrcoef(luck, other)[0, 1]) < 0.02
    chance = np.tile(np.linspace(0, 1, ITEMS), (50_000, 1))
    item, propensity = policy.SlotPolicy(0.24).draw(chance, np.arange(50_000))
    assert (item == ITEMS - 1).mean() == pytest.approx(0.78, abs=0.01)
    assert sorted(set(propensity.round(6))) == [0.02, 0.78]


def hillstrom_log(rows, lift, seed):
    """Three arms at random; with `lift` newbies want the first e-mail and others the second."""
    rng = np.random.default_rng(seed)
    newbie, arm = rng.integers(2, size=rows), rng.integers(3, size=rows)
    wanted = np.where(newbie == 1, 1, 2)
    visit = (rng.random(rows) < 0.1 + 0.05 * (arm > 0) + lift * (arm == wanted)).astype(int)
    plain = {"recency": 1.0, "history": rng.exponential(100, rows), "mens": 1, "womens": 0, "newbie": newbie}
    texts = {"zip_code": "Rural", "channel": "Web", "arm": arm, "propensity": 1 / 3, "reward": visit}
    card = DataCard("of Hillstrom's form", rows, "MIT", real=False, source="a test")
    return LoggedFeedback(pd.DataFrame({**plain, **texts}), 3, card)


def test_a_personalised_choice_leads_only_where_customers_differ():
    same, differ = (training.hillstrom(hillstrom_log(30_000, lift, 0)) for lift in (0.0, 0.2))
    assert differ.loc["personalised", "lead_low"] > 0
    assert same.loc["personalised", "lead_low"] < 0
    assert same.loc["best single e-mail", "lead (points)"] == 0


SAMPLE = Path(os.environ.get("MLSD_DATA_DIR", "/nowhere"), "personalization", "obd_sample")


@pytest.mark.skipif(not SAMPLE.exists(), reason="MLSD_DATA_DIR holds no personalization/obd_sample")
def test_on_the_open_bandit_sample_every_interval_holds_the_other_rate_or_is_refused():
    _, table = training.open_bandit()
    told = table[table["agrees"] != "refused"]
    assert ((told["low (%)"] <= told["own log (%)"]) & (told["own log (%)"] <= told["high (%)"])).all()
    refused = table[table["agrees"] == "refused"]
    assert (refused["effective rows"] < 200).all()
    assert refused["why"].str.contains("effective rows").all()
    assert 0 < len(refused) < len(table)
