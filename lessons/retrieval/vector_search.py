"""Nearest points by comparing with all, by cells and by a graph (faiss); work is counted in comparisons."""

from dataclasses import dataclass
from typing import Any

import faiss as _faiss
import numpy as np

faiss: Any = _faiss  # its type stubs lack the counters and the parameters of a graph
faiss.omp_set_num_threads(1)


@dataclass(frozen=True)
class Found:
    """The places found for each question, nearest first, (questions, count), -1 where there was none left; and the
    share of all points that a question was compared with, in the mean."""

    places: np.ndarray
    compared: float


def exact(points: np.ndarray, questions: np.ndarray, count: int, allowed: np.ndarray | None = None) -> np.ndarray:
    """The places of the nearest points, (questions, count), of those that `allowed`, (points,), says, or of all."""
    kept = np.arange(len(points)) if allowed is None else np.flatnonzero(allowed)
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points[kept])
    found = index.search(questions, count)[1]
    return np.where(found < 0, -1, kept[found])


def overlap(found: np.ndarray, right: np.ndarray) -> float:
    """The share of the places in each row of `right` that the same row of `found` holds."""
    held = [len(set(some) & set(all_) - {-1}) / len(all_) for some, all_ in zip(found, right, strict=True)]
    return float(np.mean(held))


class Cells:
    """Points sorted into cells around centres that k-means found; a search looks into the `effort` nearest cells."""

    def __init__(self, points: np.ndarray, cells: int, seed: int) -> None:
        self._size, self._cells = len(points), cells
        self._index = faiss.IndexIVFFlat(faiss.IndexFlatL2(points.shape[1]), points.shape[1], cells)
        self._index.cp.seed = seed + 1
        self._index.train(points)
        self._index.add(points)

    def search(self, questions: np.ndarray, count: int, effort: int) -> Found:
        faiss.cvar.indexIVF_stats.reset()
        self._index.nprobe = effort
        places = self._index.search(questions, count)[1]
        compared = faiss.cvar.indexIVF_stats.ndis / len(questions) + self._cells
        return Found(places, compared / self._size)


class Graph:
    """Points linked to near ones (HNSW); a search walks along the links and keeps the `effort` nearest in sight.

    Source: Y. Malkov and D. Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical
    Navigable Small World Graphs, 2016.
    """

    def __init__(self, points: np.ndarray, links: int = 12, build: int = 40) -> None:
        self._size = len(points)
        self._index = faiss.IndexHNSWFlat(points.shape[1], links)
        self._index.hnsw.efConstruction = build
        self._index.add(points)

    def search(self, questions: np.ndarray, count: int, effort: int, allowed: np.ndarray | None = None) -> Found:
        """As said above; points that are not `allowed`, (points,), are walked through and not returned."""
        search = faiss.SearchParametersHNSW(efSearch=effort)
        if allowed is not None:
            search.sel = faiss.IDSelectorBatch(np.flatnonzero(allowed).astype("int64"))
        faiss.cvar.hnsw_stats.reset()
        places = self._index.search(questions, count, params=search)[1]
        return Found(places, faiss.cvar.hnsw_stats.ndis / len(questions) / self._size)


def clustered(rng: np.random.Generator, count: int, size: int, centres: np.ndarray) -> np.ndarray:
    """Points around random ones of `centres`, (count, size), float32; without any centre, one cloud."""
    noise = rng.normal(size=(count, size))
    near = centres[rng.integers(len(centres), size=count)] + 0.6 * noise if len(centres) else noise
    return near.astype(np.float32)
