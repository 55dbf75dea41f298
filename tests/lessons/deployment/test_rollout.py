"""A canary decision with the error rates that it states."""

import numpy as np
import pytest

from lessons.deployment.rollout import Arm, canary_decision


def decisions(rng, control_share, canary_share, n, repeats=2000):
    arms = zip(rng.binomial(n, control_share, repeats), rng.binomial(n, canary_share, repeats), strict=True)
    return [canary_decision(Arm(n, one), Arm(n, other), tolerated=0.01) for one, other in arms]


def actions(*arguments):
    return [decision.action for decision in decisions(*arguments)]


def test_an_equal_canary_is_rolled_back_about_as_rarely_as_z_says():
    """z > 3 has probability .00135; a variance without the control's part would make it .017."""
    found = decisions(np.random.default_rng(0), 0.05, 0.05, 5_000, 20_000)
    assert np.mean([decision.action == "rollback" for decision in found]) < 0.003
    assert np.mean([decision.z * np.sqrt(2) > 3 for decision in found]) > 0.01  # what the check would have found


def test_a_bad_canary_is_rolled_back_a_good_one_promoted_and_a_doubtful_one_waits():
    rng = np.random.default_rng(0)
    assert actions(rng, 0.02, 0.06, 5_000).count("rollback") > 1_990
    assert actions(rng, 0.02, 0.02, 50_000).count("promote") > 1_990
    assert actions(rng, 0.02, 0.02, 1_000).count("wait") > 1_800
    assert actions(rng, 0.02, 0.03, 50_000).count("promote") < 20  # worse by just what is not tolerated


def test_z_is_the_square_root_of_scipys_chi_squared():
    from scipy.stats import chi2_contingency

    found = canary_decision(Arm(2000, 40), Arm(1000, 31), tolerated=0.01)
    table = [[40, 1960], [31, 969]]
    assert found.z**2 == pytest.approx(chi2_contingency(table, correction=False).statistic)


def test_few_requests_or_none_bad_are_no_proof():
    assert canary_decision(Arm(400, 0), Arm(499, 400), tolerated=0.01).action == "wait"
    assert canary_decision(Arm(0, 0), Arm(0, 0), tolerated=0.01, min_requests=0).action == "wait"
    nothing_bad = canary_decision(Arm(500, 0), Arm(500, 0), tolerated=0.005)
    assert (nothing_bad.action, nothing_bad.z) == ("wait", 0.0)
    assert canary_decision(Arm(5000, 0), Arm(5000, 0), tolerated=0.005).action == "promote"
