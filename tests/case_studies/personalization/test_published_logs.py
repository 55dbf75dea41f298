"""A policy found in the log of another; what cannot be learned from is refused."""

import numpy as np
import pandas as pd
import pytest

from case_studies.personalization.published_logs import leads, one_for_all_or_each, shown_as_logged, transferred
from mlsd_lib.datasets import DataCard
from mlsd_lib.datasets.personalization import LoggedFeedback
from mlsd_lib.operations import OperationsError

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


def test_the_best_single_arm_is_found_and_a_context_that_says_nothing_leads_nowhere(logs):
    log, reward = logs["even"], logs["even"].table["reward"].to_numpy(float)
    weights = one_for_all_or_each(log, np.random.default_rng(0).normal(size=(20_000, 2)), np.random.default_rng(1))
    assert weights["single"] == pytest.approx(3.0 * (log.table["arm"] == 2))
    table = leads(weights, reward, "single")
    assert table.loc["single", ["lead (points)", "lead_low", "lead_high"]].tolist() == [0, 0, 0]
    assert table.loc["single", "visits (%)"] == pytest.approx(20, abs=1)
    assert table.loc["personal", "lead_low"] <= 0


def test_an_arm_without_rewards_is_refused(logs):
    poor = LoggedFeedback(logs["even"].table.assign(reward=0), 3, CARD)
    with pytest.raises(OperationsError, match="Arm 0 has rewards only or none"):
        one_for_all_or_each(poor, np.ones((20_000, 1)), np.random.default_rng(0))
