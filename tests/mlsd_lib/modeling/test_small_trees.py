"""Models of one setting, and weights that reach the model at the end of a pipeline."""

import pickle

import numpy as np
import pytest

from mlsd_lib.modeling import fit_weighted, scaled_logistic, small_trees

ROWS, LABEL = np.random.default_rng(0).normal(size=(400, 3)), np.random.default_rng(1).random(400) < 0.2


@pytest.mark.parametrize(
    "model", [lambda: small_trees(20, 0, learning_rate=0.3), lambda: scaled_logistic(before=np.cbrt)]
)
def test_a_weight_counts_as_so_many_rows(model):
    plain, heavy, alike = (
        fit_weighted(model(), ROWS, LABEL, weight) for weight in (None, 1 + 4.0 * LABEL, 0.0 * LABEL + 1)
    )
    told = [fitted.predict_proba(ROWS)[:, 1].mean() for fitted in (plain, heavy, alike)]
    assert told[1] > told[0] + 0.1
    assert told[2] == pytest.approx(told[0], abs=1e-6)


def test_boosted_trees_are_the_same_to_the_bit_where_every_weight_is_one():
    alike, given = small_trees(20, 0), small_trees(20, 0).fit(ROWS, LABEL, sample_weight=np.ones(len(ROWS)))
    fit_weighted(alike, ROWS, LABEL, np.ones(len(ROWS)))
    assert (alike.predict_proba(ROWS) == given.predict_proba(ROWS)).all()


def test_a_function_comes_before_the_scale():
    assert next(iter(scaled_logistic(before=np.cbrt).named_steps)) == "functiontransformer"
    assert len(scaled_logistic()) == 2


@pytest.mark.parametrize("model", [scaled_logistic, lambda: small_trees(20, 0)])
def test_a_saved_model_is_read_without_the_course(model):
    assert b"mlsd" not in pickle.dumps(model().fit(ROWS, LABEL))  # a registry's environment has scikit-learn alone
