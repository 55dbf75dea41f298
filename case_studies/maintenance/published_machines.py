"""Published files that no release can learn from: parts that failed or not (AI4I), and what one machine sent (NAB).

Neither has a published figure of this form to be compared with; each has a method beside the models that knows nothing.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from case_studies.maintenance.data import MaintenanceError
from mlsd_lib.datasets import DataCard
from mlsd_lib.datasets.fleet import ai4i, nab
from mlsd_lib.modeling import scaled_logistic, small_trees
from mlsd_lib.modeling.scores import average_precisions

MEASURED = ["Air temperature [K]", "Process temperature [K]", "Rotational speed [rpm]", "Torque [Nm]"]
WEAR = "Tool wear [min]"
UNJUDGED = 0.15
"""This first part of a series of NAB is not judged, as in its benchmark: a detector may learn there what is usual."""


@threadpool_limits.wrap(limits=1)  # of tables this small, threads wait longer than they compute
def failing_parts(parts: pd.DataFrame, seed: int = 0, folds: int = 5, resamples: int = 500) -> pd.DataFrame:
    """How well AI4I's failures are told from its measurements, a row a method: over `folds`, each part judged once.

    `AP` with a 95 % interval (`low`, `high`) over parts stands next to the `prevalence`, which a score that knows
    nothing reaches, and AUC. Raises `MaintenanceError` for fewer failures than folds.
    """
    truth = parts["Machine failure"].to_numpy() == 1
    if truth.sum() < folds:
        raise MaintenanceError(f"{truth.sum()} parts failed; {folds} folds need one each. Take the published file.")
    kind = parts["Type"].map({"L": 0, "M": 1, "H": 2}).fillna(-1)
    rows = parts[[*MEASURED, WEAR]].assign(kind=kind).to_numpy(dtype=float)
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    rng = np.random.default_rng(seed)
    scores = {"no knowledge": rng.random(len(truth)), WEAR: parts[WEAR].to_numpy(dtype=float)}
    for name, model in (("logistic", scaled_logistic(seed)), ("boosted", small_trees(100, seed))):
        scores[name] = cross_val_predict(model, rows, truth, cv=split, method="predict_proba")[:, 1]
    weights = [np.ones(len(truth)), *rng.multinomial(len(truth), np.full(len(truth), 1 / len(truth)), resamples)]
    records = {}
    for name, score in scores.items():
        found, *drawn = average_precisions(score, truth, weights)
        low, high = np.percentile(drawn, [2.5, 97.5])
        records[name] = {"AP": found, "low": low, "high": high, "prevalence": truth.mean()}
        records[name]["AUC"] = roc_auc_score(truth, score)
    return pd.DataFrame(records).T.rename_axis("method")


def ringing_hours(series: pd.DataFrame, seed: int = 0, rings_a_week: float = 2.0, draws: int = 500) -> pd.DataFrame:
    """What detectors that may ring so often find in a series of NAB, a row a detector.

    A detector rings in the hours in which its score is largest. `windows_hit` of all `windows`: those with a ring;
    `false_rings` lie outside of all. "at random" is the mean of `draws` draws: windows are long, so rings at any time
    hit some. One machine with a handful of windows gives no interval.
    """
    last_day = series.set_index("timestamp")["value"].rolling("1D", closed="left")
    value, usual = series["value"].to_numpy(), last_day.mean().to_numpy()
    spread = np.maximum(last_day.std().to_numpy(), 1e-9)
    scores = {
        "far from the last day": np.abs(value - usual) / spread,
        "far from the last reading": np.abs(np.diff(value, prepend=value[0])),
    }
    table = series[["timestamp", "anomaly"]].assign(**scores)
    table["window"] = (table["anomaly"] & ~table["anomaly"].shift(fill_value=False)).cumsum().where(table["anomaly"], 0)
    hours = table.groupby(table["timestamp"].dt.floor("h")).max().iloc[1:]
    judged = hours.iloc[int(UNJUDGED * len(hours)) :]
    windows, rings = set(judged["window"]) - {0}, round(rings_a_week * len(judged) / (7 * 24))
    if not windows or not 0 < rings <= len(judged):
        raise MaintenanceError(
            f"{len(judged)} hours with {len(windows)} windows and {rings} rings are judged; a comparison needs a "
            "window and a ring. Take a whole series of NAB with its windows."
        )
    window, rng = judged["window"].to_numpy(), np.random.default_rng(seed)

    def found(rows: np.ndarray) -> tuple[int, int]:
        return len(set(window[rows]) - {0}), int((window[rows] == 0).sum())

    by_chance = [found(rng.choice(len(judged), rings, replace=False)) for _ in range(draws)]
    records = {"at random": np.mean(by_chance, axis=0)}
    for name in scores:
        records[name] = np.array(found(np.argsort(-judged[name].fillna(0).to_numpy(), kind="stable")[:rings]))
    columns = ["windows_hit", "false_rings"]
    result = pd.DataFrame(list(records.values()), index=pd.Index(records, name="detector"), columns=columns)
    return result.assign(windows=len(windows), rings=rings, share_in_windows=(window > 0).mean())


def _parts(source: str | None, seed: int) -> tuple[DataCard, pd.DataFrame]:
    if source is None:
        raise MaintenanceError("The protocol of AI4I needs its file. Give --source path/to/ai4i2020.csv.")
    table, card = ai4i(source)
    return card, failing_parts(table, seed)


def _series(source: str | None, seed: int) -> tuple[DataCard, pd.DataFrame]:
    if source is None:
        raise MaintenanceError("The protocol of NAB needs a series. Give --source NAB/data/realKnownCause/SERIES.csv.")
    windows = Path(source).resolve().parents[2] / "labels" / "combined_windows.json"  # where NAB has them
    table, card = nab(source, windows)
    return card, ringing_hours(table, seed)


PROTOCOLS: dict[str, Callable[[str | None, int], tuple[DataCard, pd.DataFrame]]] = {"ai4i": _parts, "nab": _series}
"""From a published file, or None, and a seed to its card and a table of results."""
