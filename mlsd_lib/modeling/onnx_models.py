"""Fitted classifiers as ONNX models, so that algorithms can be compared inside one runtime.

scikit-learn's models are converted by skl2onnx. It knows no XGBoost, whose trees are written here, node by node, as
ONNX's operator TreeEnsembleRegressor (https://onnx.ai/onnx/operators/, domain ai.onnx.ml, version 3).
"""

import importlib
import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def onnx_model(model: Any, columns: int) -> bytes:
    """The fitted two-class `model`, which takes rows of `columns` numbers, as an ONNX file's content."""
    if hasattr(model, "get_booster"):
        return _boosted_model(model.get_booster(), columns)
    from skl2onnx import to_onnx

    converted = to_onnx(model, np.zeros((1, columns), np.float32), options={"zipmap": False})
    return bytes(converted.SerializeToString())


def onnx_scores(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """A function from rows, (n, columns) of float32, to the probability of the second class, (n,), on one thread."""
    answers = onnx_answers(content)
    return lambda rows: answers(rows)[:, -1]


def onnx_answers(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """A function from rows, (n, columns) of float32, to the model's last output, (n, classes), on one thread."""
    onnxruntime = _runtime("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    given, asked = session.get_inputs()[0].name, [session.get_outputs()[-1].name]
    return lambda rows: session.run(asked, {given: rows})[0]


def in_eight_bits(content: bytes) -> bytes:
    """The ONNX model with weights of eight bits; what flows between the layers is quantised at each call."""
    quantization = _runtime("onnxruntime.quantization")
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.ERROR)  # it advises a preparation that changes nothing here
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "full.onnx"), Path(folder, "coarse.onnx")
        source.write_bytes(content)
        try:
            quantization.quantize_dynamic(source, target, weight_type=quantization.QuantType.QInt8)
        finally:
            root.setLevel(level)
        return target.read_bytes()


def _runtime(name: str) -> Any:
    """A module of ONNX Runtime, which then calls nobody."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is first imported
    return importlib.import_module(name)


def _boosted_model(booster: Any, columns: int) -> bytes:
    from onnx import TensorProto, helper

    margin = float(json.loads(booster.save_config())["learner"]["learner_model_param"]["base_score"].strip("[]"))
    ensemble = helper.make_node(
        "TreeEnsembleRegressor",
        ["rows"],
        ["log_odds"],
        domain="ai.onnx.ml",
        base_values=[float(np.log(margin / (1 - margin)))],
        n_targets=1,
        **_nodes(booster),
    )
    # A node of its own: the operator's own post_transform is not applied by onnxruntime where it is a regressor.
    probability = helper.make_node("Sigmoid", ["log_odds"], ["score"])
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, columns])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph([ensemble, probability], "boosted", [rows], [score])
    versions = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    return bytes(helper.make_model(graph, opset_imports=versions, ir_version=9).SerializeToString())


def _nodes(booster: Any) -> dict[str, Any]:
    """The trees as ONNX wants them: a list for each property of a node, and the leaves once more with their values."""
    table = booster.trees_to_dataframe()
    leaf = (table["Feature"] == "Leaf").to_numpy()
    names = booster.feature_names or [f"f{number}" for number in range(booster.num_features())]
    column = table["Feature"].map({name: number for number, name in enumerate(names)}).fillna(0).astype(int)
    node_of = dict(zip(table["ID"], table["Node"], strict=True))
    tree, node = table["Tree"].tolist(), table["Node"].tolist()
    leaves = np.flatnonzero(leaf)
    return {
        "nodes_treeids": tree,
        "nodes_nodeids": node,
        "nodes_featureids": column.tolist(),
        "nodes_modes": ["LEAF" if is_leaf else "BRANCH_LT" for is_leaf in leaf],
        "nodes_values": table["Split"].fillna(0.0).tolist(),
        "nodes_truenodeids": [node_of.get(child, 0) for child in table["Yes"]],
        "nodes_falsenodeids": [node_of.get(child, 0) for child in table["No"]],
        "nodes_missing_value_tracks_true": (table["Missing"] == table["Yes"]).astype(int).tolist(),
        "target_treeids": [tree[place] for place in leaves],
        "target_nodeids": [node[place] for place in leaves],
        "target_ids": [0] * len(leaves),
        "target_weights": table["Gain"][leaf].tolist(),
    }
