"""A network under examination: its rows, the reader's own functions, and what several checks need, computed once."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lessons.debugging.findings import MOST_ROWS, Split, as_array
from lessons.debugging.recorded_run import RecordedRun, recorded
from mlsd_lib.modeling.errors import ModelingError

RUN_EPOCHS, RUN_ROWS = 3, 3_000
"""The recorded run has so many epochs at least, and more where the rows are few, until so many were shown."""


@dataclass
class NetworkCase:
    """A network as built, the rows, and the reader's own functions; what several checks need is computed once."""

    split: Split
    model: Any
    train: Callable[..., Any]
    predict: Callable[[Any, Any], Any]
    loss: Callable[[Any, Any], Any] | None
    frozen: Sequence[str]
    batch_rows: int
    seed: int

    @cached_property
    def rows(self) -> tuple[Any, Any, Any, Any]:
        """Inputs and targets of both sides as tensors, a sample of at most 2,000 rows each."""
        import torch

        found = []
        for side in ("train", "valid"):
            inputs, targets = getattr(self.split, f"{side}_inputs"), getattr(self.split, f"{side}_targets")
            inputs = inputs if hasattr(inputs, "detach") else torch.as_tensor(np.asarray(inputs, dtype=np.float32))
            kind = torch.long if self.split.has_classes else torch.float32
            targets = torch.as_tensor(as_array(targets)).to(kind)
            if len(inputs) > MOST_ROWS:
                kept = np.sort(np.random.default_rng(self.seed).choice(len(inputs), MOST_ROWS, replace=False))
                inputs, targets = inputs[kept], targets[kept]
            found += [inputs, targets]
        return tuple(found)  # type: ignore[return-value]

    @property
    def batch(self) -> tuple[Any, Any]:
        """The first rows to learn from, of a fixed shuffle."""
        inputs, targets = self.rows[:2]
        order = np.random.default_rng(self.seed).permutation(len(inputs))[: self.batch_rows]
        return inputs[order], targets[order]

    def copied(self) -> Any:
        """The network as it was built."""
        return copy.deepcopy(self.model)

    def outputs(self, model: Any, inputs: Any) -> Any:
        """What the reader's function predicts, as a tensor; the inputs are a copy."""
        import torch

        return torch.as_tensor(asked("predict", self.predict, model, inputs.clone())).detach()

    def trained(self, inputs: Any, targets: Any, epochs: int, model: Any, count_only: bool = False) -> RecordedRun:
        """Lets the reader's loop train `model` in place, and what was seen, or how many steps it made."""
        import torch

        torch.manual_seed(self.seed)
        with recorded(model, count_only=count_only) as run:
            asked("train", self.train, model, inputs.clone(), targets.clone(), epochs)
        return run

    def loss_of(self, outputs: Any, targets: Any) -> Any:
        """The loss, a tensor of one number: the reader's own, else cross entropy for classes and squared error."""
        import torch
        from torch.nn import functional

        if self.loss is not None:
            return self.loss(outputs, targets)
        if not self.split.has_classes:
            return functional.mse_loss(outputs.reshape(targets.shape), targets)
        if outputs.ndim == 1 or outputs.shape[1] == 1:
            return functional.binary_cross_entropy_with_logits(outputs.reshape(-1), targets.to(torch.float32))
        return functional.cross_entropy(outputs, targets)

    @cached_property
    def start_outputs(self) -> Any:
        """The network's outputs before training, (rows, ...)."""
        return self.outputs(self.copied(), self.rows[0])

    def constant_loss(self, targets: Any) -> float:
        """The lowest loss that one output, the same for every row, has on `targets`."""
        import torch

        constant = torch.zeros_like(self.start_outputs[:1]).requires_grad_()
        optimizer = torch.optim.LBFGS([constant], max_iter=60)

        def closure() -> Any:
            optimizer.zero_grad()
            value = self.loss_of(constant.expand(len(targets), *constant.shape[1:]), targets)
            value.backward()
            return value

        optimizer.step(closure)
        return float(closure().detach())

    @cached_property
    def constant(self) -> float:
        return self.constant_loss(self.rows[1])

    @property
    def run_epochs(self) -> int:
        """How many epochs the recorded run has."""
        return max(RUN_EPOCHS, -(-RUN_ROWS // len(self.rows[0])))

    @cached_property
    def run(self) -> tuple[Any, RecordedRun]:
        """The network after a few epochs of the reader's loop on all rows, and what was seen of them."""
        model = self.copied()
        run = self.trained(*self.rows[:2], self.run_epochs, model)
        return model, run


def asked(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What the reader's `function` returns; `ModelingError` that names it where it raises."""
    try:
        return function(*arguments)
    except ModelingError:
        raise
    except Exception as error:
        shapes = ", ".join(f"{tuple(argument.shape)}" for argument in arguments if hasattr(argument, "shape"))
        raise ModelingError(
            f"{name} raised {type(error).__name__}: {error}. It was called with rows of shapes {shapes}. "
            f"Call {name} yourself with the same and repair it, then examine again."
        ) from error


def plain_train(model: Any, inputs: Any, targets: Any, epochs: int, loss: Callable[[Any, Any], Any]) -> None:
    """The loop that is used where the reader gives none: Adam, batches of 64, reshuffled each epoch."""
    import torch

    optimizer = torch.optim.Adam([parameter for parameter in model.parameters() if parameter.requires_grad], lr=2e-3)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs)).split(64):
            optimizer.zero_grad()
            loss(model(inputs[rows]), targets[rows]).backward()
            optimizer.step()


def plain_predict(model: Any, inputs: Any) -> Any:
    """Outputs in evaluation mode, without gradients."""
    import torch

    model.eval()
    with torch.no_grad():
        return model(inputs)
