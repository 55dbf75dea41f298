"""The memory that training needs, counted by torch itself in bytes of tensors: the same in every run."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn


def peak_bytes(work: Callable[..., Any], sizes: Iterable[int], *arguments: Any) -> list[int]:
    """For each of `sizes` the most bytes of tensors that `work(*arguments, size)` holds at once, beyond those before.

    The work is done once before the first is counted, so that gradients and states exist.
    """
    sizes = list(sizes)
    work(*arguments, sizes[0])
    with _errors_unseen():
        return [_peak_bytes(work, *arguments, size) for size in sizes]


@contextmanager
def _errors_unseen() -> Iterator[None]:
    """Lets nobody see what is written to standard error: the profiler says there when it begins and ends."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _peak_bytes(work: Callable[..., Any], *arguments: Any) -> int:
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        work(*arguments)
    results: Any = profile.profiler
    events = results.kineto_results.events()
    held = most = 0
    for _, change in sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]"):
        held += change
        most = max(most, held)
    return most


@dataclass(frozen=True)
class StateBytes:
    """The bytes that one process keeps between two steps."""

    parameters: int
    gradients: int
    optimizer: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.parameters + self.gradients + self.optimizer


def state_bytes(model: nn.Module, optimizer: torch.optim.Optimizer) -> StateBytes:
    """What this process itself keeps of `model` and `optimizer`: of a sharded tensor its own shard alone."""
    parameters = list(model.parameters())
    states = [
        value for state in optimizer.state.values() for value in state.values() if isinstance(value, torch.Tensor)
    ]
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    return StateBytes(
        *(sum(_own(tensor).nbytes for tensor in ones if tensor.dim()) for ones in (parameters, gradients, states))
    )


def _own(tensor: Any) -> torch.Tensor:
    own: torch.Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    return own
