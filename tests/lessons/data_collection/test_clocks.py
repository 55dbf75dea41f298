"""A reading of a local clock becomes the instant that it names, and where it names none or two it says so."""

import pandas as pd
import pytest

from lessons.data_collection.clocks import landed, minutes


def one_landing(reading, left, zone):
    """The landing of one flight; `left` on New York's clock."""
    at = pd.Series([pd.Timestamp(left, tz="America/New_York")])
    return landed(minutes(pd.Series([reading])), at, pd.Series([zone])).iloc[0]


def test_minutes_of_readings():
    assert minutes(pd.Series([0, 517, 2400])).tolist() == [0, 317, 1440]


@pytest.mark.parametrize(
    ("reading", "left", "zone", "utc"),
    [
        (915, "2013-06-01 06:00", "America/Los_Angeles", "2013-06-01 16:15"),
        (30, "2013-06-01 22:00", "America/Chicago", "2013-06-02 05:30"),
        (2325, "2013-06-01 23:30", "America/Chicago", "2013-06-02 04:25"),
        (1000, "2013-01-15 06:00", "America/Phoenix", "2013-01-15 17:00"),
        (1000, "2013-07-15 06:00", "America/Phoenix", "2013-07-15 17:00"),
        (2400, "2013-06-01 22:00", "America/New_York", "2013-06-02 04:00"),
    ],
)
def test_a_landing_is_the_first_time_after_the_start_that_the_clock_shows(reading, left, zone, utc):
    landing = one_landing(reading, left, zone)
    assert landing["at"] == pd.Timestamp(utc, tz="UTC")
    assert landing["names one instant"]


def test_of_an_hour_that_happens_twice_the_first_is_taken_and_noted():
    landing = one_landing(114, "2013-11-02 22:17", "America/Los_Angeles")
    assert landing["at"] == pd.Timestamp("2013-11-03 08:14", tz="UTC")
    assert not landing["names one instant"]


def test_a_reading_that_the_clock_passed_over_is_moved_forward_and_noted():
    landing = one_landing(203, "2013-03-09 23:06", "America/New_York")
    assert landing["at"] == pd.Timestamp("2013-03-10 07:00", tz="UTC")
    assert not landing["names one instant"]


def test_rows_come_back_in_the_order_and_with_the_index_of_the_flights():
    left = pd.Series(pd.Timestamp("2013-06-01 06:00", tz="America/New_York"), index=[7, 3, 5])
    zone = pd.Series(["America/New_York", "America/Chicago", "America/New_York"], index=[7, 3, 5])
    landings = landed(pd.Series([500, 480, 420], index=[7, 3, 5]), left, zone)
    assert landings.index.tolist() == [7, 3, 5]
    assert landings["at"].dt.hour.tolist() == [12, 13, 11]
