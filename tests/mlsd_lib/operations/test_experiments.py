"""Tests of shares against theory, simulation, SciPy and statsmodels: level, power, peeking, CUPED."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, samplesize_proportions_2indep_onetail

from mlsd_lib.operations import OperationsError
from mlsd_lib.operations.experiments import (
    compare_shares,
    compare_shares_at_any_time,
    cuped,
    first_look,
    power_of,
    visitors_per_arm,
)

REPEATS, LOOKS, BASE = 4000, 30, 0.05


def experiments(effect, rng, per_look=1000):
    """What each of two arms had counted at each look, (REPEATS, LOOKS) each, and the visitors of an arm, (LOOKS,)."""
    shares = (BASE, BASE + effect)
    arms = [rng.binomial(per_look, share, (REPEATS, LOOKS)).cumsum(axis=1) for share in shares]
    return *arms, per_look * np.arange(1, LOOKS + 1)


def margin(share):
    """Four standard errors of a share of REPEATS."""
    return 4 * math.sqrt(share * (1 - share) / REPEATS)


@pytest.mark.parametrize(("base", "effect"), [(0.05, 0.005), (0.2, -0.02), (0.5, 0.01)])
def test_the_sample_size_has_the_power_that_it_promises(base, effect):
    visitors = visitors_per_arm(base, effect)
    assert power_of(visitors, base, effect) == pytest.approx(0.8, abs=1e-3)
    rng = np.random.default_rng(1)
    control, treated = (rng.binomial(visitors, share, REPEATS) for share in (base, base + effect))
    found = compare_shares(control, treated, np.array(visitors)).significant.mean()
    assert found == pytest.approx(0.8, abs=margin(0.8))


def test_half_the_effect_needs_about_four_times_the_visitors():
    assert visitors_per_arm(0.1, 0.01) / visitors_per_arm(0.1, 0.02) == pytest.approx(4, rel=0.1)


def test_sample_size_and_interval_agree_with_statsmodels():
    # Its sample size takes the variance under "no difference" for the limit; for a small effect that is the same.
    theirs = samplesize_proportions_2indep_onetail(0.005, BASE, 0.8, alpha=0.05, alternative="two-sided")
    assert visitors_per_arm(BASE, 0.005) == pytest.approx(theirs, rel=0.01)
    ours = compare_shares(np.array([500]), np.array([560]), np.array([10_000]))
    low, high = confint_proportions_2indep(560, 10_000, 500, 10_000, method="wald")
    assert [ours.low[0], ours.high[0]] == pytest.approx([low, high], abs=2e-5)
    table = [[560, 9440], [500, 9500]]
    assert ours.p_value[0] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, abs=0.002)


def test_one_look_keeps_its_level_and_thirty_do_not():
    found = compare_shares(*experiments(0.0, np.random.default_rng(2))).significant
    assert found[:, -1].mean() == pytest.approx(0.05, abs=margin(0.05))
    assert 0.25 < found.any(axis=1).mean() < 0.33


@pytest.mark.parametrize("expected", [0.001, 0.005, 0.05])
def test_the_sequential_test_keeps_its_level_at_thirty_looks(expected):
    none = experiments(0.0, np.random.default_rng(3))
    sequential = compare_shares_at_any_time(*none, expected=expected)
    assert sequential.significant.any(axis=1).mean() < 0.05 + margin(0.05)
    real = experiments(0.01, np.random.default_rng(4))
    sequential = compare_shares_at_any_time(*real, expected=expected)
    covered = ((sequential.low < 0.01) & (sequential.high > 0.01)).all(axis=1).mean()
    assert covered > 0.95 - margin(0.95)
    if expected == 0.005:
        assert sequential.significant.any(axis=1).mean() > 0.95


def test_a_sequential_p_value_never_rises_and_agrees_with_its_interval():
    sequential = compare_shares_at_any_time(*experiments(0.005, np.random.default_rng(5)), expected=0.005)
    assert (np.diff(sequential.p_value, axis=1) <= 0).all()
    assert np.array_equal(sequential.p_value[:, -1] < 0.05, sequential.significant.any(axis=1))


def test_cuped_keeps_the_effect_and_narrows_its_interval_by_the_correlation():
    rng, visitors = np.random.default_rng(6), 4_000
    before = rng.gamma(2, 10, visitors)
    treated = rng.permutation(visitors) < visitors // 2
    outcome = 0.8 * before + rng.normal(0, 8, visitors) + 1.5 * treated
    adjusted = cuped(outcome, before)
    effect, kept = (values[treated].mean() - values[~treated].mean() for values in (outcome, adjusted))
    correlation = np.corrcoef(outcome, before)[0, 1]
    assert adjusted.mean() == pytest.approx(outcome.mean())
    assert adjusted.var() / outcome.var() == pytest.approx(1 - correlation**2, rel=1e-6)
    assert abs(kept - 1.5) < 4 * math.sqrt(4 * adjusted.var() / visitors)
    assert effect != kept


def test_the_first_look_that_was_significant():
    significant = np.array([[False, True, False], [False, False, False], [True, True, True]])
    assert first_look(significant).tolist() == [1, 3, 0]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: visitors_per_arm(5, 0.01), "base is 5"),
        (lambda: visitors_per_arm(0.05, 0), "effect is 0"),
        (lambda: visitors_per_arm(0.05, -0.06), "base \\+ effect is -0.01"),
        (lambda: compare_shares(np.array([5]), np.array([3]), np.array([0])), "visitors"),
        (lambda: compare_shares(np.array([5]), np.array([30]), np.array([10])), "treated counts more"),
        (lambda: compare_shares_at_any_time(1, 1, 10, expected=0), "expected is 0"),
        (lambda: cuped(np.ones(3), np.ones(4)), "shape"),
        (lambda: cuped(np.arange(3), np.ones(3)), "the same for every visitor"),
    ],
)
def test_what_cannot_be_tested_is_refused(call, named):
    with pytest.raises(OperationsError, match=named):
        call()
