"""Labels, slates and their rules, the comparison in money, the published protocols."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from case_studies.kit import Run
from case_studies.recommendation import data, labels, models, train
from case_studies.recommendation.data import DAY, Catalogue, RecommendationError
from case_studies.recommendation.policy import SLOTS, ShelfPolicy
from case_studies.recommendation.shopping import load
from case_studies.recommendation.slates import hits
from mlsd_lib.datasets.shopping_simulator import FIRST_CODE, added_eur


@pytest.fixture
def catalogue():
    launched = np.full(60, np.datetime64("2025-01-01"))
    launched[50:] = np.datetime64("2026-03-01")
    return Catalogue(100 + np.arange(60), np.arange(60) % 6, np.ones(60), launched, np.full(60, ""))


def slate(policy, catalogue, value=None, barred=frozenset(), visit_id=1):
    value = np.arange(40.0)[::-1] if value is None else value
    return policy.slate(catalogue, np.arange(40), value, set(barred), visit_id)


def test_a_slate_is_the_best_in_order(catalogue):
    assert slate(ShelfPolicy(explore_slots=0), catalogue).tolist() == list(range(100, 110))


def test_no_category_takes_more_than_its_share(catalogue):
    value = np.where(np.arange(40) % 6 == 0, 1.0, 0.1)
    found = slate(ShelfPolicy(explore_slots=0, most_of_a_category=2), catalogue, value) - 100
    assert (found % 6 == 0).sum() == 2
    assert len(set(found.tolist())) == SLOTS


def test_what_is_barred_is_neither_ranked_nor_explored(catalogue):
    found = slate(ShelfPolicy(explore_slots=9), catalogue, barred={0, *range(50, 59)})
    assert set(found[:1]) == {101}
    assert not set(found.tolist()) & {100, *range(150, 159)}


def test_a_slate_leaves_out_what_is_sold_out_or_was_bought_yesterday(log, release, release_day):
    visits = log.visits[data.between(log.visits["time"], release_day, release_day + DAY)]
    slates = release.slates(log.purchases, visits)[0]
    gone = np.unique(slates)[1::2].tolist()
    under = release.slates(log.purchases, visits, gone)[0]
    assert not np.isin(under, gone).any()
    eve = log.purchases[data.between(log.purchases["time"], release_day - DAY, release_day)]
    ranked = slates[:, :-1]  # the last place is explored
    assert not hits(eve["household_id"].to_numpy(), eve["item"].to_numpy(), visits["household_id"], ranked).any()


def test_leaving_out_what_is_sold_out_adds_margin(log, release, release_day):
    rows = train.some_visits(log, release_day, release_day + 7 * DAY)
    gone = np.random.default_rng(0).choice(release.catalogue.codes, 60, replace=False)
    visits, offer_eur = log.visits.iloc[rows], log.truth.offer_eur[rows]
    offer_eur = offer_eur * ~np.isin(FIRST_CODE + np.arange(offer_eur.shape[1]), gone)
    slates = (release.slates(log.purchases, visits, barred)[0] for barred in ((), gone.tolist()))
    without, under = (added_eur(offer_eur, chosen).sum() for chosen in slates)
    assert under > 1.05 * without


def test_a_newcomer_gets_less_than_a_known_household_and_more_than_popularity(log, release, release_day):
    table = train.newcomers(log, release, release_day, release_day + 14 * DAY)
    first = table[table["number"] == 0]
    assert first["household_id"].is_unique
    assert first["popularity"].sum() < first["newcomer"].sum() < first["known"].sum()
    with pytest.raises(RecommendationError, match="does not tell what a slate added"):
        train.newcomers(replace(log, truth=None), release, release_day, release_day + DAY)


def test_what_is_explored_is_young_and_follows_from_the_visit(catalogue):
    policy = ShelfPolicy(explore_slots=3)
    found = [slate(policy, catalogue, visit_id=visit_id)[-3:] for visit_id in (1, 1, 2)]
    assert all((items >= 150).all() for items in found)
    assert found[0].tolist() == found[1].tolist() != found[2].tolist()


@pytest.mark.parametrize(("settings", "told"), [({"rank_by": "luck"}, "rank_by"), ({"explore_slots": 11}, "0 to 10")])
def test_a_policy_that_cannot_be_is_refused(settings, told):
    with pytest.raises(RecommendationError, match=told):
        ShelfPolicy(**settings)


def test_money_and_probability_rank_differently():
    probability, margin = np.array([0.5, 0.2]), np.array([1.0, 5.0])
    assert ShelfPolicy("money").value(probability, margin).argmax() == 1
    assert ShelfPolicy("probability").value(probability, margin).argmax() == 0


def test_labels_say_what_was_bought_at_the_visit(log, release, release_day):
    rows = train.some_visits(log, release_day, release_day + DAY)
    places = np.tile(np.arange(len(release.catalogue)), (len(rows), 1))
    found, weight = labels.training_labels(log, rows, release.catalogue, places, "as seen")
    ids = log.visits["visit_id"].iloc[rows]
    mine = log.purchases[log.purchases["visit_id"].isin(ids)]
    assert found.sum() == mine["item"].isin(release.catalogue.codes).sum()
    assert (weight == 1).all()
    unaided = labels.training_labels(log, rows, release.catalogue, places, "unaided")[1]
    assert ((unaided == 0).sum(axis=1) == SLOTS).all()
    by_position = labels.training_labels(log, rows, release.catalogue, places, "by position")[1]
    assert by_position[found].max() > 1
    assert (by_position[~found] == 1).all()
    with pytest.raises(RecommendationError, match="label policy is 'all'"):
        labels.training_labels(log, rows, release.catalogue, places, "all")


def test_what_a_model_adds_over_baselines_is_the_margin(log, release_day):
    table = train.compare(log, release_day, np.random.default_rng(0), names=("logistic",))
    baselines, by_money = list(train.BASELINES), list(train.BASELINES_BY_MONEY)
    assert set(table.index) == {*baselines, *by_money, "logistic", "logistic, by probability"}
    added, foreseen = table["true_eur"], table["seen_eur"]
    assert added["logistic"] > added[baselines].max()
    assert (added[by_money].to_numpy() > added[baselines].to_numpy()).all()
    assert added["EASE alone by money"] > added["logistic"]
    assert foreseen["EASE alone by money"] < foreseen["logistic"]
    assert table["NDCG"].idxmax() != "logistic"


def test_baselines_by_money_keep_the_rules_of_the_shelf(log, release_day):
    rows = train.some_visits(log, release_day - DAY, release_day)
    visits, index = log.visits.iloc[rows], models.index_of(log, release_day - DAY)
    shelf = ShelfPolicy("money", 0)
    slates = train.baseline_slates(log, index, visits, shelf)
    for name in train.BASELINES_BY_MONEY:
        kinds = index.catalogue.category[index.catalogue.places(slates[name])]
        assert max(np.bincount(row).max() for row in kinds) <= shelf.most_of_a_category
        assert all(len(set(slate)) == SLOTS for slate in slates[name].tolist())
    for shelf in (None, ShelfPolicy("probability")):
        assert set(train.baseline_slates(log, index, visits, shelf)) == set(train.BASELINES)


def test_a_log_too_short_is_refused_with_what_it_needs(log, run):
    start = log.visits["time"].iloc[0].normalize()
    early = [part[part["time"] < start + 30 * DAY] for part in (log.visits, log.purchases)]
    short = replace(log, visits=early[0], purchases=early[1])
    with pytest.raises(RecommendationError, match="holds 30 days"):
        train.train(run, short, np.random.default_rng(0))


def test_what_is_shown_must_be_hidden_for_ease_to_lead_by_household(log, release_day):
    found = train.splits(log, release_day, np.random.default_rng(0))
    assert found["by time"].index[-1] == "buy again"
    careful, careless = found["by household"]["mean"], found["by household, nothing hidden"]["mean"]
    assert careful.index.tolist() == ["popularity", "item cosine", "EASE"]
    assert careless["buy again"] < 0.01
    assert careless["EASE"] < careless["item cosine"]


@pytest.mark.parametrize("tied", [True, False])
def test_the_record_says_why_a_tied_baseline_is_not_released(log, tmp_path, monkeypatch, tied):
    monkeypatch.setattr(train, "compare", lambda *_, **__: candidates(tied))
    run = Run.new(tmp_path)
    train.train(run, log, np.random.default_rng(0))
    assert (f"Tied and not taken: buy again. {train.WHY_A_RANKER}" in run.decision) == tied
    assert "Chosen: logistic" in run.decision


def candidates(again_tied):
    rows = {"popularity": (60.0, False), "EASE alone": (80.0, False), "logistic": (140.0, True)}
    rows["buy again"] = (141.0, again_tied)
    return pd.DataFrame(rows, index=["seen_eur", "tied"]).T.astype({"seen_eur": float, "tied": bool})


def test_the_protocol_counts_only_households_of_both_sides_and_new_items():
    time = pd.to_datetime(["2010-01-01"] * 5 + ["2010-12-01"] * 3).astype("datetime64[us]")
    purchases = {"household_id": [1, 1, 2, 2, 3, 1, 1, 4], "item": [0, 1, 0, 2, 0, 1, 2, 2]}
    purchases = pd.DataFrame({"visit_id": range(8), "time": time, **purchases})
    log = replace(small_log(), purchases=purchases)
    table = train.retail(log, np.random.default_rng(0))
    assert table["households"].tolist() == [1] * 3
    assert (table["NDCG@10"] == 1).all()  # item 2 is the only one new to household 1
    with pytest.raises(RecommendationError, match="no household that bought before and since"):
        train.retail(replace(log, purchases=purchases[:5]), np.random.default_rng(0))


def small_log():
    return load("simulator", days=8, households=20, first_items=60)


def test_on_online_retail_ease_reaches_its_reference_and_beats_popularity():
    folder = os.environ.get("MLSD_DATA_DIR")
    if not folder or not list(Path(folder, "recommendation").glob("online_retail*")):
        pytest.skip("MLSD_DATA_DIR with recommendation/online_retail* is not set")
    table = train.retail(data.load_log("online-retail"), np.random.default_rng(0))
    assert table["NDCG@10"].to_numpy() == pytest.approx(table["reference"].to_numpy(), abs=0.002)
    assert table.loc["EASE", "NDCG@10"] >= 0.11
    assert table.loc["EASE", "over_popularity"] > 0.04


def test_on_completejourney_buying_again_beats_popularity_and_every_model():
    table = train.journey(data.load_log("completejourney"), np.random.default_rng(0))
    assert table.index[-1] == "buy again"
    assert table.loc["buy again", "over_popularity"] > 0.1
    assert table.loc["popularity", "NDCG@10"] == pytest.approx(0.465, abs=0.005)
