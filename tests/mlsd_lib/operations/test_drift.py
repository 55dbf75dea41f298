"""Distances between samples, compared with scipy where it has them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlsd_lib.operations import OperationsError
from mlsd_lib.operations.drift import category_psi, null_share, psi

samples = st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float), min_size=1, max_size=60)


@given(st.lists(st.sampled_from("abc"), min_size=1), st.lists(st.sampled_from("bcd"), min_size=1))
@settings(deadline=None)
def test_category_psi_is_the_sum_of_scipys_two_relative_entropies(reference, current):
    names = sorted({*reference, *current})
    p, q = (np.array([values.count(name) + 0.5 for name in names]) for values in (reference, current))
    expected = stats.entropy(p, q) + stats.entropy(q, p)
    assert category_psi(pd.Series(reference), pd.Series(current)) == pytest.approx(expected, abs=1e-12)


@given(samples, samples)
@settings(deadline=None)
def test_psi_is_the_category_psi_of_the_bins_that_the_reference_cuts(reference, current):
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, 6)[1:-1]))
    binned = [pd.Categorical(np.searchsorted(edges, values), range(len(edges) + 1)) for values in (reference, current)]
    p, q = (binned_values.value_counts().to_numpy() + 0.5 for binned_values in binned)
    assert psi(reference, current, bins=5) == pytest.approx(stats.entropy(p, q) + stats.entropy(q, p), abs=1e-12)


def test_psi_without_drift_is_about_what_the_sizes_say():
    rng = np.random.default_rng(0)
    found = [psi(rng.normal(size=2000), rng.normal(size=500)) for _ in range(300)]
    expected = 9 * (1 / 2000 + 1 / 500)
    assert 0.85 * expected < np.mean(found) < 1.15 * expected


def test_psi_grows_with_the_shift_and_stays_finite_where_the_samples_do_not_overlap():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=5000)
    found = [psi(reference, rng.normal(shift, size=1000)) for shift in (0, 0.5, 1, 100)]
    assert found == sorted(found)
    assert np.isfinite(found[-1])


def test_a_new_category_and_a_lost_one_count():
    reference = pd.Series(["a"] * 500 + ["b"] * 500)
    assert category_psi(reference, pd.Series(["a"] * 450 + ["b"] * 450 + ["new"] * 100)) > 0.1
    assert category_psi(reference, pd.Series(["a"] * 1000)) > 0.1
    assert category_psi(reference, reference) == 0


def test_missing_values_are_left_to_the_null_share():
    values = np.array([1.0, 2.0, np.nan, 4.0])
    present = np.array([1.0, 2.0, 4.0])
    assert psi(values, present, bins=2) == 0
    assert category_psi(pd.Series(["a", None]), pd.Series(["a"])) == 0
    assert null_share(pd.Series(values)) == 0.25
    assert null_share(pd.Series([], dtype=float)) == 0


@pytest.mark.parametrize("distance", [psi, lambda r, c: category_psi(pd.Series(r), pd.Series(c))])
def test_a_sample_without_values_is_named(distance):
    with pytest.raises(OperationsError, match="The current has no values"):
        distance(np.array([1.0]), np.array([np.nan]))
    with pytest.raises(OperationsError, match="The reference has no values"):
        distance(np.array([]), np.array([1.0]))
