"""A bandit's day with news and without."""

import numpy as np
import pytest

from lessons.deployment.explorers import NEWS, live_through


@pytest.mark.parametrize("explores", [0.1, None])
def test_news_changes_nothing_before_it_comes_and_costs_most_without_forgetting(explores):
    quiet, kept, forgot = (
        live_through(explores, memory, news).lost for memory, news in ((None, False), (None, True), (400, True))
    )
    np.testing.assert_array_equal(quiet[:NEWS], kept[:NEWS])
    assert kept[-1] - kept[NEWS] > 2 * (forgot[-1] - forgot[NEWS])
    assert kept[-1] - kept[NEWS] > 5 * (quiet[-1] - quiet[NEWS])
