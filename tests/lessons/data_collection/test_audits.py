"""Both estimators are right on average, and exact where each draw says everything."""

import numpy as np
import pytest

from lessons.data_collection.audits import audited_totals, stratified_totals

LOSSES = np.random.default_rng(0).lognormal(0, 1, 500) * (np.arange(500) % 5 == 0)


def test_weighted_audits_are_right_on_average_for_any_weight():
    rng = np.random.default_rng(1)
    for weight in (np.ones(500), 0.1 + LOSSES, np.arange(1, 501)):
        estimates = audited_totals(LOSSES, weight, 50, 4_000, rng)
        assert estimates.mean() == pytest.approx(LOSSES.sum(), abs=4 * estimates.std() / 4_000**0.5)


def test_in_proportion_to_the_losses_themselves_every_audit_is_exact():
    estimates = audited_totals(LOSSES, LOSSES, 10, 20, np.random.default_rng(1))
    assert estimates == pytest.approx(np.full(20, LOSSES.sum()))


def test_stratified_audits_are_unbiased_and_exact_where_strata_hold_equal_losses():
    rng = np.random.default_rng(1)
    estimates = stratified_totals(LOSSES, np.arange(500), 40, 4_000, rng)
    assert estimates.mean() == pytest.approx(LOSSES.sum(), abs=4 * estimates.std() / 4_000**0.5)
    equal = np.repeat([1.0, 2.0], 50)
    assert stratified_totals(equal, equal, 8, 5, rng, quantiles=(0.6,)) == pytest.approx(np.full(5, 150.0))
