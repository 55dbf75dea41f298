"""A release: everything that decides about a payment, kept together, promoted together, taken back together.

A run folder holds `releases/` (the registry), `state.db` (the service's memory), `data.json`, `metrics.json` and
`decision.md`. Every run gets a new folder; none is written over.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud import models
from case_studies.fraud.data import Adapter, FraudError
from case_studies.fraud.policy import ReviewPolicy
from mlsd_lib.operations import ModelRegistry


@dataclass(frozen=True)
class Release:
    """A fitted model, the review policy with its threshold, and the adapter that reads the acquirers' messages."""

    model_name: str
    model: Any
    columns: tuple[str, ...]
    policy: ReviewPolicy
    threshold: float
    adapter: Adapter

    def with_adapter(self, adapter: Adapter) -> "Release":
        """The same release with another reading of the messages."""
        return replace(self, adapter=adapter)

    def score(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """The probability of fraud of each row, (n,)."""
        return models.score(self.model, features)

    def decide(self, features: pd.DataFrame, time: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probability, value and whether it is reviewed, (n,) each, of payments in the order in which they came."""
        probability = self.score(features)
        value = self.policy.value(probability, features["amount"].to_numpy())
        return probability, value, self.policy.reviewed(time, value, self.threshold)

    def save(self, folder: Path) -> None:
        """Writes the release into `folder`."""
        models.save(self.model, folder)
        document = {
            "model_name": self.model_name,
            "columns": self.columns,
            "policy": asdict(self.policy),
            "threshold": self.threshold,
            "cent_terminals": sorted(self.adapter.cent_terminals),
        }
        (folder / "release.json").write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release in `folder`; raises `FraudError` if it is not complete and unchanged."""
        model = models.read(folder)
        document = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        return cls(
            document["model_name"],
            model,
            tuple(document["columns"]),
            ReviewPolicy(**document["policy"]),
            document["threshold"],
            Adapter.of(document["cent_terminals"]),
        )


def new_run(out: Path, clock: Callable[[], float] = time.time) -> Path:
    """A new, empty folder below `out`, named by the time; a second one in the same second gets a number."""
    name = time.strftime("%Y%m%d-%H%M%S", time.gmtime(clock()))
    for tried in range(1, 1_000):
        folder = out / (name if tried == 1 else f"{name}-{tried}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FraudError(f"{out} holds a thousand runs of this second. Clean it up, or give another --out.")


def latest_run(out: Path) -> Path:
    """The newest complete run below `out`; raises `FraudError` if there is none."""
    runs = sorted(path.parent for path in out.glob("*/decision.md"))
    if not runs:
        raise FraudError(f"{out} holds no complete run. Make one: python -m case_studies.fraud train --out {out}.")
    return max(runs, key=lambda run: (run / "decision.md").stat().st_mtime)


def registry_of(run: Path, clock: Callable[[], float] = time.time) -> ModelRegistry:
    """The releases of a run."""
    return ModelRegistry(run / "releases", clock)
