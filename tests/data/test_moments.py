"""Times between two moments, and as whole microseconds."""

import numpy as np
import pandas as pd

from mlsd_lib.data.moments import between, microseconds_of


def test_the_first_moment_belongs_to_a_span_and_its_end_does_not():
    time = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]))
    assert between(time, time[0], time[2]).tolist() == [True, True, False]


def test_whole_microseconds_whatever_the_unit():
    moments = pd.Series(pd.to_datetime(["1970-01-01 00:00:01", "1970-01-02 00:00:00"]))
    for unit in ("s", "us", "ns"):
        assert microseconds_of(moments.dt.as_unit(unit)).tolist() == [1_000_000, 86_400_000_000]
    assert microseconds_of(moments).dtype == np.int64
