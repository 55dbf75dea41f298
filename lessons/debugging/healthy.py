"""Models without a known fault, of many kinds, on data of many kinds: how often does `examine` alarm all the same?

    python -m lessons.debugging.healthy --networks 200 --estimators 100

prints every alarm and the share of models with one. A network whose own loop ends in a loss that is not finite is not
healthy, and is counted apart. A network is drawn by its seed: rows, architecture, optimizer,
batch, augmentation, clipping. Nothing here may be tuned to make an alarm go away: the checks are.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lessons.debugging.examine import examine
from lessons.debugging.findings import Examination, Split


class Healthy(NamedTuple):
    """A model as built, its rows, and its own loop (None for an estimator), with its description."""

    name: str
    model: Any
    split: Split
    train: Callable[..., None] | None

    def diverges(self) -> bool:
        """Whether the network's own loop, 30 epochs of it, ends in outputs that are not finite; for an estimator no."""
        import copy

        import torch

        if self.train is None:
            return False
        torch.manual_seed(0)
        model, (inputs, _), targets = copy.deepcopy(self.model), self.split.tables, self.split.targets[0]
        shown = torch.as_tensor(inputs, dtype=torch.float32)
        self.train(model, shown, torch.as_tensor(targets, dtype=None if self.split.has_classes else torch.float32), 30)
        return not bool(model.eval()(shown).isfinite().all())

    def examined(self) -> Examination:
        """What `examine` says about it."""
        return examine(self.model, self.split, train=self.train, batch_rows=128) if self.train else examine(*self[1:3])


