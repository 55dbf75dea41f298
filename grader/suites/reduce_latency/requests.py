"""Requests to the service that `reduce_latency` speeds up: simulated orders and how they ended.

A request is plain data, as it arrives over HTTP. No model and no expected answer may enter here.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np

Request = dict[str, Any]

RESTAURANTS = 400
SPEED_KM_H = {"bike": 14.0, "scooter": 22.0, "car": 26.0}
FIRST_ORDER = datetime(2026, 1, 5)
FIELDS = (
    "placed_at", "restaurant", "vehicle", "distance_km", "items", "basket_usd", "rain_mm", "open_orders",
    "recent_delays_min",
)  # fmt: skip


def restaurant_table(rng: np.random.Generator) -> list[dict[str, Any]]:
    """One record a restaurant: its mean preparation time (minutes), share of late orders, and capacity (orders)."""
    prep_min = rng.gamma(9, 1.6, RESTAURANTS)
    late_share = rng.beta(2, 7, RESTAURANTS)
    capacity = rng.integers(4, 25, RESTAURANTS)
    return [
        {
            "restaurant": f"r{i:03d}",
            "prep_min": round(float(prep_min[i]), 3),
            "late_share": round(float(late_share[i]), 4),
            "capacity": int(capacity[i]),
        }
        for i in range(RESTAURANTS)
    ]


def simulate(
    rng: np.random.Generator, number: int, restaurants: list[dict[str, Any]]
) -> tuple[list[Request], list[int]]:
    """`number` fresh requests, and for each 1 if the order came late, 0 if not. No two requests are equal."""
    drawn = [_order(rng, restaurants) for _ in range(number)]
    return [request for request, _ in drawn], [late for _, late in drawn]


def _order(rng: np.random.Generator, restaurants: list[dict[str, Any]]) -> tuple[Request, int]:
    restaurant = restaurants[rng.integers(len(restaurants))]
    placed_at = FIRST_ORDER + timedelta(days=int(rng.integers(180)), minutes=int(_minute_of_day(rng)))
    vehicle = str(rng.choice(list(SPEED_KM_H), p=[0.4, 0.4, 0.2]))
    distance_km = float(rng.gamma(3, 1.1)) + 0.2
    rain_mm = float(rng.gamma(0.8, 2)) if rng.random() < 0.3 else 0.0
    open_orders = int(rng.poisson(restaurant["capacity"] * 0.7 * (1 + 0.5 * _dinner(placed_at))))
    trouble = rng.normal(restaurant["late_share"] * 20 - 3, 4)
    recent = np.round(rng.normal(trouble, 5, rng.integers(0, 21)), 1)
    pressure = open_orders / restaurant["capacity"]
    logit = (
        -3.4
        + 2.1 * max(0.0, pressure - 0.8)
        + 0.035 * 60 * distance_km / SPEED_KM_H[vehicle]
        + 0.25 * rain_mm * (vehicle != "car")
        + 0.14 * trouble
        + 0.06 * restaurant["prep_min"]
        + 0.6 * _dinner(placed_at)
    )
    request = {
        "order": f"o{rng.integers(10**12):012d}",
        "placed_at": placed_at.isoformat(),
        "restaurant": restaurant["restaurant"],
        "vehicle": vehicle,
        "distance_km": round(distance_km, 3),
        "items": int(rng.integers(1, 9)),
        "basket_usd": round(float(rng.gamma(5, 6)) + 6, 2),
        "rain_mm": None if rng.random() < 0.05 else round(rain_mm, 2),
        "open_orders": open_orders,
        "recent_delays_min": [float(value) for value in recent],
    }
    return request, int(rng.random() < 1 / (1 + math.exp(-logit)))


def _minute_of_day(rng: np.random.Generator) -> float:
    hour = rng.normal(19, 1.5) if rng.random() < 0.6 else rng.uniform(10, 23)
    return float(np.clip(hour * 60, 0, 24 * 60 - 1))


def _dinner(placed_at: datetime) -> float:
    return math.exp(-(((placed_at.hour + placed_at.minute / 60 - 19) / 2) ** 2))


def _missing_rain(rng: np.random.Generator, request: Request, thresholds: dict[str, list[float]]) -> None:
    request["rain_mm"] = None


def _unknown_names(rng: np.random.Generator, request: Request, thresholds: dict[str, list[float]]) -> None:
    request["restaurant"] = f"new{rng.integers(1000)}"
    if rng.random() < 0.5:
        request["vehicle"] = "cargo bike"


def _short_history(rng: np.random.Generator, request: Request, thresholds: dict[str, list[float]]) -> None:
    request["recent_delays_min"] = [round(float(rng.normal(4, 6)), 1)] * int(rng.integers(0, 2))


def _on_a_threshold(rng: np.random.Generator, request: Request, thresholds: dict[str, list[float]]) -> None:
    """Two fields on thresholds that 32 bits round up: a service that keeps its inputs in so few goes the other way."""
    for field in ("distance_km", "rain_mm"):
        request[field] = float(rng.choice([value for value in thresholds[field] if float(np.float32(value)) > value]))


def _far_outside(rng: np.random.Generator, request: Request, thresholds: dict[str, list[float]]) -> None:
    request["distance_km"] = round(float(rng.uniform(40, 4000)), 3)
    request["open_orders"] = int(rng.choice([0, 10**6]))
    request["basket_usd"], request["items"] = ((0.0, 1), (1e4, 400))[rng.integers(2)]
    request["recent_delays_min"] = [round(float(value), 1) for value in rng.normal(0, 900, 20)]


# The families of unusual requests: every one is in the public cases and in the hidden ones.
FAMILIES: dict[str, Callable[[np.random.Generator, Request, dict[str, list[float]]], None]] = {
    "rain not reported": _missing_rain,
    "unknown restaurant or vehicle": _unknown_names,
    "none or one recent delay": _short_history,
    "exactly on a threshold": _on_a_threshold,
    "far outside the usual range": _far_outside,
}


def unusual(
    rng: np.random.Generator, number: int, restaurants: list[dict[str, Any]], thresholds: dict[str, list[float]]
) -> dict[str, list[Request]]:
    """For each family of unusual requests, `number` of them. `thresholds`: where the model splits, by feature."""
    made = {}
    for family, change in FAMILIES.items():
        made[family], _ = simulate(rng, number, restaurants)
        for request in made[family]:
            change(rng, request, thresholds)
    return made


def twins(rows: list[Request]) -> list[Request]:
    """Copies of `rows`, two for each field, that differ from theirs in this field alone: they have that of another."""
    made = []
    for row, field in zip(rows, FIELDS * 2, strict=False):
        other = next(other for other in rows if other[field] != row[field])
        made.append(row | {field: other[field], "order": f"{row['order']}-{field}"})
    return made
