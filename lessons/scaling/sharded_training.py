"""Training whose state is in every process, or cut among them: what each rank of a `ProcessGroup` does."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from lessons.scaling.memory import StateBytes, state_bytes

WAYS = ("everything everywhere", "optimiser sharded", "fully sharded")


def train_sharded(
    rank: int,
    way: str,
    model: nn.Module,
    loss_of: Callable[..., Any],
    x: torch.Tensor,
    y: torch.Tensor,
    rate: float,
    steps: int = 3,
) -> tuple[list[float], StateBytes]:
    """The losses of a few steps of Adam on this rank's rows, and what the rank keeps between two steps.

    `way` is one of `WAYS`: DistributedDataParallel, the same with ZeRO's stage 1, or its stage 3 by FSDP.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.optim import ZeroRedundancyOptimizer

    size = dist.get_world_size()
    run: nn.Module = model
    if way == "fully sharded":
        mesh = init_device_mesh("cpu", (size,))
        for layer in [*model.children(), model]:  # each layer is fetched when it is needed, the rest with the whole
            fully_shard(layer, mesh=mesh)
    else:
        run = DistributedDataParallel(model)
    outer: Any = torch.optim.Adam(model.parameters(), rate)
    if way == "optimiser sharded":
        outer = ZeroRedundancyOptimizer(model.parameters(), torch.optim.Adam, lr=rate)
    mine = np.array_split(np.arange(len(x)), size)[rank]
    losses = []
    for _ in range(steps):
        outer.zero_grad()
        loss = loss_of(run(x[mine]).squeeze(1), y[mine])
        loss.backward()
        outer.step()
        losses.append(loss.item())
    return losses, state_bytes(model, getattr(outer, "optim", outer))
