"""Histories at a midnight: from a table and from SQL as a slow count says, blind to what came later."""

import sqlite3

import numpy as np
import pandas as pd
import pytest

from case_studies.kit.stream_times import microseconds_of
from case_studies.recommendation.owned_items import HISTORY_DAYS, POPULAR_DAYS, Histories, remembered_history

ITEMS, MIDNIGHT = 12, pd.Timestamp("2026-06-01")


@pytest.fixture(scope="module")
def purchases():
    rng, count = np.random.default_rng(0), 900
    time = MIDNIGHT + pd.to_timedelta(np.sort(rng.uniform(-120, 5, count)) * 86_400, unit="s").round("s")
    household, place = rng.integers(0, 8, count), rng.integers(-1, ITEMS + 2, count)
    return pd.DataFrame({"time": pd.Series(time).dt.as_unit("us"), "household_id": household, "place": place})


def test_a_table_and_a_memory_give_what_a_slow_count_gives(purchases):
    memory = sqlite3.connect(":memory:")
    memory.execute("CREATE TABLE purchases (household_id INTEGER, time_us INTEGER, item INTEGER)")
    columns = (purchases["household_id"], microseconds_of(purchases["time"]), purchases["place"])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    memory.executemany("INSERT INTO purchases VALUES (?, ?, ?)", rows)
    age = MIDNIGHT - purchases["time"]
    there = purchases[(age > pd.Timedelta(0)) & purchases["place"].between(0, ITEMS - 1)]
    recent = there[there["time"] >= MIDNIGHT - pd.Timedelta(days=POPULAR_DAYS)]
    window = there[there["time"] >= MIDNIGHT - pd.Timedelta(days=HISTORY_DAYS)]
    midnight_us = int(microseconds_of(pd.Series([MIDNIGHT]))[0])
    batch = Histories(purchases, MIDNIGHT, ITEMS)
    for household in range(9):  # the last is a stranger
        own = window[window["household_id"] == household].groupby("place")["time"].agg(["size", "max"])
        for found in (batch.of(household), remembered_history(memory, household, midnight_us, ITEMS)):
            assert found.item.tolist() == own.index.tolist()
            assert found.count.tolist() == own["size"].tolist()
            assert found.last_us.tolist() == microseconds_of(own["max"]).tolist()
            assert found.sold.tolist() == np.bincount(recent["place"], minlength=ITEMS).tolist()


def test_nothing_since_midnight_counts(purchases):
    cut = purchases[purchases["time"] < MIDNIGHT]
    for household in range(8):
        one, other = (Histories(table, MIDNIGHT, ITEMS).of(household) for table in (cut, purchases))
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
