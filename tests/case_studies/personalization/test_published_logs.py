"""A policy found in the log of another."""

import numpy as np
import pandas as pd
import pytest

from case_studies.personalization.published_logs import shown_as_logged, transferred
from mlsd_lib.datasets import DataCard
from mlsd_lib.datasets.personalization import LoggedFeedback

CARD = DataCard("a", 1, "MIT", False, "a test")
EVEN = np.full(20_000, 1 / 3)


@pytest.fixture(scope="module")
def logs():
    rng, rates, found = np.random.default_rng(0), np.array([0.05, 0.1, 0.2]), {}
    for name, chance in {"even": EVEN[:3], "uneven": np.array([0.2, 0.3, 0.5])}.items():
        arm = rng.choice(3, 20_000, p=chance)
        reward = (rng.random(20_000) < rates[arm]).astype(int)
        columns = {"arm": arm, "position": 1, "propensity": chance[arm], "reward": reward}
        found[name] = LoggedFeedback(pd.DataFrame(columns), 3, CARD)
    return found


def test_where_clicks_are_many_each_policy_is_found_in_the_other_ones_log(logs):
    even, uneven = logs["even"], logs["uneven"]
    for target, own, other in ((EVEN, even, uneven), (shown_as_logged(uneven, even), uneven, even)):
        found = transferred(target, own, other)
        assert found["agrees"] == "yes"
        assert abs(found["estimate (%)"] - found["own log (%)"]) < 1
    wrong = LoggedFeedback(even.table.assign(propensity=0.9), 3, CARD)
    assert "mean weight is 0.3" in transferred(shown_as_logged(uneven, wrong), uneven, wrong)["why"]
