"""What a batch takes at a running service, fitted from its answers: the `batch_cost` of a document.

One client sends the next request once it has the last answer, so that no queue is measured. The sizes take turns, so
that a slow spell meets all of them.
"""

import http.client
import json
import math
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlsd_lib.operations.scraping import body_of, connection_to, within
from mlsd_lib.simulation import SimulationError

WARM_UP, BOOTSTRAPS = 2, 500
DEADLINE_S, MOST_BYTES = 60.0, 16_000_000
"""For a whole answer, and what is read of one."""
LN2, LN3 = math.log(2), math.log(3)


@dataclass(frozen=True)
class Fitted:
    """Mean ms of a batch by its rows, the line through them with 90 % intervals, and the share that is chance."""

    means_ms: Mapping[int, float]
    fixed_ms: float
    row_ms: float
    fixed_interval: tuple[float, float]
    row_interval: tuple[float, float]
    spread: float
    requests: int

    @property
    def misses(self) -> float:
        """The largest relative error of the line at a measured size."""
        return max(abs(self.fixed_ms + self.row_ms * rows - ms) / ms for rows, ms in self.means_ms.items())

    def document(self) -> str:
        """The part of a design document, with its error as a comment."""
        sizes = ", ".join(map(str, self.means_ms))
        return (
            f"# By mlsd measure: {self.requests} requests each of {sizes} rows, answered one after the other.\n"
            f"# Line: {self.fixed_ms:.3g} ms ({_range(self.fixed_interval)}) + {self.row_ms:.3g} ms a row "
            f"({_range(self.row_interval)}), 90 % intervals; it misses a size by at most {self.misses:.1%}.\n"
            "world:\n  batch_cost:\n"
            f"    fixed_ms: {self.fixed_ms:.4g}\n    row_ms: {self.row_ms:.4g}\n    spread: {self.spread:.2g}\n"
        )


def _range(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.3g} to {interval[1]:.3g}"


def fit(ms_by_rows: Mapping[int, np.ndarray]) -> Fitted:
    """The cost from latencies in ms, (requests,) by rows, two sizes or more, rising.

    Quartiles, not means: a share s of a batch's mean c is exponential, so that its quartiles differ by c s ln 3 and its
    median is c (1 - s + s ln 2), which a stray slow answer hardly moves.
    """
    rows = np.array(list(ms_by_rows), dtype=float)
    samples = np.stack(list(ms_by_rows.values()))
    means, spread = _means(samples)
    fixed, slope = _line(rows, means)
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, samples.shape[1], samples.shape) for _ in range(BOOTSTRAPS)]
    again = np.array([_line(rows, _means(np.take_along_axis(samples, chosen, axis=1))[0]) for chosen in drawn])
    low, high = np.percentile(again, [5, 95], axis=0)
    return Fitted(
        dict(zip(ms_by_rows, means.tolist(), strict=True)), fixed, slope,
        (float(low[0]), float(high[0])), (float(low[1]), float(high[1])), spread, samples.shape[1],
    )  # fmt: skip


def _means(samples: np.ndarray) -> tuple[np.ndarray, float]:
    """The mean of each size, (sizes,), and the share of it that is exponential."""
    low, middle, high = np.percentile(samples, [25, 50, 75], axis=1)
    chance = np.minimum((high - low) / LN3, middle / LN2)  # at most all of it
    means = middle + chance * (1 - LN2)
    return means, float(np.clip(np.median(chance / means), 0, 1))


def _line(rows: np.ndarray, means: np.ndarray) -> tuple[float, float]:
    """The line with the least relative errors, neither part negative."""
    from scipy.optimize import nnls

    (fixed, slope), _ = nnls(np.column_stack([1 / means, rows / means]), np.ones(len(rows)))
    return float(fixed), float(slope)


def measured(url: str, row: dict[str, Any], largest: int, requests: int) -> dict[int, np.ndarray]:
    """Latencies in ms, (requests,) by rows: 1, 2, 4 and so on up to `largest`; raises `SimulationError`."""
    sizes = [2**k for k in range(int(math.log2(largest)) + 1)]
    sizes += [largest] if sizes[-1] < largest else []
    bodies = {rows: json.dumps({"rows": [row] * rows}).encode() for rows in sizes}
    found: dict[int, list[float]] = {rows: [] for rows in sizes}
    try:
        connection, path = connection_to(url, DEADLINE_S)
        with closing(connection):
            for _ in range(WARM_UP + requests):
                for rows in sizes:
                    found[rows].append(_one(connection, url, path, bodies[rows], rows))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise SimulationError(f"{url} gave no answer: {error}. Start the service, or correct the URL.") from None
    return {rows: np.array(ms[WARM_UP:]) for rows, ms in found.items()}


def _one(connection: http.client.HTTPConnection, url: str, path: str, body: bytes, rows: int) -> float:
    """The ms of one request; of a second try, where the service had hung up after the answer before."""
    kept = connection.sock is not None
    try:
        with within(connection, DEADLINE_S):
            start = time.perf_counter()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = body_of(answer, MOST_BYTES)
            took = 1e3 * (time.perf_counter() - start)
    except ConnectionError:
        connection.close()
        if not kept:
            raise
        return _one(connection, url, path, body, rows)
    if not 200 <= answer.status < 300 or not content:  # who answers nothing has perhaps done nothing
        said = " ".join(content[:200].decode("utf-8", "replace").split()) or "nothing"
        raise SimulationError(
            f"{url} answered {rows} rows with {answer.status}: {said}. Give a --row that it takes, or lower --largest."
        )
    return took
