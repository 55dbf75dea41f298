"""One small network in the files that model servers read: ONNX, TorchScript, and weights from which a SavedModel comes.

The same numbers stand in all of them, so that servers can be compared by their answers. `saved_model.py`, which turns
the weights into a SavedModel, is run by an interpreter that has TensorFlow.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mlsd_lib.modeling.errors import ModelingError

SAVED_MODEL = Path(__file__).with_name("saved_model.py")
OPSET, IR_VERSION = 18, 9


def fitted_network(rows: np.ndarray, target: np.ndarray, seed: int, hidden: int = 32, steps: int = 300) -> Any:
    """A torch network from rows, (n, columns) of float32, to the probability that their `target`, (n,) of bool, holds.

    One hidden layer of rectified units. The scaling of the columns is folded into its weights: callers send raw rows.
    """
    import torch

    torch.manual_seed(seed)
    mean, scale = rows.mean(0), rows.std(0) + 1e-6
    inputs = torch.tensor((rows - mean) / scale)
    wanted = torch.tensor(target, dtype=torch.float32)[:, None]
    network = torch.nn.Sequential(torch.nn.Linear(rows.shape[1], hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 1))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(network(inputs), wanted).backward()
        optimiser.step()
    first: Any = network[0]
    with torch.no_grad():
        first.weight /= torch.tensor(scale)
        first.bias -= first.weight @ torch.tensor(mean)
    return network.append(torch.nn.Sigmoid()).eval()


def deeper(network: Any, layers: int) -> Any:
    """`network` with `layers` more layers that each hand on what they get: the same answers, at the cost of depth."""
    import torch

    first, rectified, *rest = network
    more: list[Any] = []
    for _ in range(layers):
        same = torch.nn.Linear(first.out_features, first.out_features)
        with torch.no_grad():
            same.weight.copy_(torch.eye(first.out_features))
            same.bias.zero_()
        more += [same, torch.nn.ReLU()]
    return torch.nn.Sequential(first, rectified, *more, *rest).eval()


def save_network(network: Any, folder: str | Path, name: str) -> dict[str, Path]:
    """Write the network as `name`.onnx, `name`.pt (TorchScript) and `name`.npz (weights) into `folder`; their paths.

    ONNX and the SavedModel take `rows` and give `score`. Raises `ModelingError` for a layer of another kind.
    """
    import torch

    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = {kind: Path(folder, f"{name}.{kind}") for kind in ("onnx", "pt", "npz")}
    paths["onnx"].write_bytes(onnx_network(network))
    with warnings.catch_warnings(action="ignore"):  # torch would rather export to a format that TorchServe cannot read
        row = torch.zeros(1, network[0].in_features)
        torch.jit.trace(network, row, check_trace=False).save(str(paths["pt"]))  # a check traces it a second time
    np.savez(paths["npz"], *(parameter.detach().numpy() for parameter in network.parameters()))
    return paths


def onnx_network(network: Any) -> bytes:
    """The network as an ONNX file's content."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, last = [], [], "rows"
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "Linear": ("Gemm", {"transB": 1}),
        "ReLU": ("Relu", {}),
        "Sigmoid": ("Sigmoid", {}),
    }
    for number, layer in enumerate(network):
        kind, given = type(layer).__name__, [last]
        if kind not in ("Linear", "ReLU", "Sigmoid"):
            raise ModelingError(
                f"Layer {number} is a {kind}; only Linear, ReLU and Sigmoid can be written as ONNX here."
            )
        if kind == "Linear":
            given += [f"weight{number}", f"bias{number}"]
            numbers = (layer.weight.detach().numpy(), layer.bias.detach().numpy())
            weights += [numpy_helper.from_array(*pair) for pair in zip(numbers, given[1:], strict=True)]
        last = "score" if number == len(network) - 1 else f"after{number}"
        operator, settings = kinds[kind]
        nodes.append(helper.make_node(operator, given, [last], **settings))
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", network[0].in_features])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph(nodes, "network", [rows], [score], weights)
    versions = [helper.make_opsetid("", OPSET)]
    return bytes(helper.make_model(graph, opset_imports=versions, ir_version=IR_VERSION).SerializeToString())
