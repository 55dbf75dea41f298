"""One scorer behind three doors: the same score by each, and a door that ends its process."""

import json
import sys

import grpc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mlsd_lib.serving import ServerProcess, post

ASKED = {"x": 0.25, "y": 0.5, "id": 7}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a model.onnx whose second output's second column is the sum of two inputs."""
    weights = helper.make_tensor("w", TensorProto.FLOAT, (2, 2), np.array([[0, 1], [0, 1]], np.float32).ravel())
    nodes = [
        helper.make_node("MatMul", ["X", "w"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    outputs = [("label", TensorProto.INT64, [None]), ("scores", TensorProto.FLOAT, [None, 2])]
    graph = helper.make_graph(
        nodes,
        "sum",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info(*output) for output in outputs],
        [weights],
    )
    place = tmp_path_factory.mktemp("scorer")
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, place / "model.onnx")
    return place


SCORER = "lessons.serving_options.scorer"
BY_HTTP = {
    "gunicorn": ["gunicorn", f"{SCORER}:flask_app()", "-b", "127.0.0.1:{port}"],
    "uvicorn": ["uvicorn", "--factory", f"{SCORER}:fastapi_app", "--port", "{port}"],
}


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows")
@pytest.mark.parametrize("name", BY_HTTP)
def test_http_doors_give_the_score_and_pass_over_the_id(folder, name):
    with ServerProcess([sys.executable, "-m", *BY_HTTP[name]], cwd=folder) as server:
        status, answer = post(server.url + "/predict", ASKED)
    assert status == 200
    assert answer["score"] == pytest.approx(0.75)


def test_the_grpc_door_gives_the_score_and_its_crash_ends_the_process(folder):
    with ServerProcess([sys.executable, "-m", SCORER, "{port}"], cwd=folder) as server:
        port = server.log().split("gRPC ")[1].split()[0]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = channel.unary_unary("/Scorer/Predict")(json.dumps(ASKED).encode(), timeout=20)
            assert json.loads(answer)["score"] == pytest.approx(0.75)
            with pytest.raises(grpc.RpcError):
                channel.unary_unary("/Scorer/Crash")(b"", timeout=20)
    assert server.exit_code not in (0, None)
