"""A monitor: distances of a window from normal, thresholds learned from clean windows, alerts that say what to do.

The rate of false alarms is chosen first and the thresholds follow from it; a table of thresholds would choose it
unseen. What a window is (an hour, a day) is the caller's knowledge.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.operations.drift import Bins, Categories, null_share
from mlsd_lib.operations.errors import OperationsError


@dataclass(frozen=True)
class Alert:
    """One metric of one window beyond its threshold. `severity`: "page" for harm now, "ticket" for tomorrow."""

    time: float
    metric: str
    value: float
    threshold: float
    severity: str
    message: str
    runbook: str


@dataclass(frozen=True)
class Kind:
    """What a kind of metric is called, the smallest value worth an alert, who is alerted, and the first thing to do."""

    title: str
    floor: float
    severity: str
    runbook: str


KINDS = {
    "null_share": Kind("missing values, above normal", 0.01, "page", "Ask the owner of the source what changed."),
    "feature_drift": Kind("stability index", 0.02, "ticket", "Compare with the score and the labels before acting."),
    "score_drift": Kind("stability index of the score", 0.02, "ticket", "Find the feature that moved with it."),
    "flag_rate": Kind("change of the log share of flagged rows", 0.2, "page", "Check capacity; think of a rollback."),
    "volume": Kind("change of the log number of rows", 0.2, "page", "Check upstream for rows lost or sent twice."),
    "mean_weight": Kind(
        "distance of the mean importance weight from 1", 0.05, "page", "Compare what was shown with what was logged."
    ),
}


class Normal:
    """What is normal of one column: its share of missing values, and what other tables' values are compared with."""

    def __init__(self, column: pd.Series):
        self.column, self.null_share = column, null_share(column)
        self.numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)

    @cached_property
    def _values(self) -> Bins | Categories:
        return Bins(self.column.to_numpy()) if self.numeric else Categories(self.column)

    def distance(self, values: pd.Series) -> float:
        """The stability index of the same column of another table."""
        return self._values.psi(values.to_numpy() if self.numeric else values)


