"""The queue against a slow obvious one, and what it leaves at midnight."""

import numpy as np
import pytest

from case_studies.moderation.review_queue import work_queue
from mlsd_lib.simulation import SimulationError


def by_hand(arrived, urgency, per_hour):
    """At each free moment look through all that wait."""
    done, clock, open_rows = np.full(len(arrived), np.inf), 0.0, set(range(len(arrived)))
    while open_rows:
        there = [i for i in open_rows if arrived[i] <= clock]
        if not there:
            clock = min(arrived[i] for i in open_rows)
            continue
        row = max(there, key=lambda i: (urgency[i], -i))
        clock += 1 / per_hour
        done[row] = clock
        open_rows.remove(row)
    return done


@pytest.mark.parametrize("urgent", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_the_queue_is_worked_off_as_by_hand(urgent, seed):
    rng = np.random.default_rng(seed)
    arrived, urgency = np.sort(rng.uniform(0, 24, 40)), urgent * rng.exponential(5, 40)
    np.testing.assert_allclose(work_queue(arrived, urgency, 1.5), by_hand(arrived, urgency, 1.5))


def test_what_is_left_at_midnight_is_the_least_urgent():
    done = work_queue(np.zeros(5), np.arange(5.0), 1.0, until_hour=3.0)
    assert np.isfinite(done).tolist() == [False, False, True, True, True]


def test_arrivals_out_of_order_are_refused():
    with pytest.raises(SimulationError, match=r"arrived_hour\[2\] is 1, before the one ahead of it, 3"):
        work_queue(np.array([0.0, 3.0, 1.0]), np.zeros(3), 1.0)
