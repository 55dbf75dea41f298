"""Each leak is one in its world, and the honest validation agrees with fresh rows."""

import numpy as np
import pytest

from mlsd_lib.modeling.leaks import LEAKS, copied, mean_labels


@pytest.mark.parametrize("name", LEAKS)
def test_the_step_inside_the_validation_agrees_with_fresh_rows_and_the_leak_does_not(name):
    aucs = np.array([LEAKS[name](np.random.default_rng([5, number])) for number in range(5)])
    leaky, inside, fresh = aucs.mean(axis=0)
    assert abs(inside - fresh) < 0.1
    assert (leaky - fresh > 0.15) == (name != "scaled with all rows")


def test_a_new_name_gets_the_overall_mean():
    assert mean_labels(np.array([1, 1, 2]), np.array([1, 0, 1]), np.array([1, 2, 9])).tolist() == [0.5, 1, 2 / 3]


def test_copies_make_both_classes_equally_frequent():
    _, truth = copied(np.zeros((10, 1)), np.arange(10) == 3)
    assert truth.mean() == 0.5
