"""Conformal intervals over groups: kept promises, and a refusal where too few groups can make none."""

import numpy as np
import pytest

from case_studies.maintenance.conformal import conformal_margin, coverage_by_group
from mlsd_lib.modeling import ModelingError


def test_a_row_of_a_new_group_is_covered_as_often_as_promised():
    rng, covered = np.random.default_rng(0), []
    for _ in range(300):
        scale = rng.gamma(2.0, 1.0, 60)  # groups differ, and rows of a group go together
        error = np.abs(rng.normal(size=(60, 8)) * scale[:, None])
        margin = conformal_margin(error[:40].ravel(), np.repeat(np.arange(40), 8), rng)
        covered.append((error[40:, 0] <= margin).mean())
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)


def test_a_group_with_many_rows_counts_once():
    error = np.concatenate([np.full(1_000, 9.0), np.arange(19.0)])
    group = np.concatenate([np.zeros(1_000), np.arange(1, 20)])
    assert conformal_margin(error, group, np.random.default_rng(0), 0.5) == 9.0
    assert conformal_margin(error, group, np.random.default_rng(0), 0.9) == 17.0


def test_too_few_groups_are_refused():
    with pytest.raises(ModelingError, match=r"4 groups cannot show a coverage of 0\.9; that takes 9\."):
        conformal_margin(np.ones(4), np.arange(4), np.random.default_rng(0))


def test_the_margin_of_one_half_covers_the_other_by_group():
    rng, group = np.random.default_rng(0), np.repeat(np.arange(100), 20)
    error = np.abs(rng.normal(size=2_000)) * np.repeat(rng.gamma(2.0, 1.0, 100), 20)
    table = coverage_by_group(error, group, rng)
    assert len(table) == 50
    assert table["covered"].min() < 0.9 < table["covered"].max() <= 1
    assert table["one_row"].mean() == pytest.approx(0.9, abs=0.15)
    assert table["covered"].mean() == pytest.approx((error <= table.attrs["margin"]).mean(), abs=0.05)
