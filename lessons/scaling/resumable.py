"""A training run of several processes that goes on from its last checkpoint as if nothing had happened."""

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

BATCH = 256


def save(path: Path, **state: Any) -> None:
    """Writes a new file, then puts it in the old one's place: who dies while writing leaves the last good one."""
    new = path.with_suffix(".new")
    torch.save(state, new)
    with new.open("rb") as file:
        os.fsync(file.fileno())  # on the disk before it has the name
    os.replace(new, path)


def train(
    rank: int,
    path: Path,
    model: nn.Module,
    loss_of: Callable[..., Any],
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    rate: float,
    steps: int,
    every: int,
    seed: int = 0,
    forget: Collection[str] = (),
    pause_s: float = 0.0,
) -> tuple[float, int]:
    """The loss on all rows after `steps` steps, and the step from which this run went on.

    Every rank draws the same batch from a generator and takes its part of it. Rank 0 saves to `path` after every
    `every` steps. A run that finds a checkpoint there takes from it all but what it is told to `forget`.
    """
    rng, size, done = torch.Generator().manual_seed(seed), dist.get_world_size(), 0
    together, optimizer = DistributedDataParallel(model), torch.optim.Adam(model.parameters(), rate)
    parts: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
        "model": (model.load_state_dict, model.state_dict),
        "optimizer": (optimizer.load_state_dict, optimizer.state_dict),
        "generator": (rng.set_state, rng.get_state),
    }
    if path.exists():
        state = torch.load(path)
        done = state["done"]
        for name in set(parts) - set(forget):
            parts[name][0](state[name])
    for step in range(done + 1, steps + 1):
        mine = torch.randint(len(x), (BATCH,), generator=rng)[rank::size]
        optimizer.zero_grad()
        loss_of(together(x[mine]).squeeze(1), y[mine]).backward()
        optimizer.step()
        time.sleep(pause_s)
        if rank == 0 and step % every == 0:
            save(path, done=step, **{name: get() for name, (_, get) in parts.items()})
    with torch.no_grad():
        return float(loss_of(model(x).squeeze(1), y)), done
