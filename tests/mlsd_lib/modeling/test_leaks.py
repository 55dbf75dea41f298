"""Each leak is one in its world, and the honest validation agrees with fresh rows."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score

from mlsd_lib.modeling.leaks import LEAKS, auc, copied, folds, mean_labels, shifted, validated


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


def test_the_auc_is_scikit_learns_ties_included():
    rng = np.random.default_rng(6)
    truth, score = rng.random(200) < 0.3, np.round(rng.normal(size=200), 1)
    assert auc(truth, score) == pytest.approx(roc_auc_score(truth, score))


def test_a_validation_is_the_mean_that_scikit_learn_reports():
    table, truth = shifted(np.random.default_rng(7), 200)
    reported = cross_val_score(LogisticRegression(), table, truth, cv=folds(), scoring="roc_auc").mean()
    assert validated(LogisticRegression(), table, truth) == pytest.approx(reported)
