"""The nearest of many vectors: by looking at all, and by a graph that looks at few (faiss's HNSW).

Source: Y. Malkov and D. Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical
Navigable Small World Graphs, 2016.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def clustered_vectors(rng: np.random.Generator, count: int, width: int = 32, clusters: int = 200) -> np.ndarray:
    """Vectors of length 1 around `clusters` centers, (count, width), of 32 bits: items fall into kinds."""
    center = rng.normal(size=(clusters, width))
    vectors = center[rng.integers(clusters, size=count)] + 0.6 * rng.normal(size=(count, width))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def brute_force(vectors: np.ndarray, query: np.ndarray, k: int) -> np.ndarray:
    """The `k` vectors with the largest inner product with `query`, best first, (k,)."""
    score = vectors @ query
    best = np.argpartition(-score, k)[:k]
    return best[np.argsort(-score[best])]


def graph_of(vectors: np.ndarray, links: int = 16, build: int = 60) -> Any:
    """A faiss graph of the vectors, with `links` a vector."""
    import faiss

    faiss.omp_set_num_threads(1)
    graph = faiss.IndexHNSWFlat(vectors.shape[1], links, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = build
    graph.add(vectors)
    return graph


def search_trial(
    rng: np.random.Generator, sizes: Sequence[int], looked_at: Sequence[int], k: int = 20, queries: int = 60
) -> "pd.DataFrame":
    """Recall against time, one query at a time: a row a size and method, `recall` and `median_ms`; `looked_at` is how
    many vectors the graph keeps in sight (efSearch)."""
    import pandas as pd

    records = []
    for size in sizes:
        vectors = clustered_vectors(rng, size + queries)
        items, asked = vectors[:size], vectors[size:]
        exact, ms = _timed(lambda query, items=items: brute_force(items, query, k), asked)
        records.append((size, "brute force", 1.0, ms))
        graph = graph_of(items)
        for sight in looked_at:
            graph.hnsw.efSearch = sight
            found, ms = _timed(lambda query, graph=graph: graph.search(query[None, :], k)[1][0], asked)
            recall = np.mean([len(set(a) & set(b)) / k for a, b in zip(exact, found, strict=True)])
            records.append((size, f"graph, {sight} in sight", float(recall), ms))
    return pd.DataFrame(records, columns=["items", "method", "recall", "median_ms"])


def _timed(search: Any, asked: np.ndarray) -> tuple[list[np.ndarray], float]:
    search(asked[0])
    found, spent = [], []
    for query in asked:
        started = time.perf_counter()
        found.append(search(query))
        spent.append(time.perf_counter() - started)
    return found, 1e3 * float(np.median(spent))
