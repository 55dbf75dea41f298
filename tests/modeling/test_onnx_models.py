"""A model in ONNX Runtime gives the scores that its own library gives."""

import numpy as np
import pytest

from mlsd_lib.modeling.families import FAMILIES, family
from mlsd_lib.modeling.onnx_models import onnx_model, onnx_scores


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
