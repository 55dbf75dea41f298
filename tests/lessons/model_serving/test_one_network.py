"""One network in several files: the same answers from each."""

import os
import subprocess

import numpy as np
import pytest
import torch

from lessons.model_serving.one_network import SAVED_MODEL, deeper, fitted_network, onnx_network, save_network
from mlsd_lib.modeling.errors import ModelingError
from mlsd_lib.modeling.onnx_models import onnx_scores
from notebook_runner import tool_python
from notebook_runner.tools import environment

ASK = """
import os, sys
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # Keras, which is not needed, is half of its start
import numpy as np, tensorflow as tf
rows, *folders = sys.argv[1:]
for folder in folders:
    call = tf.saved_model.load(folder).signatures["serving_default"]
    np.save(folder + ".npy", call(rows=tf.constant(np.load(rows)))["score"].numpy())
    try:
        call(rows=tf.constant([[float("nan")] * 4]))
        print("answered")
    except tf.errors.InvalidArgumentError:
        print("refused")
"""


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(2_000, 4)) * [1, 100, 0.01, 1] + [0, 500, 3, 0]).astype(np.float32)
    return rows, rows[:, 0] + (rows[:, 1] - 500) / 100 > 0.5


@pytest.fixture(scope="module")
def network(task):
    return fitted_network(*task, seed=0)


def scores_of(network, rows):
    with torch.inference_mode():
        return network(torch.tensor(rows)).numpy()[:, 0]


def test_fitted_network_takes_raw_rows_and_has_learnt(task, network):
    rows, target = task
    assert ((scores_of(network, rows) > 0.5) == target).mean() > 0.95


def test_onnx_and_torchscript_answer_as_the_network(task, network, tmp_path):
    rows, _ = task
    paths = save_network(network, tmp_path / "new", "m")
    expected = scores_of(network, rows)
    np.testing.assert_allclose(onnx_scores(paths["onnx"].read_bytes())(rows), expected, atol=1e-5)
    np.testing.assert_allclose(scores_of(torch.jit.load(paths["pt"]), rows), expected, atol=1e-6)


def test_more_layers_change_no_answer(task, network):
    rows, _ = task
    deep = deeper(network, 20)
    assert len(deep) == len(network) + 40
    np.testing.assert_allclose(scores_of(deep, rows), scores_of(network, rows), atol=1e-6)


def test_a_layer_that_cannot_be_written_is_named(network):
    with pytest.raises(ModelingError, match="Layer 1 is a Tanh; only Linear"):
        onnx_network(torch.nn.Sequential(network[0], torch.nn.Tanh()))


@pytest.mark.tools("tensorflow")
def test_saved_models_answer_as_the_network_and_the_second_refuses_nan(task, network, tmp_path):
    rows, _ = task
    folder = tmp_path / "work"
    weights = save_network(network, folder, "m")["npz"]
    np.save(folder / "rows.npy", rows[:50])
    env, python = environment(folder, os.environ), tool_python("tensorflow")
    subprocess.run([python, SAVED_MODEL, weights, folder / "1", folder / "2"], check=True, env=env, capture_output=True)
    asked = [python, "-c", ASK, folder / "rows.npy", folder / "1", folder / "2"]
    done = subprocess.run(asked, check=True, env=env, capture_output=True, text=True)
    for version in ("1", "2"):
        np.testing.assert_allclose(np.load(folder / f"{version}.npy")[:, 0], scores_of(network, rows[:50]), atol=1e-5)
    assert done.stdout.split() == ["answered", "refused"]
