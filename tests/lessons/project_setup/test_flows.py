"""The diagram of a threshold: what it sends to the analysts and what it lets pass are counted by the day."""

import numpy as np

from lessons.project_setup.flows import threshold_flow


def test_a_threshold_counts_what_it_reviews_and_what_it_lets_pass():
    kind = np.array(["", "stolen", "terminal", "terminal", "burst", "stolen", "", ""])
    reviewed = np.array([True, True, False, False, False, False, False, False])
    text = repr(threshold_flow(reviewed, kind, days=1))
    assert "in payments: 5 frauds a day" in text
    assert "in analysts: 2 reviews a day, 50 % of them frauds" in text
    assert "in paid out: 4 frauds a day, 50 % of them at compromised terminals" in text
    assert "in payments: 2 frauds a day" in repr(threshold_flow(reviewed, kind, days=2))
