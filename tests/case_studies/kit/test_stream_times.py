"""Times between two moments, and as whole microseconds."""

import numpy as np
import pandas as pd
import pytest

from case_studies.kit.stream_times import between, microseconds_of, midnight_after, require_days
from notebook_runner.errors import CourseError


def test_the_first_moment_belongs_to_a_span_and_its_end_does_not():
    time = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]))
    assert between(time, time[0], time[2]).tolist() == [True, True, False]


def test_whole_microseconds_whatever_the_unit():
    moments = pd.Series(pd.to_datetime(["1970-01-01 00:00:01", "1970-01-02 00:00:00"]))
    for unit in ("s", "us", "ns"):
        assert microseconds_of(moments.dt.as_unit(unit)).tolist() == [1_000_000, 86_400_000_000]
    assert microseconds_of(moments).dtype == np.int64


def test_a_stream_ends_at_the_midnight_after_its_last_time():
    time = pd.Series(pd.to_datetime(["2026-01-01 10:00", "2026-01-02 00:00"]))
    assert midnight_after(time) == pd.Timestamp("2026-01-03")


def test_too_few_days_are_refused_with_what_each_is_needed_for():
    needed = {"of history": 30, "of test": 14}
    require_days("The stream", 44, needed, CourseError)
    with pytest.raises(CourseError, match=r"holds 43 days; .* needs 44: 30 of history, 14 of test"):
        require_days("The stream", 43, needed, CourseError)
