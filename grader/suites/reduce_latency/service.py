"""The service that is right and slow: will this order come late?

This is the code that `reduce_latency` hands to the student, as a team might have left it. Nothing here may be
faster than it was found, and nothing of the tests may enter.
"""

import json
import math
import shutil
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grader.suites.reduce_latency.cities import City, fetch

HERE = Path(__file__).parent
SPEED_KM_H = {"bike": 14.0, "scooter": 22.0, "car": 26.0}
COLUMNS = ("feature", "at_most", "yes", "no", "add")
STAGES = ("read", "join", "features", "watch", "score")


class SlowService:
    """Answers one request at a time. The stages of `predict`, in order, are the methods named in `STAGES`."""

    def __init__(self, city: City | None = None) -> None:
        """With a `city` it uses the tables of that city in place of ours; the first request fetches them."""
        self.folder, self.to_fetch = HERE, city

    def predict(self, row: dict[str, Any]) -> float:
        """The probability that the order `row` comes late."""
        self.read()
        frame = self.join(row)
        values = self.features(row, frame)
        self.watch(values)
        return self.score(values)

    def read(self) -> None:
        """Reads the model and the tables, so that a new model is picked up without a restart."""
        if self.to_fetch:
            self.folder, self.to_fetch = fetch(HERE, self.to_fetch), None
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.model = json.loads((self.folder / "model.json").read_text())
        self.trees = pd.read_csv(self.folder / "trees.csv")
        self.restaurants = pd.read_csv(self.folder / "restaurants.csv")
        self.reference = pd.read_csv(self.folder / "reference.csv")

    def join(self, row: dict[str, Any]) -> pd.DataFrame:
        """The request with what is known of its restaurant; an unknown one is taken for the mean of all."""
        request = pd.DataFrame([{key: row[key] for key in row if key != "recent_delays_min"}])
        frame = request.merge(self.restaurants, on="restaurant", how="left")
        return frame.fillna(self.restaurants.mean(numeric_only=True))

    def features(self, row: dict[str, Any], frame: pd.DataFrame) -> pd.Series:
        """The model's inputs, by name."""
        frame["placed_at"] = pd.to_datetime(frame["placed_at"])
        frame["hour"] = frame["placed_at"].dt.hour + frame["placed_at"].dt.minute / 60
        frame["weekday"] = frame["placed_at"].dt.day_of_week
        frame["dinner"] = np.exp(-(((frame["hour"] - 19) / 2) ** 2))
        frame["ride_min"] = 60 * frame["distance_km"] / frame["vehicle"].map(SPEED_KM_H).fillna(18.0)
        frame["item_usd"] = frame["basket_usd"] / frame["items"]
        frame["pressure"] = frame["open_orders"] / frame["capacity"]
        frame["rain_missing"] = 1.0 if row["rain_mm"] is None else 0.0
        frame["rain_mm"] = frame["rain_mm"].astype(float).fillna(self.model["usual_rain_mm"])
        recent = pd.Series(row["recent_delays_min"], dtype=float)
        frame["recent_mean"] = recent.mean()
        frame["recent_std"] = recent.std()
        frame["recent_max"] = recent.max()
        frame["recent_trend"] = recent.ewm(halflife=3).mean().iloc[-1] if len(recent) else 0.0
        return frame[self.model["features"]].astype(float).fillna(0.0).iloc[0]

    def watch(self, values: pd.Series) -> None:
        """Marks inputs that are unusual. The dashboard that showed the marks was switched off in May."""
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(self.reference)
        scaled = scaler.transform(pd.DataFrame([values])[self.reference.columns])
        self.unusual = [name for name, z in zip(self.reference.columns, scaled[0], strict=True) if abs(z) > 4]

    def score(self, values: pd.Series) -> float:
        """The sum of what all trees add, as a probability. A row of the table is a node: a question or a leaf."""
        feature, at_most, yes, no, add = (self.trees[name].to_numpy() for name in COLUMNS)
        total = self.model["base"]
        for root in np.flatnonzero(self.trees["node"] == 0):
            node = root
            while yes[node]:
                node = root + (yes[node] if values[feature[node]] <= at_most[node] else no[node])
            total += add[node]
        return float(1 / (1 + math.exp(-total)))
