"""A model in ONNX Runtime gives the scores that its own library gives."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from lessons.model_selection.families import FAMILIES, family
from mlsd_lib.modeling.onnx_models import in_eight_bits, onnx_answers, onnx_model, onnx_scores


def task(rows=400):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(rows, 3)).astype(np.float32)
    return table, table[:, 0] * table[:, 1] > 0.5


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("name", FAMILIES)
def test_onnx_gives_the_scores_of_the_library(name):
    rows, truth = task()
    model = family(name, len(rows), seed=0).fit(rows, truth)
    score = onnx_scores(onnx_model(model, rows.shape[1]))
    assert np.abs(score(rows) - model.predict_proba(rows)[:, 1]).max() < 1e-5
    assert score(rows[:1]).shape == (1,)


def test_boosted_trees_send_missing_values_and_values_on_a_split_the_same_way():
    rows, truth = task()
    rows = np.round(rows)  # so that many values equal a split
    rows[::3, 1] = np.nan
    model = family("boosted", len(rows), seed=0).fit(rows, truth)
    probability = model.predict_proba(rows)[:, 1]
    assert np.abs(onnx_scores(onnx_model(model, 3))(rows) - probability).max() < 1e-5
    assert np.ptp(probability) > 0.5


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_eight_bits_are_smaller_and_answer_nearly_alike():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 32)).astype(np.float32)
    model = MLPClassifier((128, 128), max_iter=20, random_state=0).fit(rows, rows[:, 0] > 0)
    full = onnx_model(model, 32)
    coarse = in_eight_bits(full)
    assert len(coarse) < 0.4 * len(full)
    before, after = onnx_answers(full)(rows), onnx_answers(coarse)(rows)
    assert before.shape == after.shape == (400, 2)
    assert 0 < np.abs(before - after).max() < 0.1
