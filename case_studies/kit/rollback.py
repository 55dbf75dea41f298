"""What is done around a release: a monitor that knows a normal day, a check for skew, a rollback with its state."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from case_studies.kit.model_registry import ModelRegistry
from case_studies.kit.release_gate import require_gain
from case_studies.kit.runs import Run
from mlsd_lib.operations.errors import OperationsError
from mlsd_lib.operations.monitor import Monitor

SKEW_TOLERANCE = 1e-6
"""Sums of floats in another order differ by about 1e-10; a real difference, of a cent or a count, is far above."""
Restore = Callable[[Run, Path], int]
"""From a run and the folder of a release: computes the stored state again with that release, gives the rows changed."""


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


def roll_back(run: Run, reason: str, restore: Restore | None) -> tuple[str, int]:
    """Takes a run's current release back; its new current version, and how much of the state was derived anew.

    With None for `restore` the state is left as it is. A service that runs follows with its next request. The release
    goes first, since it would spoil again what is restored before. Where the process ends in between, the same call
    restores the state and takes no second release back. Raises `ModelingError` where there is nothing to go back to.
    """
    registry = run.registry()
    with registry.alone():  # nobody promotes between the two steps
        current = _rolled_back_to(registry) or registry.rollback(reason)
        return current, restore(run, registry.path(current)) if restore else 0


def promote_after_restore(run: Run, version: str, reason: str, restore: Restore, insist: bool = False) -> None:
    """Promotes a release; after a rollback the state is restored first, in case that the rollback was not ended.

    One that shows no gain is refused unless `insist`: see `require_gain`.
    """
    registry = run.registry()
    with registry.alone():
        if not insist:
            require_gain(registry, version)
        if current := _rolled_back_to(registry):
            restore(run, registry.path(current))
        registry.promote(version, reason)


def _rolled_back_to(registry: ModelRegistry) -> str | None:
    """The current version if the last change was a rollback: the registry's own log says what was begun."""
    last = registry.history()[-1:]
    return last[0]["to"] if last and last[0]["action"] == "rollback" else None
