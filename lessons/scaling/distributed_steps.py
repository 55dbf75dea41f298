"""What each rank of a `ProcessGroup` does: a step together, an all-reduce written out, a network in two stages.

Each function takes the rank first and is called in every rank at once by `ProcessGroup.run`. Seconds are wall-clock
seconds of the rank that reports them: observations of a machine, nothing to claim from beyond a wide ratio.
"""

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

Exchange = Callable[[np.ndarray], np.ndarray]
AllReduce = Callable[[np.ndarray, int, int, Exchange], np.ndarray]


def alone_and_together_s(
    rank: int, step: Callable[..., Any], model: nn.Module, x: torch.Tensor, y: torch.Tensor, pairs: int
) -> np.ndarray:
    """Seconds of rank 0's `step(model, x, y)`, (pairs, 2): with all rows while the others wait, and with its share.

    The two take turns, so that a disturbance meets both; a pair before them is not counted. Together, the model is
    wrapped by DistributedDataParallel.
    """
    alone, together = deepcopy(model), DistributedDataParallel(model)
    rows = np.array_split(np.arange(len(x)), dist.get_world_size())[rank]
    share = slice(rows[0], rows[-1] + 1)
    taken_s = np.empty((pairs + 1, 2))
    for pair in taken_s:
        for column, work in enumerate([(alone, x, y), (together, x[share], y[share])]):
            dist.barrier()
            started = time.perf_counter()
            if column == 1 or rank == 0:
                step(*work)
            pair[column] = time.perf_counter() - started
    return taken_s[1:]


def median_s(rank: int, work: Callable[..., Any], *arguments: Any, repeats: int = 5) -> tuple[Any, float]:
    """What `work(rank, *arguments)` returned at last, and the median of its seconds; all ranks begin together."""
    taken_s = []
    for _ in range(repeats):
        dist.barrier()
        started = time.perf_counter()
        answer = work(rank, *arguments)
        taken_s.append(time.perf_counter() - started)
    return answer, float(np.median(taken_s))


def by_gloo(rank: int, vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """The sum of the ranks' `vectors`, (size, n), by gloo's all-reduce; it does not say what it sends (nan)."""
    total = torch.tensor(vectors[rank])
    dist.all_reduce(total)
    return total.numpy(), np.nan


def by_server(rank: int, vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """The sum of the ranks' `vectors`, (size, n), added up by rank 0 for all, and the bytes that this rank sent."""
    total, came = torch.tensor(vectors[rank]), torch.empty(vectors.shape[1])
    if rank > 0:
        dist.send(total, 0)
        dist.recv(total, 0)
        return total.numpy(), total.nbytes
    others = range(1, len(vectors))
    for other in others:
        dist.recv(came, other)
        total += came
    for other in others:
        dist.send(total, other)
    return total.numpy(), total.nbytes * len(others)


def by_ring(rank: int, vectors: np.ndarray, all_reduce: AllReduce) -> tuple[np.ndarray, float]:
    """The sum of the ranks' `vectors`, (size, n), by `all_reduce`, and the bytes that this rank sent; n / size whole.

    `all_reduce(numbers, rank, size, exchange)` may talk to its neighbours alone: `exchange` sends a piece to the right
    and returns the one that came from the left.
    """
    size, sent = len(vectors), 0

    def exchange(piece: np.ndarray) -> np.ndarray:
        nonlocal sent
        came = torch.empty(len(piece))
        sending = dist.isend(torch.tensor(piece), (rank + 1) % size)
        dist.recv(came, (rank - 1) % size)
        assert sending is not None  # only a rank outside of the group gets None
        sending.wait()
        sent += piece.nbytes
        return came.numpy()

    return all_reduce(vectors[rank], rank, size, exchange), sent


def two_stages(
    rank: int,
    stages: Sequence[nn.Sequential],
    x: torch.Tensor,
    y: torch.Tensor,
    loss_of: Callable[..., Any],
    parts: int,
) -> torch.Tensor:
    """The gradient of this rank's stage for the mean loss of all rows, as one vector; ranks 0 and 1 have a stage each.

    The rows go through in `parts` micro-batches, all forward, then all backward.
    """
    stage, kept = stages[rank], list[tuple[Any, Any]]()
    stage.zero_grad()
    for rows, labels in zip(x.chunk(parts), y.chunk(parts), strict=True):
        if rank == 0:
            out = stage(rows)
            dist.send(out.detach(), 1)
            kept.append((out, None))
        else:
            came = torch.empty(len(rows), next(layer.in_features for layer in stage if isinstance(layer, nn.Linear)))
            dist.recv(came, 0)
            came.requires_grad_()
            kept.append((loss_of(stage(came).squeeze(1), labels) * len(rows) / len(x), came))
    for out, came in kept:
        if came is None:  # the first stage
            back = torch.empty_like(out)
            dist.recv(back, 1)
            out.backward(back)
        else:
            out.backward()
            dist.send(came.grad, 0)
    return torch.cat([parameter.grad.flatten() for parameter in stage.parameters() if parameter.grad is not None])
