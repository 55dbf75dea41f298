"""How many labels of an age have come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from case_studies.kit import DelayCurve
from mlsd_lib.modeling import ModelingError


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.floats(0, 120))
@settings(deadline=None)
def test_the_share_reported_is_the_share_of_shorter_delays(delays, age):
    share = DelayCurve(np.array(delays)).share_reported(np.array([age]))[0]
    assert share == pytest.approx(np.mean([delay < age for delay in delays]))


def test_a_curve_of_few_labels_is_refused():
    delay = np.arange(50) * np.timedelta64(12, "h")
    assert DelayCurve.of(delay, "a week").share_reported(np.array([12.1])) == 0.5
    with pytest.raises(ModelingError, match="Only 49 labels of a week are known"):
        DelayCurve.of(delay[1:], "a week")
