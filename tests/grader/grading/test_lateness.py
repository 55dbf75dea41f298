"""What lateness costs: properties over zones, changes of clocks, boundaries, extensions and odd marks."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.grading.output.lateness import Deadlines, Policy, extended, later, length, local, moment, policy_of

SECOND = timedelta(seconds=1)
BERLIN = ZoneInfo("Europe/Berlin")
NAMES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
ZONES = st.sampled_from(NAMES).map(ZoneInfo)
DUES = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda when: when.replace(microsecond=0))
DELAYS = st.integers(-100_000, 40 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
POINTS = st.floats(-5, 50)
POLICIES = st.builds(Policy, ZONES, st.integers(0, 5), st.floats(0, 100), st.sampled_from(["", "hour", "day", "week"]))


@given(POLICIES, DUES, DELAYS, POINTS, st.floats(0, 50))
def test_a_penalty_is_between_nothing_and_the_score_and_grows_with_time(policy, due, delay, score, maximum):
    cost = policy.cost(score, maximum, due, due + delay)
    assert 0 <= cost <= max(score, 0)
    assert cost <= policy.cost(score, maximum, due, due + delay + timedelta(hours=7))
    assert cost == 0 or delay > timedelta()
    assert policy.cost(score, 0, due, due + delay) == 0


@given(POLICIES, DUES, st.integers(0, 20))
def test_the_last_second_of_a_unit_belongs_to_it(policy, due, number):
    free = later(due, policy.late_days, policy.zone)
    assert (policy.units(due, free), policy.units(due, free + SECOND)) == (0, 1)
    days = {"day": 1, "week": 7}.get(policy.unit)
    end = later(due, policy.late_days + number * days, policy.zone) if days else free + timedelta(hours=number)
    if policy.unit and number:
        assert (policy.units(due, end), policy.units(due, end + SECOND)) == (number, number + 1)


@given(DUES, DELAYS, st.integers(0, 5))
def test_where_clocks_never_change_days_are_86400_seconds(due, delay, late_days):
    late = delay - timedelta(days=late_days)
    policy = Policy(ZoneInfo("UTC"), late_days, 10, "day")
    assert policy.units(due, due + delay) == max(0, math.ceil(late / timedelta(days=1)))


@given(ZONES, DUES, st.integers(1, 200))
def test_a_day_later_is_the_same_time_of_day_where_that_exists(zone, due, days):
    before, after = (instant.replace(tzinfo=UTC).astimezone(zone) for instant in (due, later(due, days, zone)))
    wanted = before.replace(tzinfo=None) + timedelta(days=days)
    moved = after.replace(tzinfo=None)
    there_and_back = wanted.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    assert moved == wanted or (there_and_back != wanted and wanted < moved <= wanted + timedelta(hours=1))


@given(POLICIES, DUES, DELAYS, st.integers(0, 9), st.integers(0, 23))
def test_an_extension_never_costs_and_within_it_nothing_does(policy, due, delay, days, hours):
    end = extended(due, f"{days}d{hours}h", policy.zone)
    assert policy.cost(8, 8, end, due + delay) <= policy.cost(8, 8, due, due + delay)
    assert policy.cost(8, 8, end, end) == 0


def test_a_night_of_25_hours_is_one_day():
    due = moment("2026-10-24 23:59", BERLIN)
    assert local(due, BERLIN) == "2026-10-24 23:59 CEST"
    policy = policy_of(BERLIN, 0, "10%/day")
    assert policy.units(due, moment("2026-10-25 23:59", BERLIN)) == 1
    assert policy.units(due, due + timedelta(hours=25, seconds=1)) == 2
    assert extended(due, "1d", BERLIN) - due == timedelta(hours=25)
    assert extended(due, "24h", BERLIN) - due == timedelta(hours=24)


def test_a_time_shown_twice_is_the_later_one_and_a_skipped_one_is_refused():
    assert moment("2026-10-25 02:30", BERLIN) == datetime(2026, 10, 25, 1, 30)
    assert moment("2027-01-15 23:59", BERLIN) == moment("2027-01-15T22:59+00:00", BERLIN)
    assert later(moment("2026-10-24 02:30", BERLIN), 1, BERLIN) == datetime(2026, 10, 25, 1, 30)
    with pytest.raises(GraderError, match="clocks in Europe/Berlin skip 2027-03-28 02:30"):
        moment("2027-03-28 02:30", BERLIN)


@pytest.mark.parametrize(
    "text", ["tomorrow", "2027-01-15", "2027-02-30 10:00", "", "0001-01-01 00:00", "9999-12-31 23:59-12:00"]
)
def test_a_due_date_that_is_none_is_refused(text):
    with pytest.raises(GraderError, match=r"Write it as|must be written as"):
        moment(text, BERLIN)


@pytest.mark.parametrize("text", ["10", "101%", "-5%/day", "10%/month", "ten%", " "])
def test_a_penalty_that_is_none_is_refused(text):
    with pytest.raises(GraderError, match="must be a share of the maximum"):
        policy_of(BERLIN, 0, text)


@pytest.mark.parametrize("text", ["2", "-2d", "2x", ""])
def test_an_extension_that_is_none_is_refused(text):
    with pytest.raises(GraderError, match="is not a length of time"):
        extended(datetime(2027, 1, 1), text, BERLIN)


def test_lateness_is_told_in_words_with_its_zone():
    assert [length(timedelta(seconds=seconds)) for seconds in (1, 60, 3_661, 86_400, 180_000)] == [
        "1 second", "1 minute", "1 hour 1 minute", "1 day", "2 days 2 hours",
    ]  # fmt: skip
    due = moment("2027-01-15 23:59", BERLIN)
    known = Deadlines(BERLIN, due, policy_of(BERLIN, 1, "10%/day"), {"anna": "1d"})
    assert known.told("bo", due, None, 0.0) == ""
    assert known.told("bo", due + timedelta(days=2, hours=3), None, 1.6) == (
        "Handed in 2 days 3 hours late: received 2027-01-18 02:59 CET, due 2027-01-15 23:59 CET (Europe/Berlin). "
        "Late days that cost nothing: 1. Penalty: 1.6 points."
    )
    assert "late: received 2027-01-16 23:59:01 CET" in known.told("anna", due + timedelta(days=1, seconds=1), None, 0.0)
