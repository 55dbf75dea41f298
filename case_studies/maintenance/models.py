"""The models of remaining life, their intervals, and a release: a model with its policy and its calibration.

A release is fitted as it could have been at a moment, on units: those it learns from are never those that set its
threshold and its intervals.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import read_artefact, save_artefact
from case_studies.maintenance.conformal import conformal_margin
from case_studies.maintenance.data import RIGHT, Calibration, MaintenanceError
from case_studies.maintenance.features import FEATURES
from case_studies.maintenance.labels import CAP_DAYS, LabelPolicy, held_out, known_lives, training_labels
from case_studies.maintenance.policy import ReplacementPolicy
from case_studies.maintenance.replacement import best_age, best_threshold
from notebook_runner.errors import require_one_of

COVERAGE = 0.9


def _linear(seed: int) -> Any:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge(1.0))


def _network(seed: int) -> Any:
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPRegressor(hidden_layer_sizes=(32, 32), alpha=0.1, max_iter=12, tol=0, random_state=seed)
    return make_pipeline(StandardScaler(), network)


def _boosted(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        learning_rate=0.08,
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=50,
        early_stopping=False,
        random_state=seed,
    )


MODELS: dict[str, Callable[[int], Any]] = {"linear": _linear, "network": _network, "boosted": _boosted}
"""From the cheapest to serve to the most expensive; the network also fits on the gateway."""


def fit(name: str, features: pd.DataFrame, label: np.ndarray, seed: int = 0, weight: np.ndarray | None = None) -> Any:
    """The model `name`, fitted to remaining lives. `features` (n, columns), `label` (n,), days, `weight` (n,).

    Raises `MaintenanceError` for an unknown name and where there is nothing to learn from.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    require_one_of("The model", name, MODELS, MaintenanceError)
    if len(label) == 0 or np.ptp(label) == 0:
        raise MaintenanceError(
            f"The {len(label):,} training rows hold no two different remaining lives; a model needs units that failed. "
            "Learn from a longer history, or under another label policy."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of passes is meant
        model = MODELS[name](seed)
        last = f"{model.steps[-1][0]}__" if hasattr(model, "steps") else ""
        weighted = {} if weight is None else {f"{last}sample_weight": weight}
        return model.fit(features.to_numpy(float), label, **weighted)


def remaining(model: Any, features: pd.DataFrame | np.ndarray) -> np.ndarray:
    """The remaining life that `model` expects, (n,), days, 0 to the cap."""
    return np.clip(model.predict(np.asarray(features, dtype=float)), 0, CAP_DAYS)


@dataclass(frozen=True)
class Release:
    """All that decides about a unit: model, policy, threshold, interval, and the calibration that reads the sensors."""

    model_name: str
    model: Any
    policy: ReplacementPolicy
    threshold: float
    margin_days: float
    calibration: Calibration = RIGHT

    def with_calibration(self, calibration: Calibration) -> "Release":
        """The same release with another reading of the sensors."""
        return replace(self, calibration=calibration)

    def remaining(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """The remaining life of each row, (n,), days."""
        return remaining(self.model, features)

    def value(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """What the threshold is held against, (n,)."""
        rows = np.asarray(features, dtype=float)
        return self.policy.value(risk(self.remaining(rows)), rows[:, 0])

    def alarms(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """Which rows say that their unit is to be replaced, (n,) of bool."""
        return self.value(features) >= self.threshold

    def decide(self, features: pd.DataFrame, time: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Which units are wanted, and which of them the crew replaces, (n,) of bool each, in the order they came."""
        wanted = self.alarms(features)
        return wanted, self.policy.replaced(time, wanted)

    def save(self, folder: Path) -> None:
        """Writes the release into `folder`."""
        save_artefact(
            folder,
            self.model,
            model_name=self.model_name,
            policy=asdict(self.policy),
            threshold=min(self.threshold, 1e9),
            margin_days=self.margin_days,
            calibration=asdict(self.calibration),
        )

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release in `folder`; raises `ModelingError` if it is not complete and unchanged."""
        model, document = read_artefact(folder)
        policy, calibration = ReplacementPolicy(**document["policy"]), Calibration(**document["calibration"])
        return cls(document["model_name"], model, policy, document["threshold"], document["margin_days"], calibration)


def risk(remaining_days: Any) -> Any:
    """1 where a unit is expected to fail now, 0 where it lives beyond the cap."""
    return 1 - remaining_days / CAP_DAYS


def fit_release(
    readings: pd.DataFrame,
    units: pd.DataFrame,
    features: pd.DataFrame,
    now: pd.Timestamp,
    name: str = "linear",
    policy: ReplacementPolicy | None = None,
    label_policy: LabelPolicy = "matured",
    seed: int = 0,
    calibration: Calibration = RIGHT,
) -> Release:
    """The release that could be made at `now`: nothing later than that is looked at."""
    policy, known = policy or ReplacementPolicy(), known_lives(readings, units, now)
    learned = training_labels(readings, units, now, label_policy)
    rows = learned.use & ~held_out(readings["unit_id"])
    weight = learned.weight[rows] if label_policy == "weighted" else None
    model = fit(name, features[rows], learned.label[rows], seed, weight)
    judged, expected = readings[known.judged], remaining(model, features[known.judged])
    if policy.by == "age":
        threshold = best_age(known.life_days, known.weight, policy.prices) - 1
    else:
        threshold = best_threshold(judged, risk(expected), known.judged_days, policy.prices, known.weight)
    # failed units alone would make the interval too wide
    matured = learned if label_policy == "matured" else training_labels(readings, units, now)
    apart = matured.use & held_out(readings["unit_id"])
    error = np.abs(remaining(model, features[apart]) - matured.label[apart])
    margin = conformal_margin(error, readings["unit_id"].to_numpy()[apart], np.random.default_rng(seed), COVERAGE)
    return Release(name, model, policy, threshold, margin, calibration)


def edge_models(model: Any, folder: Path) -> tuple[Path, Path]:
    """The network as ONNX files for a gateway: in floats, and with its weights as 8-bit integers.

    Raises `MaintenanceError` for a model whose numbers are no weights of a network.
    """
    from skl2onnx import to_onnx

    from mlsd_lib.modeling.onnx_models import in_eight_bits

    if not (hasattr(model, "steps") and hasattr(model[-1], "coefs_")):
        raise MaintenanceError("Only the network has weights to be made integers. Fit the model 'network'.")
    in_float, in_integers = folder / "float.onnx", folder / "int8.onnx"
    content = to_onnx(model, np.zeros((1, len(FEATURES)), np.float32)).SerializeToString()
    in_float.write_bytes(content)
    in_integers.write_bytes(in_eight_bits(content))
    return in_float, in_integers


def on_the_edge(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """The model of an ONNX file on one thread: from features (n, 14) to remaining lives (n,), days."""
    from mlsd_lib.modeling.onnx_models import onnx_answers

    answers = onnx_answers(path.read_bytes())
    return lambda rows: np.clip(answers(rows.astype(np.float32))[:, 0], 0, CAP_DAYS)
