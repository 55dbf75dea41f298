"""The slow service's answers for many requests at once, by other means: numpy over rows, trees as arrays.

Written from the description of the features, not from the service, so that a test can compare the two.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np

from grader.suites.reduce_latency.requests import SPEED_KM_H, Request
from grader.suites.reduce_latency.service import HERE


def expected(rows: list[Request]) -> list[float]:
    """The probability of each request, in order."""
    inputs = np.array([inputs_of(row) for row in rows])
    model, _, trees = _tables()
    total = np.full(len(rows), model["base"])
    for tree in trees:
        total += _outcome(tree, 0, inputs)
    return (1 / (1 + np.exp(-total))).tolist()


def _outcome(tree: list[Any], node: int, inputs: np.ndarray) -> np.ndarray:
    column, at_most, yes, no, add = tree[node]
    if column is None:
        return np.full(len(inputs), add)
    left = inputs[:, column] <= at_most
    found = np.empty(len(inputs))
    found[left] = _outcome(tree, yes, inputs[left])
    found[~left] = _outcome(tree, no, inputs[~left])
    return found


def inputs_of(row: Request) -> list[float]:
    """The model's inputs for one request, in the model's order."""
    model, places, _ = _tables()
    placed_at = datetime.fromisoformat(row["placed_at"])
    hour = placed_at.hour + placed_at.minute / 60
    prep_min, late_share, capacity = places.get(row["restaurant"], places[""])
    recent = np.array(row["recent_delays_min"], dtype=float)
    weights = 0.5 ** (np.arange(len(recent))[::-1] / 3)
    named = {
        "hour": hour,
        "weekday": placed_at.weekday(),
        "dinner": np.exp(-(((hour - 19) / 2) ** 2)),
        "distance_km": row["distance_km"],
        "ride_min": 60 * row["distance_km"] / SPEED_KM_H.get(row["vehicle"], 18.0),
        "items": row["items"],
        "item_usd": row["basket_usd"] / row["items"],
        "rain_mm": model["usual_rain_mm"] if row["rain_mm"] is None else row["rain_mm"],
        "rain_missing": float(row["rain_mm"] is None),
        "prep_min": prep_min,
        "late_share": late_share,
        "open_orders": row["open_orders"],
        "pressure": row["open_orders"] / capacity,
        "recent_mean": recent.mean() if len(recent) else 0.0,
        "recent_std": recent.std(ddof=1) if len(recent) > 1 else 0.0,
        "recent_max": recent.max() if len(recent) else 0.0,
        "recent_trend": weights @ recent / weights.sum() if len(recent) else 0.0,
    }
    return [float(named[name]) for name in model["features"]]


@cache
def _tables() -> tuple[dict[str, Any], dict[str, tuple[float, float, float]], list[list[Any]]]:
    model = json.loads((HERE / "model.json").read_text())
    split = [line.split(",") for line in (HERE / "restaurants.csv").read_text().splitlines()[1:]]
    places = {name: (float(prep), float(late), float(capacity)) for name, prep, late, capacity in split}
    usual = np.mean(list(places.values()), axis=0)
    trees: list[list[Any]] = []
    for line in (HERE / "trees.csv").read_text().splitlines()[1:]:
        _, node, name, at_most, yes, no, add = line.split(",")
        if node == "0":
            trees.append([])
        column = model["features"].index(name) if name else None
        trees[-1].append((column, float(at_most), int(yes), int(no), float(add)))
    return model, {**places, "": (float(usual[0]), float(usual[1]), float(usual[2]))}, trees
