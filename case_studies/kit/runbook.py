"""What is done around a release: a monitor that knows a normal day, a check for skew, a rollback with its state."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from case_studies.kit.runs import Run
from mlsd_lib.operations.errors import OperationsError
from mlsd_lib.operations.monitor import Monitor

SKEW_TOLERANCE = 1e-6
"""Sums of floats in another order differ by about 1e-10; a real difference, of a cent or a count, is far above."""


def feature_skew(seen: pd.DataFrame, offline: pd.DataFrame) -> float:
    """The largest difference between a feature as the service saw it and as in the offline table, same rows in order.

    Scores would not do: a tree's split may lie between two roundings of one number.
    """
    return float(np.abs(seen[list(offline)].to_numpy() - offline.to_numpy()).max())


def daily_monitor(normal: pd.DataFrame, day: np.ndarray, features: Sequence[str], thin: int = 8) -> Monitor:
    """A monitor whose windows are days, fitted on normal ones, that rings on about one of them in all.

    `normal`: a row a decision, with `features`, the `score`, and whether it was `wanted`, which is acted on where the
    day has room. `day`: the day of each row, (n,). One row in `thin` is reference enough. Raises `OperationsError` for
    fewer than two days.
    """
    clean = [rows for _, rows in normal.groupby(day)]
    if len(clean) < 2:
        raise OperationsError(f"{len(clean)} normal days say nothing of how days differ; give at least 2, better 28.")
    monitor = Monitor(features, score="score", flagged="wanted", false_alarm_rate=1 / (len(clean) + 1))
    return monitor.fit(normal.iloc[::thin], clean)


def roll_back(run: Run, reason: str, restore: Callable[[Run, Path], int] | None) -> tuple[str, int]:
    """Takes a run's current release back; its new current version, and how much of the state was derived anew.

    `restore` gets the run and the folder of the restored release, and derives again what the service remembers; None
    leaves the state as it is. A service that runs follows with its next request. Raises `ModelingError` where there
    is nothing to go back to.
    """
    registry = run.registry()
    registry.rollback(reason)
    current = registry.current or ""
    return current, restore(run, registry.path(current)) if restore else 0
