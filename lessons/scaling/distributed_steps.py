"""Times of what the ranks of a `ProcessGroup` do: of a step alone and together, and of anything that all do at once.

Each function takes the rank first and is called in every rank at once by `ProcessGroup.run`. Seconds are wall-clock
seconds of the rank that reports them: observations of a machine, nothing to claim from beyond a wide ratio.
"""

import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


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
