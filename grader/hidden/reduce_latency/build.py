"""Makes the files of `reduce_latency` anew: `python -m grader.hidden.reduce_latency.build`.

Run it only to change the exercise: another version of scikit-learn grows other trees, and then every stored expected
answer changes with the model. The answers come from the slow service itself.
"""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier

from grader.suites.reduce_latency import requests
from grader.suites.reduce_latency.cases import draw_cases
from grader.suites.reduce_latency.service import HERE, SlowService

FEATURES = [
    "hour", "weekday", "dinner", "distance_km", "ride_min", "items", "item_usd", "rain_mm", "rain_missing", "prep_min",
    "late_share", "open_orders", "pressure", "recent_mean", "recent_std", "recent_max", "recent_trend",
]  # fmt: skip


def table(rows: list[requests.Request], restaurants: pd.DataFrame, usual_rain_mm: float) -> pd.DataFrame:
    """The features of many requests, shape (rows, features): what `SlowService.features` gives one by one."""
    frame = pd.DataFrame(rows).merge(restaurants, on="restaurant", how="left")
    placed_at = pd.to_datetime(frame["placed_at"])
    frame["hour"] = placed_at.dt.hour + placed_at.dt.minute / 60
    frame["weekday"] = placed_at.dt.day_of_week
    frame["dinner"] = np.exp(-(((frame["hour"] - 19) / 2) ** 2))
    frame["ride_min"] = 60 * frame["distance_km"] / frame["vehicle"].map(requests.SPEED_KM_H)
    frame["item_usd"] = frame["basket_usd"] / frame["items"]
    frame["pressure"] = frame["open_orders"] / frame["capacity"]
    frame["rain_missing"] = frame["rain_mm"].isna().astype(float)
    frame["rain_mm"] = frame["rain_mm"].astype(float).fillna(usual_rain_mm)
    recent = [pd.Series(row["recent_delays_min"], dtype=float) for row in rows]
    frame["recent_mean"] = [one.mean() for one in recent]
    frame["recent_std"] = [one.std() for one in recent]
    frame["recent_max"] = [one.max() for one in recent]
    frame["recent_trend"] = [one.ewm(halflife=3).mean().iloc[-1] if len(one) else 0.0 for one in recent]
    return frame[FEATURES].astype(float).fillna(0.0)


def nodes(number: int, tree: Any, learning_rate: float) -> list[dict]:
    """One fitted tree, a record a node. Thresholds end in a 5 that no rounded input has, so none ties by chance."""
    return [
        {
            "tree": number,
            "node": node,
            "feature": FEATURES[tree.feature[node]] if tree.children_left[node] > 0 else "",
            "at_most": round(round(float(tree.threshold[node]), 4) + 5e-5, 5) if tree.children_left[node] > 0 else 0.0,
            "yes": max(int(tree.children_left[node]), 0),
            "no": max(int(tree.children_right[node]), 0),
            "add": 0.0 if tree.children_left[node] > 0 else round(float(learning_rate * tree.value[node][0][0]), 6),
        }
        for node in range(tree.node_count)
    ]


def main(seed: int = 20261124, rows: int = 40_000, trees: int = 320, stored: int = 120) -> None:
    rng = np.random.default_rng(seed)
    places = requests.restaurant_table(rng)
    restaurants = pd.DataFrame(places)
    restaurants.to_csv(HERE / "restaurants.csv", index=False)
    orders, late = requests.simulate(rng, rows, places)
    usual_rain_mm = 0.6
    inputs = table(orders, restaurants, usual_rain_mm)
    inputs.head(3000).round(4).to_csv(HERE / "reference.csv", index=False)
    fitted = GradientBoostingClassifier(
        n_estimators=trees, max_depth=4, learning_rate=0.03, subsample=0.5, random_state=1
    )
    fitted.fit(inputs.to_numpy(), late)
    share = float(np.mean(late))
    model = {"usual_rain_mm": usual_rain_mm, "features": FEATURES, "base": round(float(np.log(share / (1 - share))), 6)}
    (HERE / "model.json").write_text(json.dumps(model, indent=1) + "\n")
    stages = enumerate(stage[0].tree_ for stage in fitted.estimators_)
    records = [record for number, tree in stages for record in nodes(number, tree, fitted.learning_rate)]
    pd.DataFrame(records).to_csv(HERE / "trees.csv", index=False)
    answer = SlowService().predict
    cases = draw_cases(rng, places, lambda rows: [answer(row) for row in rows], stored, unusual=6)
    (HERE / "cases.json").write_text(json.dumps(asdict(cases), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
