"""Fits the model of `reduce_latency` once more: `python -m grader.suites.reduce_latency.hidden.fit`.

Run it only to change the exercise: another version of scikit-learn grows other trees. The stored answers change with
the model, so `mlsd bank --cases reduce_latency` follows.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier

from grader.suites.reduce_latency import requests
from grader.suites.reduce_latency.hidden import oracle
from grader.suites.reduce_latency.service import HERE

FEATURES = [
    "hour", "weekday", "dinner", "distance_km", "ride_min", "items", "item_usd", "rain_mm", "rain_missing", "prep_min",
    "late_share", "open_orders", "pressure", "recent_mean", "recent_std", "recent_max", "recent_trend",
]  # fmt: skip


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


def write_model(model: dict[str, Any]) -> None:
    (HERE / "model.json").write_text(json.dumps(model, indent=1) + "\n")


def main(seed: int = 20261124, rows: int = 40_000, trees: int = 320) -> None:
    rng = np.random.default_rng(seed)
    places = requests.restaurant_table(rng)
    pd.DataFrame(places).to_csv(HERE / "restaurants.csv", index=False)
    orders, late = requests.simulate(rng, rows, places)
    model = {"usual_rain_mm": 0.6, "features": FEATURES, "base": 0.0}
    write_model(model)
    inputs = pd.DataFrame([oracle.inputs_of(row) for row in orders], columns=FEATURES)
    inputs.head(3000).round(4).to_csv(HERE / "reference.csv", index=False)
    fitted = GradientBoostingClassifier(
        n_estimators=trees, max_depth=4, learning_rate=0.03, subsample=0.5, random_state=1
    )
    fitted.fit(inputs.to_numpy(), late)
    share = float(np.mean(late))
    write_model({**model, "base": round(float(np.log(share / (1 - share))), 6)})
    stages = enumerate(stage[0].tree_ for stage in fitted.estimators_)
    records = [record for number, tree in stages for record in nodes(number, tree, fitted.learning_rate)]
    pd.DataFrame(records).to_csv(HERE / "trees.csv", index=False)


if __name__ == "__main__":
    main()
