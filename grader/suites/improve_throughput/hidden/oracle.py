"""The slow scorer's answers by other means: a matrix of page weights, and numpy over a row's pages.

Written from the description of the model, not from the scorer, so that a test can compare the two.
"""

import json
import re
from functools import cache
from typing import Any

import numpy as np

from grader.suites.improve_throughput.service import HERE


def expected(rows: list[Any]) -> list[float | None]:
    """The probability of each row, None for a row that is no visit."""
    return [_probability(row) if isinstance(row, str) and row.strip() else None for row in rows]


def _probability(row: str) -> float:
    numbers, vectors, model = _tables()
    pages = [numbers.get(name.lower(), 0) for name in re.findall(r"\S+", row)]
    share = np.zeros(len(vectors))
    for back, page in enumerate(reversed(pages)):
        share[page] += 0.9**back
    pooled = np.concatenate([share @ vectors / share.sum(), vectors[sorted(set(pages))].max(axis=0)])
    units = np.clip(model["hidden"] @ _standard(pooled) + model["hidden_bias"], 0, None)
    return float(1 / (1 + np.exp(-(model["output"] @ _standard(units) + model["output_bias"]))))


def _standard(numbers: np.ndarray) -> np.ndarray:
    return (numbers - numbers.mean()) / np.sqrt(numbers.var() + 1e-5)


@cache
def _tables() -> tuple[dict[str, int], np.ndarray, dict[str, np.ndarray]]:
    split = [line.split(",") for line in (HERE / "pages.csv").read_text().splitlines()]
    vectors = np.array([numbers for _, *numbers in split], dtype=float)
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    stored = json.loads((HERE / "model.json").read_text())
    return (
        {name: i for i, (name, *_) in enumerate(split)},
        vectors,
        {key: np.array(values) for key, values in stored.items()},
    )
