"""Weights of `one_network` as a TensorFlow SavedModel: run as a file by an interpreter that has TensorFlow.

    python saved_model.py WEIGHTS.npz FOLDER [FINITE]

A folder ends in the version's number. The model in FINITE refuses rows that hold NaN or infinity.
"""

import os
import sys
from typing import Any

import numpy as np

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # else half of its start is Keras, which is not needed here
import tensorflow as tf


class Network(tf.Module):
    """Layers with rectified units between them, and a probability at the end."""

    def __init__(self, weights: list[np.ndarray]):
        super().__init__()
        self.layers = [(tf.Variable(w.T), tf.Variable(b)) for w, b in zip(weights[::2], weights[1::2], strict=True)]
        self.width = weights[0].shape[1]

    def signature(self, finite: bool) -> Any:
        """The function from `rows` to `score` that a server calls."""

        def score(rows: Any) -> dict[str, Any]:
            if finite:
                rows = tf.debugging.assert_all_finite(rows, "rows must hold finite numbers")
            for weight, bias in self.layers[:-1]:
                rows = tf.nn.relu(rows @ weight + bias)
            weight, bias = self.layers[-1]
            return {"score": tf.sigmoid(rows @ weight + bias)}

        return tf.function(score, input_signature=[tf.TensorSpec([None, self.width], tf.float32, name="rows")])


if __name__ == "__main__":
    with np.load(sys.argv[1]) as stored:
        network = Network([stored[name] for name in stored.files])
    for folder, finite in zip(sys.argv[2:], (False, True), strict=False):
        tf.saved_model.save(network, folder, signatures=network.signature(finite))
