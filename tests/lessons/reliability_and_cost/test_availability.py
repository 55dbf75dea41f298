"""Living through years against the arithmetic of independent and common failures."""

import numpy as np
import pytest

from lessons.reliability_and_cost.availability import down_share
from mlsd_lib.simulation import SimulationError

YEARS = 3_000


@pytest.mark.parametrize(("copies", "common"), [(1, 0.0), (1, 0.4), (2, 0.0), (2, 0.1), (3, 0.5), (2, 1.0)])
def test_years_go_by_as_the_arithmetic_says(copies, common):
    found = down_share(np.random.default_rng(0), 0.99, 60.0, YEARS, copies, common)
    assert found == pytest.approx(common * 0.01 + ((1 - common) * 0.01) ** copies, rel=0.05)


def test_a_part_that_is_mostly_down_is_so_for_the_right_share():
    assert down_share(np.random.default_rng(0), 0.2, 60.0, 10) == pytest.approx(0.8, rel=0.01)


@pytest.mark.parametrize(("availability", "common"), [(1.0, 0.0), (0.0, 0.0), (0.9, 1.2), (0.9, -0.1)])
def test_shares_outside_of_their_range_are_refused(availability, common):
    with pytest.raises(SimulationError, match="from 0 to 1"):
        down_share(np.random.default_rng(0), availability, 60.0, 1, 2, common)
