"""Each way spoils a table, and leaves the good one as it was."""

import numpy as np
import pandas as pd
import pytest

from lessons.data_processing.spoilt import in_cents, ways_to_spoil
from mlsd_lib.datasets.fraud import load


@pytest.fixture(scope="module")
def days():
    payments = load("simulator", seed=0, days=2).payments
    return [table for _, table in payments.groupby(payments["time"].dt.date)]


def test_each_of_twelve_ways_changes_the_table_and_not_the_good_one(days):
    yesterday, today = days
    before, ways = today.copy(), ways_to_spoil(yesterday, 1_000)
    assert len(ways) == 12
    for name, spoil in ways.items():
        assert not spoil(today, np.random.default_rng(0)).equals(before), name
        pd.testing.assert_frame_equal(today, before)


def test_as_many_rows_are_hit_as_it_says(days):
    today, ways = days[1], ways_to_spoil(days[0], 1_000)
    rows = len(today)
    assert ways["gaps"](today, np.random.default_rng(1))["customer_id"].isna().sum() == np.ceil(0.01 * rows)
    assert len(ways["twice"](today, np.random.default_rng(1))) == rows + np.ceil(0.02 * rows)


def test_only_the_chosen_share_of_terminals_sends_cents(days):
    today = days[1]
    changed = in_cents(today, int(today["terminal_id"].max()) + 1, 0.1, np.random.default_rng(1))
    times = changed["amount"] / today["amount"]
    assert sorted(times.round().unique()) == [1, 100]
    assert 0.05 < today["terminal_id"][times > 50].nunique() / today["terminal_id"].nunique() < 0.15
