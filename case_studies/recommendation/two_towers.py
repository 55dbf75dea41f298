"""Two towers: a household by the items that it bought, an item by itself and its category, met in one inner product.

Source: P. Covington, J. Adams and E. Sargin, Deep Neural Networks for YouTube Recommendations, RecSys 2016; the loss
over the items of a batch: X. Yi et al., Sampling-Bias-Corrected Neural Modeling, RecSys 2019.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TwoTowers:
    """Vectors of items, (items, width), of which a household's is the mean over what it bought."""

    item: np.ndarray
    asked: np.ndarray

    def household(self, bought: Any) -> np.ndarray:
        """The vectors of households, (households, width); `bought` (households, items) of 0 and 1, sparse or dense."""
        total = np.maximum(np.asarray(bought.sum(axis=1)).reshape(-1, 1), 1)
        return np.asarray(bought @ self.asked) / total

    def scores(self, bought: Any) -> np.ndarray:
        """The score of each item for each household, (households, items)."""
        return self.household(bought) @ self.item.T


def fit_two_towers(
    bought: Any,
    category: np.ndarray,
    rng: np.random.Generator,
    *,
    width: int = 24,
    epochs: int = 5,
    batch: int = 256,
    own: bool = True,
) -> TwoTowers:
    """Two towers that learned which household bought which item, from `bought`, a sparse matrix of 0 and 1.

    The item that is asked for is left out of the household's own vector. Without `own` an item is its category alone:
    then an item that nobody has bought has a vector all the same. Small enough for one thread and seconds.
    """
    import torch

    torch.manual_seed(int(rng.integers(2**31)))
    torch.set_num_threads(1)
    rows, columns = (torch.as_tensor(part.astype(np.int64)) for part in bought.nonzero())
    kinds = torch.as_tensor(np.asarray(category).astype(np.int64))
    items, owned = bought.shape[1], torch.as_tensor(bought.toarray().astype(np.float32))
    asked, item = (torch.nn.Parameter(0.1 * torch.randn(items, width)) for _ in range(2))
    kind = torch.nn.Parameter(0.1 * torch.randn(int(kinds.max()) + 1, width))
    frequency = torch.log(owned.sum(dim=0).clamp(min=1))
    optimizer = torch.optim.Adam([asked, item, kind], lr=0.02)
    for _ in range(epochs):
        order = torch.as_tensor(rng.permutation(len(rows)))
        for start in range(0, len(rows), batch):
            row, column = rows[order[start : start + batch]], columns[order[start : start + batch]]
            rest = owned[row]
            rest[torch.arange(len(row)), column] = 0
            household = rest @ asked / rest.sum(dim=1, keepdim=True).clamp(min=1)
            vectors = kind[kinds[column]] + (item[column] if own else 0)
            logit = household @ vectors.T - frequency[column]
            logit = logit.masked_fill((column[:, None] == column) & ~torch.eye(len(row), dtype=torch.bool), -1e9)
            loss = torch.nn.functional.cross_entropy(logit, torch.arange(len(row)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        vectors = kind[kinds] + (item if own else 0)
    return TwoTowers(vectors.numpy(), asked.detach().numpy())
