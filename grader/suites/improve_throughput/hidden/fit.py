"""Fits the model of `improve_throughput` once more: `python -m grader.suites.improve_throughput.hidden.fit`.

Run it only to change the exercise: other versions of the libraries fit another model. The stored answers change with
it, so `mlsd bank --cases improve_throughput` follows.
"""

import csv
import json

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, layer_norm, normalize

from grader.suites.improve_throughput import visits
from grader.suites.improve_throughput.service import DECAY, HERE, TINY

WIDTH, HIDDEN = 24, 48
NAMES = ["?", *visits.PAGES]
FORGOTTEN = 0.01  # so many pages are learned as unknown


class Model(torch.nn.Module):
    """What the slow scorer computes, for many visits at once."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors = torch.nn.Parameter(torch.randn(len(NAMES), WIDTH))
        self.hidden, self.output = torch.nn.Linear(2 * WIDTH, HIDDEN), torch.nn.Linear(HIDDEN, 1)

    def forward(self, pages: torch.Tensor) -> torch.Tensor:
        """The logits of visits, (n,), from their pages, (n, longest), on the right; -1 stands for none."""
        there = (pages >= 0)[..., None]
        weight = DECAY ** torch.arange(pages.shape[1] - 1, -1, -1.0)[:, None] * there
        found = normalize(self.vectors, dim=1)[pages.clamp(0)]
        pooled = [(found * weight).sum(1) / weight.sum(1), found.masked_fill(~there, -2.0).max(1).values]
        units = torch.relu(self.hidden(layer_norm(torch.cat(pooled, 1), (2 * WIDTH,), eps=TINY)))
        return self.output(layer_norm(units, (HIDDEN,), eps=TINY))[:, 0]


def fitted(rng: np.random.Generator, rows: list[str], bought: list[int], epochs: int = 2, size: int = 200) -> Model:
    """The model after some passes over the visits, in small batches."""
    number = {name: i for i, name in enumerate(NAMES)}
    pages = np.full((len(rows), visits.LONGEST), -1)
    for row, names in zip(pages, map(str.split, rows), strict=True):
        row[-len(names) :] = [number[name] for name in names]
    pages[(pages >= 0) & (rng.random(pages.shape) < FORGOTTEN)] = 0
    inputs, outcomes, model = torch.tensor(pages), torch.tensor(bought, dtype=torch.float32), Model()
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(epochs):
        for some in torch.tensor(rng.permutation(len(rows))).split(size):
            optimiser.zero_grad()
            binary_cross_entropy_with_logits(model(inputs[some]), outcomes[some]).backward()
            optimiser.step()
    return model


def write_model(model: Model) -> None:
    """The model as the slow scorer reads it, its numbers rounded."""

    def plain(tensor: torch.Tensor, digits: int) -> list:
        return tensor.detach().numpy().astype(float).round(digits).tolist()

    with open(HERE / "pages.csv", "w", newline="") as file:
        table = [[name, *vector] for name, vector in zip(NAMES, plain(model.vectors, 3), strict=True)]
        csv.writer(file, lineterminator="\n").writerows(table)
    layers = {"hidden": plain(model.hidden.weight, 4), "hidden_bias": plain(model.hidden.bias, 4),
              "output": plain(model.output.weight, 4)[0], "output_bias": plain(model.output.bias, 4)[0]}  # fmt: skip
    (HERE / "model.json").write_text(json.dumps(layers) + "\n")


def main(seed: int = 20261128, rows: int = 20_000) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    write_model(fitted(rng, *visits.simulate(rng, rows)))


if __name__ == "__main__":
    main()
