"""Places of a day: never more than there are, and first come, first served."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from case_studies.kit import filling_value, first_come


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 5))
@settings(deadline=None)
def test_places_never_exceed_the_days_capacity_and_go_first_come_first_served(wanted, per_day):
    time = pd.Series(pd.date_range("2026-01-05", periods=len(wanted), freq="1h"))
    placed = first_come(time, np.array(wanted), per_day)
    for day in set(time.dt.normalize()):
        today = (time.dt.normalize() == day).to_numpy()
        asked = np.flatnonzero(today & np.array(wanted))
        assert np.flatnonzero(today & placed).tolist() == asked[:per_day].tolist()


def test_the_filling_value_lets_just_so_many_pass():
    value = np.random.default_rng(0).normal(size=500)
    assert [(value >= filling_value(value, places)).sum() for places in (1, 70, 500, 900)] == [1, 70, 500, 500]
