"""What a training loop does to a torch model, seen from outside: the rows it shows, its steps, gradients and updates.

The loop is the reader's own and knows nothing of it: torch calls hooks before a model's forward pass and around every
optimizer's step.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
    import torch
    from torch.optim import optimizer as hooks

    run, before = RecordedRun(), {}
    fresh: dict[str, Any] = {}
    awaited: set[str] = set()
    own = {id(parameter) for parameter in model.parameters()}
    weights = {name: one for name, one in model.named_parameters() if one.ndim > 1}

    def is_own(optimizer: Any) -> bool:
        return any(id(one) in own for group in optimizer.param_groups for one in group["params"])

    def on_forward(module: Any, inputs: Any) -> None:
        if module.training and inputs:
            run.batches.append(row_keys(inputs[0]))

    @torch.no_grad()
    def on_step(optimizer: Any, _arguments: Any, _named: Any) -> None:
        if is_own(optimizer):
            run.gradient_norms.append({n: float(w.grad.norm()) for n, w in weights.items() if w.grad is not None})
            before.update({name: weight.detach().clone() for name, weight in weights.items()})

    @torch.no_grad()
    def after_step(optimizer: Any, _arguments: Any, _named: Any) -> None:
        if is_own(optimizer):
            run.steps += 1
            if count_only:
                return
            moved = [float((w - before[n]).norm() / (before[n].norm() + 1e-12)) for n, w in weights.items()]
            run.update_ratios.append(float(np.median(moved)) if moved else 0.0)
            held = {id(one) for group in optimizer.param_groups for one in group["params"]}
            awaited.update(name for name, weight in weights.items() if id(weight) in held)

    def on_backward(name: str) -> Callable[[Any], None]:
        return lambda gradient: fresh.update({name: gradient.detach().clone()})

    def on_accumulated(name: str) -> Callable[[Any], None]:
        def compare(weight: Any) -> None:
            if name in awaited and name in fresh:
                awaited.discard(name)
                run.stale.append(bool((weight.grad - fresh[name]).norm() > 1e-3 * fresh[name].norm() + 1e-12))

        return compare

    handles = [hooks.register_optimizer_step_post_hook(after_step)]
    if not count_only:
        handles.append(model.register_forward_pre_hook(on_forward))
        handles.append(hooks.register_optimizer_step_pre_hook(on_step))
    for name, weight in weights.items():
        if weight.requires_grad and not count_only:
            handles.append(weight.register_hook(on_backward(name)))
            handles.append(weight.register_post_accumulate_grad_hook(on_accumulated(name)))
    try:
        yield run
    finally:
        for handle in handles:
            handle.remove()


def row_keys(inputs: Any) -> np.ndarray:
    """One number a row of a tensor, equal for equal rows."""
    rows = (inputs.detach().reshape(len(inputs), -1) + 0.0).cpu().numpy()
    return np.array([hash(row.tobytes()) for row in np.ascontiguousarray(rows)])
