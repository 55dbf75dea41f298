"""The published tables, as the lessons read them."""

import pytest

from lessons.data_processing.flights import LATE_MIN, departures, hourly_weather
from lessons.data_processing.groceries import receipt_lines


@pytest.fixture(scope="module")
def flights():
    return departures()


def test_flights_come_in_the_order_of_their_plan_and_a_cancelled_one_is_late(flights):
    assert len(flights) == 336_776
    assert flights["planned"].is_monotonic_increasing
    assert flights["late"][flights["dep_delay"].isna()].all()
    assert (flights["late"] == ~(flights["dep_delay"] < LATE_MIN)).all()


def test_weekday_and_hour_are_new_yorks(flights):
    local = flights["planned"].dt.tz_convert("America/New_York")
    assert (flights["weekday"] == local.dt.day_of_week).all()
    assert (flights["hour"] == local.dt.hour).mean() > 0.999  # the hour that summer time leaves out


def test_weather_is_known_after_it_was_observed():
    weather = hourly_weather()
    assert (weather["known"] > weather["observed"]).all()


def test_receipts_come_in_the_order_of_time():
    lines = receipt_lines()
    assert lines["time"].is_monotonic_increasing
    assert list(lines) == ["product_id", "store_id", "time", "discount"]
