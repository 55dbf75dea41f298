"""What is known at a midnight: nothing later, and the same by a slow count."""

import numpy as np
import pandas as pd
import pytest

from case_studies.recommendation import data
from case_studies.recommendation.data import DAY, Catalogue, RecommendationError
from case_studies.recommendation.features import CANDIDATES, FEATURES, best, candidate_features, features_of
from case_studies.recommendation.models import fit_release, index_of
from case_studies.recommendation.owned_items import Histories, remembered_history


@pytest.fixture(scope="module")
def visits(log, release_day):
    return log.visits[data.between(log.visits["time"], release_day, release_day + DAY)]


def test_nothing_bought_since_midnight_changes_a_feature(log, release, release_day, visits):
    known = log.purchases[log.purchases["time"] < release_day]
    cut, whole = (features_of(table, visits, release.index) for table in (known, log.purchases))
    assert cut.equals(whole)


@pytest.mark.parametrize("count", [1, 7, 30, 80])
def test_the_best_are_those_of_a_stable_sort(count):
    score = np.random.default_rng(0).integers(-3, 4, (50, 30)) / 3
    score += 1e-12 * np.arange(30)  # of equals to nine decimals the first comes first
    slow = np.argsort(-np.round(score, 9), axis=-1, kind="stable")
    assert (best(score, count) == slow[:, :count]).all()


def test_a_stranger_on_an_unknown_page_gets_candidates_all_the_same(log, release, visits):
    stranger = visits.iloc[:1].assign(household_id=10**6, viewing=1)
    places, rows = candidate_features(log.purchases, stranger, release.index)
    assert len(set(places[0].tolist())) == CANDIDATES
    assert np.isfinite(rows).all()
    assert (rows[0, :, FEATURES.index("own_count")] == 0).all()
    assert (rows[0, :, FEATURES.index("viewed_count")] == 0).all()


def test_candidates_are_different_items_and_hold_what_was_bought_most(log, release, visits):
    places, rows = candidate_features(log.purchases, visits, release.index)
    assert all(len(set(row)) == CANDIDATES for row in places.tolist())
    own = rows[:, :, FEATURES.index("own_count")]
    assert (own.max(axis=1) > 0).mean() > 0.9


def test_places_follow_the_catalogue_and_unknown_codes_have_none():
    names = {"category": 0, "margin_eur": 1.0, "launched": pd.Timestamp("2026-01-01")}
    items = pd.DataFrame({"item": [30, 10, 20], **names})
    catalogue = Catalogue.of(items, pd.Timestamp("2026-01-02"))
    assert catalogue.places(np.array([[10, 99], [30, -1]])).tolist() == [[0, -1], [2, -1]]
    assert catalogue.remapped(1).places(np.array([10, 20, 30])).tolist() == [1, 2, 0]
    assert catalogue.remapped(1).moved(catalogue) == 3
    assert Catalogue.of(items[:2], pd.Timestamp("2026-01-02")).moved(catalogue) == 2  # 20 is gone, and 30 moved up
    assert len(Catalogue.of(items.assign(launched=pd.Timestamp("2027-01-01")), pd.Timestamp("2026-01-02"))) == 0


def test_an_index_and_a_ranker_need_a_past(log, release_day):
    start = log.visits["time"].iloc[0].normalize()
    with pytest.raises(RecommendationError, match="Nothing was bought"):
        index_of(log, start)
    with pytest.raises(RecommendationError, match="has 0 visits in the 21 days"):
        fit_release(log, start)
    with pytest.raises(RecommendationError, match="The model is 'oracle'"):
        fit_release(log, release_day, "oracle")


def test_the_service_reads_the_same_history_as_the_batch(log, release, release_day, visits, run):
    from case_studies.recommendation.service import ShopStore

    placed = log.purchases.assign(place=release.catalogue.places(log.purchases["item"].to_numpy()))
    batch, items = Histories(placed, release_day, len(release.catalogue)), len(release.catalogue)
    store, midnight_us = ShopStore(run.store), int(np.datetime64(release_day, "us").astype(np.int64))
    for household in visits["household_id"].iloc[:20].tolist():
        one, other = batch.of(household), remembered_history(store.connection, household, midnight_us, items)
        for name in ("item", "count", "last_us", "sold"):
            assert getattr(one, name).tolist() == getattr(other, name).tolist()
    store.close()
