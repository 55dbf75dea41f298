"""The wide table of flights: its columns, its types, and that no join adds or loses a flight."""

import pytest

from lessons.data_storage.new_york_flights import _joined, _table, flights_with_context
from mlsd_lib.datasets import DataError


@pytest.fixture(scope="module")
def january():
    return flights_with_context(1)


def test_no_join_adds_or_loses_a_flight(january):
    flights = _table("flights.csv.zip").query("month == 1")
    assert january["tailnum"].tolist() == flights["tailnum"].tolist()


def test_types_hold_what_was_joined(january):
    before = _joined(1)
    assert january.shape[1] == 42
    assert january["flight"].astype(int).tolist() == before["flight"].tolist()
    assert january["flight"].str.len().min() >= 4
    assert (january["dep_delay"].astype(float).fillna(0.5) == before["dep_delay"].fillna(0.5)).all()
    assert str(january["time_hour"].dt.tz) == "UTC"
    assert january["cancelled"].sum() == before["dep_time"].isna().sum() > 0


def test_a_month_that_is_none_is_refused():
    with pytest.raises(DataError, match="last_month is 13"):
        flights_with_context(13)
