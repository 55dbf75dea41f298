"""Learning curves of every setting of a small space, trained once and kept, so that a search can be replayed for free.

The command that made the file beside this module, in a few CPU minutes:

    python -m lessons.hyperparameter_tuning.curve_table lessons/hyperparameter_tuning/curve_table.npz

Data: the handwritten digits that come with scikit-learn. Model: a ReLU network trained by gradient descent with
momentum. The idea of tables that stand for trainings: A. Klein and F. Hutter, Tabular Benchmarks for Joint Architecture
and Hyperparameter Optimization (2019).
"""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlsd_lib.modeling.errors import ModelingError

if TYPE_CHECKING:
    import torch

SPACE: dict[str, tuple[float, ...]] = {
    "learning_rate": tuple(float(f"{10 ** (step / 3):.3g}") for step in range(-9, 1)),  # 0.001 to 1, three a decade
    "batch_size": (16, 32, 64, 128),
    "num_layers": (1, 2, 3, 4),  # hidden ones
    "width": (8, 16, 32, 64),  # of each hidden layer
}
EPOCHS = (1, 3, 9, 27)
"""The epochs after which a network is measured; a full training is the last."""
SEEDS = 8
PARTS, PART_ROWS = 16, 80
"""The rows that no network trains on, in parts: a search is shown some as its validation set, the rest tests it."""
TRAIN_ROWS = 512
CLASSES = 10
MOMENTUM = 0.9
FILE = Path(__file__).with_name("curve_table.npz")


@dataclass(frozen=True)
class CurveTable:
    """What every training of the space came to, and what it cost.

    `wrong` counts the rows that a network gets wrong: an axis for each hyperparameter of `space`, then (seeds, epochs,
    parts), of `PART_ROWS` rows each. `cpu_s` is the CPU time of all the trainings of the whole table, seconds.
    """

    space: Mapping[str, tuple[float, ...]]
    wrong: np.ndarray
    cpu_s: float

    @cached_property
    def error(self) -> np.ndarray:
        """The error of each setting after a full training: mean over its seeds and all rows kept out, %."""
        return 100 * self.wrong[..., -1, :].mean(axis=(-2, -1)) / PART_ROWS

    @property
    def trainings(self) -> int:
        """How many networks the table stands for."""
        return self.error.size * SEEDS


def load_table(path: Path = FILE) -> CurveTable:
    """The table in the file at `path`.

    Raises `ModelingError` if it has another shape than `SPACE`, `SEEDS`, `EPOCHS` and `PARTS` say.
    """
    with np.load(path) as stored:
        table = CurveTable(SPACE, stored["wrong"], float(stored["cpu_s"]))
    shape = (*map(len, SPACE.values()), SEEDS, len(EPOCHS), PARTS)
    if table.wrong.shape != shape:
        raise ModelingError(
            f"{path.name} has the shape {table.wrong.shape}; this version's space has {shape}. "
            "Make it again: python -m lessons.hyperparameter_tuning.curve_table FILE."
        )
    return table


def make_table() -> CurveTable:
    """Trains every setting of `SPACE` under every seed: a few CPU minutes. Says on standard error how far it is."""
    begun_s = time.process_time()
    wrong = np.zeros((*map(len, SPACE.values()), SEEDS, len(EPOCHS), PARTS), np.uint8)
    nets = list(product(*map(enumerate, list(SPACE.values())[1:])))
    for done, ((b, batch_size), (n, num_layers), (w, width)) in enumerate(nets, 1):
        wrong[:, b, n, w] = train(SPACE["learning_rate"], int(batch_size), int(num_layers), int(width), range(SEEDS))
        print(f"{done} of {len(nets)}, {time.process_time() - begun_s:.0f} CPU s", file=sys.stderr)
    return CurveTable(SPACE, wrong, time.process_time() - begun_s)


def train(
    learning_rates: Sequence[float], batch_size: int, num_layers: int, width: int, seeds: Iterable[int]
) -> np.ndarray:
    """Rows wrong, (learning rates, seeds, epochs, parts), of networks that are trained side by side.

    Networks of one shape and batch size are matrices in a stack, multiplied together; none sees another. A seed decides
    the first weights and the order of rows, whatever the learning rate.
    """
    import torch

    rngs = [np.random.default_rng([seed, batch_size, num_layers, width]) for seed in seeds]
    inputs, labels = (torch.tensor(array) for array in digits())
    rates = torch.tensor(np.repeat(learning_rates, len(rngs)), dtype=torch.float32)[:, None, None]
    weights = _first_weights([inputs.shape[1], *[width] * num_layers, CLASSES], rngs, len(learning_rates))
    speeds = [torch.zeros_like(weight) for weight in weights]
    measured = []
    for epoch in range(1, EPOCHS[-1] + 1):
        order = torch.tensor(np.stack([rng.permutation(TRAIN_ROWS) for rng in rngs])).repeat(len(learning_rates), 1)
        for rows in order.split(batch_size, dim=1):
            scores = _scores(inputs[rows], weights).flatten(0, 1)
            loss = torch.nn.functional.cross_entropy(scores, labels[rows].flatten(), reduction="sum") / rows.shape[1]
            with torch.no_grad():
                for weight, speed, slope in zip(weights, speeds, torch.autograd.grad(loss, weights), strict=True):
                    weight -= rates * speed.mul_(MOMENTUM).add_(slope)
        if epoch in EPOCHS:
            with torch.no_grad():
                kept_out = inputs[TRAIN_ROWS:].expand(len(rates), -1, -1)
                is_wrong = _scores(kept_out, weights).argmax(dim=-1) != labels[TRAIN_ROWS:]
            measured.append(is_wrong.unflatten(1, (PARTS, PART_ROWS)).sum(dim=-1))
    return torch.stack(measured, 1).unflatten(0, (len(learning_rates), len(rngs))).numpy().astype(np.uint8)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels, (rows, 64), centred, and labels, (rows,): the first `TRAIN_ROWS` are for training."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))[: TRAIN_ROWS + PARTS * PART_ROWS]
    pixels = (pixels[order] / 16).astype(np.float32)
    return pixels - pixels[:TRAIN_ROWS].mean(axis=0), labels[order]


def _first_weights(sizes: Sequence[int], rngs: Sequence[np.random.Generator], copies: int) -> "list[torch.Tensor]":
    """Weights (nets, inputs, outputs) and biases (nets, 1, outputs) of each layer (He et al., 2015)."""
    import torch

    made = []
    for ins, outs in pairwise(sizes):
        drawn = np.stack([rng.normal(0, np.sqrt(2 / ins), (ins, outs)) for rng in rngs]).astype(np.float32)
        made += [torch.tensor(np.tile(drawn, (copies, 1, 1))), torch.zeros(copies * len(rngs), 1, outs)]
    return [tensor.requires_grad_() for tensor in made]


def _scores(x: "torch.Tensor", weights: "list[torch.Tensor]") -> "torch.Tensor":
    """(nets, rows, inputs) to (nets, rows, classes)."""
    import torch

    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = torch.baddbmm(bias, x, weight).relu()
    return torch.baddbmm(weights[-1], x, weights[-2])


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("Say where the table goes: python -m lessons.hyperparameter_tuning.curve_table FILE")
    table = make_table()
    np.savez_compressed(arguments[0], wrong=table.wrong, cpu_s=np.float64(table.cpu_s))


if __name__ == "__main__":
    main(sys.argv[1:])