def rows(rng: np.random.Generator) -> tuple[str, Split]:
    """A table, split at random and scaled by its learning rows: digits, cells, simulated classes, regressions."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    draw = int(rng.integers(2**31))
    makers: dict[str, Callable[[], Any]] = {
        "digits": lambda: datasets.load_digits(return_X_y=True),
        "cells": lambda: datasets.load_breast_cancer(return_X_y=True),
        "three classes": lambda: datasets.make_classification(
            1_500, 20, n_informative=8, n_classes=3, random_state=draw
        ),
        "rare positives": lambda: datasets.make_classification(
            3_000, 12, weights=[0.95], class_sep=1.5, random_state=draw
        ),
        "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
        "friedman": lambda: datasets.make_friedman1(1_500, noise=1.0, random_state=draw),
    }
    name = str(rng.choice(list(makers)))
    table, target = makers[name]()
    learn, judge, known, truth = train_test_split(table, target, test_size=0.3, random_state=draw)
    mean, deviation = learn.mean(axis=0), learn.std(axis=0) + 1e-3
    if known.dtype.kind == "f":
        known, truth = (known - known.mean()) / known.std(), (truth - known.mean()) / known.std()
    return name, Split((learn - mean) / deviation, known, (judge - mean) / deviation, truth)


def network(seed: int) -> Healthy:
    """The network of a seed."""
    import torch

    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    name, split = rows(rng)
    outputs = len(np.unique(split.targets[0])) if split.has_classes else 1
    kind, model = _architecture(rng, split.tables[0].shape[1], outputs, images=name == "digits")
    loop, train = _loop(rng, split.has_classes)
    return Healthy(f"{name}, {kind}, {loop}", model, split, train)


def _architecture(rng: np.random.Generator, columns: int, outputs: int, images: bool) -> tuple[str, Any]:
    from torch import nn

    width, depth = int(rng.choice([32, 64, 128])), int(rng.integers(1, 5))
    drop, activation = float(rng.choice([0, 0.1, 0.3, 0.5])), (nn.ReLU, nn.GELU, nn.Tanh, nn.SiLU)[int(rng.integers(4))]
    if images and rng.random() < 0.25:
        convolutions = [nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 16, 3, padding=1), activation(), nn.MaxPool2d(2)]
        convolutions += [nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), activation(), nn.Flatten()]
        return "convolutions", nn.Sequential(*convolutions, nn.Dropout(drop), nn.Linear(512, outputs))
    if images and rng.random() < 0.25:
        return "recurrent", _Recurrent(width, outputs)
    norm: Any = (nn.Identity, nn.BatchNorm1d, nn.LayerNorm)[int(rng.integers(3))]
    parts = [nn.Linear(columns, width), norm(width), activation()]
    for _ in range(depth - 1):
        block = [nn.Linear(width, width), norm(width), activation(), nn.Dropout(drop)]
        parts += [_Residual(nn.Sequential(*block))] if rng.random() < 0.3 else block
    described = f"{depth} x {width} {activation.__name__} {norm.__name__} dropout {drop}"
    return described, nn.Sequential(*parts, nn.Linear(width, outputs))


def _loop(rng: np.random.Generator, classes: bool) -> tuple[str, Callable[..., None]]:
    import torch
    from torch.nn import functional

    makers: dict[str, Callable[[Any], Any]] = {
        "sgd": lambda weights: torch.optim.SGD(weights, lr=0.1),
        "momentum": lambda weights: torch.optim.SGD(weights, lr=0.02, momentum=0.9),
        "adam": lambda weights: torch.optim.Adam(weights, lr=2e-3),
        "adamw": lambda weights: torch.optim.AdamW(weights, lr=1e-3, weight_decay=0.05),
        "rmsprop": lambda weights: torch.optim.RMSprop(weights, lr=1e-3),
    }
    name, size = str(rng.choice(list(makers))), int(rng.choice([16, 32, 64, 128]))
    clip, noise, drop_last = bool(rng.random() < 0.3), float(rng.choice([0, 0, 0.1])), bool(rng.random() < 0.3)

    def train(model: Any, inputs: Any, targets: Any, epochs: int) -> None:
        optimizer = makers[name](model.parameters())
        model.train()
        for _ in range(epochs):
            for batch in torch.randperm(len(inputs)).split(size):
                if (drop_last and len(batch) < min(size, len(inputs))) or len(batch) == 1:
                    continue
                shown = inputs[batch] + noise * torch.randn_like(inputs[batch])
                outputs, truth = model(shown), targets[batch]
                optimizer.zero_grad()
                if classes:
                    functional.cross_entropy(outputs, truth).backward()
                else:
                    functional.mse_loss(outputs.reshape(-1), truth).backward()
                if clip:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()

    return f"{name} in batches of {size}{', clipped' * clip}{', noise' * (noise > 0)}", train


def _Residual(block: Any) -> Any:
    import torch

    class Residual(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = block

        def forward(self, inputs: Any) -> Any:
            return inputs + self.block(inputs)

    return Residual()


def _Recurrent(width: int, outputs: int) -> Any:
    import torch

    class Recurrent(torch.nn.Module):
        """Reads an image row by row."""

        def __init__(self) -> None:
            super().__init__()
            self.cells, self.last = torch.nn.GRU(8, width, batch_first=True), torch.nn.Linear(width, outputs)

        def forward(self, inputs: Any) -> Any:
            return self.last(self.cells(inputs.reshape(-1, 8, 8))[0][:, -1])

    return Recurrent()


def estimator(seed: int) -> Healthy:
    """The estimator of a seed, with scikit-learn's own settings but for speed."""
    from sklearn import ensemble, linear_model, naive_bayes, neighbors, svm
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PowerTransformer, StandardScaler

    rng = np.random.default_rng(seed)
    name, split = rows(rng)
    classifiers: list[Callable[[], Any]] = [
        lambda: linear_model.LogisticRegression(max_iter=500),
        lambda: ensemble.RandomForestClassifier(50, random_state=seed),
        lambda: ensemble.HistGradientBoostingClassifier(max_iter=30, random_state=seed),
        lambda: make_pipeline(StandardScaler(), svm.SVC()),
        lambda: neighbors.KNeighborsClassifier(),
        lambda: naive_bayes.GaussianNB(),
        lambda: MLPClassifier(early_stopping=True, random_state=seed),
    ]
    regressors: list[Callable[[], Any]] = [
        lambda: linear_model.Ridge(),
        lambda: ensemble.RandomForestRegressor(50, random_state=seed),
        lambda: ensemble.HistGradientBoostingRegressor(max_iter=30, random_state=seed),
        lambda: make_pipeline(PowerTransformer(), svm.SVR()),
        lambda: neighbors.KNeighborsRegressor(),
        lambda: MLPRegressor(early_stopping=True, max_iter=500, learning_rate_init=0.01, random_state=seed),
    ]
    kinds = classifiers if split.has_classes else regressors
    model = kinds[int(rng.integers(len(kinds)))]()
    return Healthy(f"{name}, {type(model).__name__}", model, split, None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine healthy models, print each alarm and the share of models with one; 1 if there was any, else 0."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m lessons.debugging.healthy", description=__doc__)
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--estimators", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=40_000)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    alarmed = 0
    for kind, draw, count in (("networks", network, asked.networks), ("estimators", estimator, asked.estimators)):
        by_check: Counter[str] = Counter()
        found = diverged = 0
        for seed in range(asked.first_seed, asked.first_seed + count):
            healthy = draw(seed)
            alarms = healthy.examined().alarms
            if alarms and healthy.diverges():
                print(f"{kind} {seed} ({healthy.name}): diverges, and has {len(alarms)} alarms", flush=True)
                diverged += 1
                continue
            found += bool(alarms)
            by_check.update(alarm.check for alarm in alarms)
            for alarm in alarms:
                print(f"{kind} {seed} ({healthy.name}): {alarm.check}: {alarm.measured}", flush=True)
        alarmed += found
        print(f"{found} of {count - diverged} healthy {kind} have an alarm. By check: {dict(by_check)}", flush=True)
    return int(alarmed > 0)


if __name__ == "__main__":
    sys.exit(main())
