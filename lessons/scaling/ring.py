"""The ring all-reduce over any way to exchange a message with one's neighbours."""

from collections.abc import Callable

import numpy as np


def ring_all_reduce(
    numbers: np.ndarray, rank: int, size: int, exchange: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """The sum of the `numbers`, (n,), of all `size` ranks, as rank `rank` gets it.

    `exchange(piece)` sends a piece to the neighbour on the right, rank + 1, and returns what came from the left.
    Source: Patarasuk and Yuan, Journal of Parallel and Distributed Computing 69, 2009.
    """
    pieces = np.array_split(numbers, size)
    for step in range(size - 1):  # add: after it, rank r has the complete sum of piece r + 1
        came = exchange(pieces[(rank - step) % size])
        pieces[(rank - step - 1) % size] = pieces[(rank - step - 1) % size] + came
    for step in range(size - 1):  # hand round what is complete
        pieces[(rank - step) % size] = exchange(pieces[(rank - step + 1) % size])
    return np.concatenate(pieces)
