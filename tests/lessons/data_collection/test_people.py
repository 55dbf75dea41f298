"""Simulated people: their ages, who is alone in a cell, and whom the exposure makes ill."""

import numpy as np
import pandas as pd
import pytest

from lessons.data_collection.people import AGE_SHARE, STEPS, coarsened, patients, patients_with_consent, unique_share
from mlsd_lib.datasets import DataError


def test_ages_are_shares_that_are_flat_and_then_fall():
    assert AGE_SHARE.sum() == pytest.approx(1)
    assert (AGE_SHARE[:56] == AGE_SHARE[0]).all()
    assert (np.diff(AGE_SHARE[55:]) < 0).all()


def test_an_only_inhabitant_is_unique_and_a_crowd_is_not():
    rng = np.random.default_rng(0)
    assert unique_share(1, 2, rng) == 1
    assert unique_share(50_000, 2, rng) < 0.01


def test_the_exposed_neighbours_are_the_first_ten_areas():
    table = patients(np.random.default_rng(0), 200_000, scattered=False)
    ill = table.groupby(table["area"] < 10)["ill"].mean()
    assert ill[True] > 2 * ill[False]


def test_scattered_exposure_is_drawn_anew_for_each_table():
    ill = [patients(np.random.default_rng(seed), 100_000).groupby("area")["ill"].mean() for seed in (0, 1)]
    highest = [set(shares.nlargest(5).index) for shares in ill]
    assert highest[0] != highest[1]


def test_a_step_joins_days_and_areas_and_nothing_else():
    table = pd.DataFrame({"area": [9, 10, 59], "born": [364, 365, 3_650], "sex": [0, 1, 0], "ill": [1, 0, 1]})
    assert coarsened(table, "date, area").equals(table[["area", "born", "sex"]])
    joined = coarsened(table, "10 years, district")
    assert joined["area"].tolist() == [0, 1, 5]
    assert joined["born"].tolist() == [0, 0, 1]
    assert coarsened(table, "20 years, country")["area"].tolist() == [0, 0, 0]
    assert all(coarsened(table, step)["sex"].tolist() == [0, 1, 0] for step in STEPS)


def test_an_unknown_step_is_refused():
    with pytest.raises(DataError, match=r"step is 'decade'.*10 years, district"):
        coarsened(patients(np.random.default_rng(0), 10), "decade")


def test_consent_is_withdrawn_by_one_in_ten_within_five_weeks_of_the_record():
    table = patients_with_consent(np.random.default_rng(0), 20_000)
    withdrawn = table[table["consent_until"] < 99]
    assert len(withdrawn) == pytest.approx(2_000, rel=0.1)
    assert set(withdrawn["consent_until"] - withdrawn["recorded"]) == set(range(6))
    assert set(table["recorded"]) == set(range(10))
