"""What a training loop does to a torch model, seen from outside: the rows it shows, its steps, gradients and updates.

The loop is the reader's own and knows nothing of it: torch calls hooks before a model's forward pass and around every
optimizer's step.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np


@dataclass
class RecordedRun:
    """What was seen of one run. Norms are Euclidean; a weight is a parameter of two axes or more."""

    batches: list[np.ndarray] = field(default_factory=list)
    """For each forward pass in training mode one key a row; equal rows have equal keys."""
    gradient_norms: list[dict[str, float]] = field(default_factory=list)
    """For each step the norm of each weight's gradient."""
    update_ratios: list[float] = field(default_factory=list)
    """For each step the median over the weights of the update's norm over the weight's."""

    stale: list[bool] = field(default_factory=list)
    """For each weight and each step but the first, whether the step's first backward pass found an old gradient."""
    steps: int = 0
    """How many steps an optimizer made."""


@contextlib.contextmanager
def recorded(model: Any, *, count_only: bool = False) -> Iterator[RecordedRun]:
    """Records every training pass of `model` and every step of an optimizer that holds one of its parameters.

    With `count_only` it counts the steps and keeps nothing else: looking on takes a third of a small network's time.
    One run at a time: the hooks see all optimizers of the process and look for this model's parameters.
    """
    observer = _Observer(model)
    with contextlib.ExitStack() as attached:
        for handle in observer.count() if count_only else [*observer.count(), *observer.look_on()]:
            attached.callback(handle.remove)
        yield observer.run


class _Observer:
    """The hooks of one run, and what they remember from one to the next, by weight."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.run = RecordedRun()
        self.own = {id(parameter) for parameter in model.parameters()}
        self.weights = {name: parameter for name, parameter in model.named_parameters() if parameter.ndim > 1}
        self.before: dict[str, Any] = {}  # the weights before the step that is under way
        self.fresh: dict[str, Any] = {}  # the gradient of the last backward pass alone
        self.awaited: set[str] = set()  # weights whose next backward pass is the first since their step

    def count(self) -> list[Any]:
        """Attaches what counts the steps; gives the handles."""
        from torch.optim import optimizer as hooks

        return [hooks.register_optimizer_step_post_hook(self._count)]

    def look_on(self) -> list[Any]:
        """Attaches all else; gives the handles."""
        from torch.optim import optimizer as hooks

        handles = [
            self.model.register_forward_pre_hook(self._note_rows),
            hooks.register_optimizer_step_pre_hook(self._before_step),
            hooks.register_optimizer_step_post_hook(self._after_step),
        ]
        for name, weight in self.weights.items():
            if weight.requires_grad:
                handles.append(weight.register_hook(partial(self._note_gradient, name)))
                handles.append(weight.register_post_accumulate_grad_hook(partial(self._compare_gradient, name)))
        return handles

    def _parameters(self, optimizer: Any) -> set[int]:
        """Which parameters an optimizer holds; nothing where none is of this model."""
        held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        return held if held & self.own else set()

    def _count(self, optimizer: Any, _arguments: Any, _named: Any) -> None:
        self.run.steps += bool(self._parameters(optimizer))

    def _note_rows(self, module: Any, inputs: Any) -> None:
        if module.training and inputs:
            self.run.batches.append(row_keys(inputs[0]))

    def _before_step(self, optimizer: Any, _arguments: Any, _named: Any) -> None:
        if self._parameters(optimizer):
            norms = {
                name: float(weight.grad.detach().norm())
                for name, weight in self.weights.items()
                if weight.grad is not None
            }
            self.run.gradient_norms.append(norms)
            self.before = {name: weight.detach().clone() for name, weight in self.weights.items()}

    def _after_step(self, optimizer: Any, _arguments: Any, _named: Any) -> None:
        if held := self._parameters(optimizer):
            moved = [
                float((weight.detach() - self.before[name]).norm() / (self.before[name].norm() + 1e-12))
                for name, weight in self.weights.items()
            ]
            self.run.update_ratios.append(float(np.median(moved)) if moved else 0.0)
            self.awaited.update(name for name, weight in self.weights.items() if id(weight) in held)

    def _note_gradient(self, name: str, gradient: Any) -> None:
        self.fresh[name] = gradient.detach().clone()

    def _compare_gradient(self, name: str, weight: Any) -> None:
        if name in self.awaited and name in self.fresh:
            self.awaited.discard(name)
            fresh = self.fresh[name]
            self.run.stale.append(bool((weight.grad.detach() - fresh).norm() > 1e-3 * fresh.norm() + 1e-12))


def row_keys(inputs: Any) -> np.ndarray:
    """One number a row of a tensor, equal for equal rows."""
    rows = (inputs.detach().reshape(len(inputs), -1) + 0.0).cpu().numpy()
    return np.array([hash(row.tobytes()) for row in np.ascontiguousarray(rows)])