class Monitor:
    """Watches windows of a table against a reference.

    `features`: columns of numbers or categories (distinguished by the reference's types); `score`: the model's output;
    `flagged`: a boolean column, what was acted on; `weights`: columns of importance weights, whose mean is 1 where the
    log's propensities are those acted on. `false_alarm_rate`: the share of clean windows that may raise any alert.
    After `fit`, `thresholds` holds one number a metric.
    """

    def __init__(
        self,
        features: Sequence[str],
        *,
        score: str | None = None,
        flagged: str | None = None,
        weights: Sequence[str] = (),
        false_alarm_rate: float = 0.05,
    ):
        self.features, self.score, self.flagged, self.weights = list(features), score, flagged, list(weights)
        self.false_alarm_rate = false_alarm_rate
        self.thresholds: dict[str, float] = {}
        self._normal: dict[str, Normal] = {}

    def fit(self, reference: pd.DataFrame, clean: Sequence[pd.DataFrame]) -> "Monitor":
        """Learns what is normal from `reference` and the thresholds from the windows `clean`; returns the monitor.

        In the units of each metric's own spread, the threshold is the k-th largest among the n clean windows' largest
        deviations from the others, with k = rate x (n + 1): a new window that is like them exceeds it with about that
        rate (conformal prediction: V. Vovk, A. Gammerman and G. Shafer, Algorithmic Learning in a Random World, 2005).
        Raises `OperationsError` for fewer than 1 / rate - 1 windows.
        """
        allowed = int(self.false_alarm_rate * (len(clean) + 1) + 1e-9)
        if allowed < 1:
            needed = int(np.ceil(1 / self.false_alarm_rate - 1e-9)) - 1
            raise OperationsError(
                f"{len(clean)} clean windows cannot show a false-alarm rate of {self.false_alarm_rate}; "
                f"that takes {needed}. Give more or shorter windows, or allow more false alarms."
            )
        self._learn_normal(reference, clean)
        table = pd.DataFrame([self.measure(window) for window in clean])
        found, floors = table.to_numpy(), np.array([_kind(metric).floor for metric in table])
        deviations = []
        for i in range(len(found)):  # each window against the others, as a new one will be
            center, spread = _center_and_spread(np.delete(found, i, axis=0), floors)
            deviations.append(np.nanmax((found[i] - center) / spread))
        limit = sorted(deviations, reverse=True)[allowed - 1]
        center, spread = _center_and_spread(found, floors)
        self.thresholds = dict(zip(table, np.maximum(center + limit * spread, floors).tolist(), strict=True))
        return self

    def measure(self, window: pd.DataFrame) -> dict[str, float]:
        """Every metric of a window, by "kind" or "kind:column"; larger is further from normal."""
        found = {"volume": abs(np.log((len(window) + 1) / (self._rows + 1)))}
        for name in self.features:
            normal, values = self._normal_of(name), self._like(name, window)
            missing = null_share(values)
            found[f"null_share:{name}"] = missing - normal.null_share
            if len(values) and missing < 1:  # a column without values is the null share's to report
                found[f"feature_drift:{name}"] = normal.distance(values)
        if self.score and window[self.score].notna().any():
            found["score_drift"] = self._normal_of(self.score).distance(window[self.score])
        if self.flagged and len(window):
            found["flag_rate"] = abs(np.log(_share(window[self.flagged]) / self._flag_share))
        for name in self.weights if len(window) else ():
            found[f"mean_weight:{name}"] = abs(window[name].mean() - 1)
        return {metric: float(value) for metric, value in found.items()}

    def observe(self, window: pd.DataFrame, t: float) -> list[Alert]:
        """The alerts of the window that ends at time `t`, pages first, then by how far beyond the threshold."""
        if not self.thresholds:
            raise OperationsError("The monitor has no thresholds yet. Call fit(reference, clean) first.")
        measured = self.measure(window).items()
        over = {metric: value for metric, value in measured if value > self.thresholds.get(metric, np.inf)}
        alerts = [self._alert(metric, value, t) for metric, value in over.items()]
        return sorted(alerts, key=lambda alert: (alert.severity != "page", -alert.value / alert.threshold))

    def runbook(self, metric: str) -> str:
        """The first thing to do when `metric` is beyond its threshold."""
        return _kind(metric).runbook

    def save(self, path: Path) -> None:
        """Writes a fitted monitor into a file that holds numbers and texts only: reading it runs no code.

        Raises `OperationsError` for one that has no thresholds yet.
        """
        if not self.thresholds:
            raise OperationsError("The monitor has no thresholds yet. Save one that is fitted.")
        plain = {name: getattr(self, name) for name in ("features", "score", "flagged", "weights", "false_alarm_rate")}
        learned = {"_rows": self._rows, "_flag_share": self._flag_share if self.flagged else None}
        state = {"asked": plain, "thresholds": self.thresholds, "learned": learned}
        columns: dict[str, Any] = {f"column {name}": _plain(self._reference[name]) for name in self._reference}
        np.savez_compressed(path, told=np.array(json.dumps(state)), **columns)

    @classmethod
    def read(cls, path: Path) -> "Monitor":
        """The monitor that `save` wrote into `path`; raises `OperationsError` where the file is not one."""
        try:
            with np.load(path, allow_pickle=False) as file:
                state = json.loads(str(file["told"]))
                monitor = cls(**state["asked"])
                monitor.thresholds = state["thresholds"]
                columns = {name.removeprefix("column "): file[name] for name in file.files if name != "told"}
            monitor._reference = pd.DataFrame(columns)
            monitor._rows, monitor._flag_share = state["learned"]["_rows"], state["learned"]["_flag_share"]
        except Exception as error:  # of a damaged file: the readers of zip, deflate and npy raise what they trip over
            raise OperationsError(f"{path} holds no saved monitor: {error}. Train the release again.") from None
        return monitor

    def _learn_normal(self, reference: pd.DataFrame, clean: Sequence[pd.DataFrame]) -> None:
        columns = [*self.features, *self.weights, *(name for name in (self.score, self.flagged) if name)]
        if missing := [name for name in columns if name not in reference]:
            raise OperationsError(f"The reference has no column {missing[0]}; its columns are {list(reference)}.")
        self._reference, self._normal = reference[columns], {}
        self._rows = float(np.median([len(window) for window in clean]))
        if self.flagged:
            self._flag_share = float(np.median([_share(window[self.flagged]) for window in clean]))

    def _normal_of(self, name: str) -> Normal:
        if name not in self._normal:
            self._normal[name] = Normal(self._reference[name])
        return self._normal[name]

    def _like(self, name: str, window: pd.DataFrame) -> pd.Series:
        """The window's column; what is no number where numbers are normal, or not there at all, is missing."""
        values = window[name] if name in window else pd.Series(np.nan, index=window.index)
        must_change = self._normal_of(name).numeric and not pd.api.types.is_numeric_dtype(values)
        return pd.to_numeric(values, errors="coerce") if must_change else values

    def _alert(self, metric: str, value: float, t: float) -> Alert:
        known, limit, column = _kind(metric), self.thresholds[metric], metric.partition(":")[2]
        what = f"{column}: {known.title}" if column else known.title
        message = f"{what} is {value:.3g}, beyond {limit:.3g}."
        return Alert(t, metric, value, limit, known.severity, message, self.runbook(metric))


def _kind(metric: str) -> Kind:
    return KINDS[metric.partition(":")[0]]


def _center_and_spread(found: np.ndarray, floors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each metric, a column; never so small a spread that a change nobody cares about is many times as large."""
    if len(found) and not np.isnan(found).any():
        center, high = np.quantile(found, (0.5, 0.9), axis=0)
    else:  # pandas leaves out what is missing, and takes fifty times as long
        center, high = (pd.DataFrame(found).quantile(share).to_numpy() for share in (0.5, 0.9))
    return center, np.maximum(high - center, floors / 4)


def _plain(values: pd.Series) -> np.ndarray:
    """Numbers and booleans as they are, categories as texts."""
    return values.to_numpy() if values.dtype.kind in "biuf" else values.to_numpy(dtype=str)


def _share(flagged: pd.Series) -> float:
    return (float(flagged.sum()) + 0.5) / (len(flagged) + 1)
