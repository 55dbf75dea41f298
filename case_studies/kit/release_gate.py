"""Nothing goes out that may lose: what a release gains over doing nothing, and over the release that runs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from case_studies.kit.artefacts import as_document, read_document
from case_studies.kit.model_registry import ModelRegistry
from case_studies.kit.runs import METRICS, Run
from mlsd_lib.modeling.comparison import Interval
from mlsd_lib.modeling.errors import ModelingError

NOTHING = "doing nothing"
GAIN = {"mean": float | int, "low": float | int, "high": float | int, "over": str}


def gains(
    run: Run,
    read: Callable[[Path], Any],
    worth: Callable[[Any], np.ndarray],
    release: object,
    nothing: np.ndarray,
    interval: Callable[[np.ndarray], Interval],
) -> dict[str, Interval]:
    """What `release` gains a period over doing nothing and over the current release of `run`, by name, on its test.

    `worth`: what a release brings on each row of the test, (n,); `nothing`: what the rows bring without any, (n,).
    `read` reads a release from its folder. `interval`: of the differences between two on each row, (n,), a period.
    """
    registry, gained = run.registry(), worth(release)
    others = {NOTHING: nothing}
    if current := registry.current:
        others[current] = worth(read(registry.path(current)))
    return {name: interval(gained - other) for name, other in others.items()}


def no_gain(gained: Mapping[str, Interval]) -> str:
    """Over what no gain was shown, in words; empty where one was shown over everything."""
    return " and ".join(f"{name} ({gain} a day)" for name, gain in gained.items() if not gain.low > 0)


def require_gain(registry: ModelRegistry, version: str) -> None:
    """Raises `ModelingError` where the record of `version` shows no gain over doing nothing or over what runs now.

    Releases without a test of their gain, which older runs hold, pass.
    """
    path = registry.path(version) / METRICS
    stored = read_document(path).get("gains") if path.exists() else None
    if stored is None:
        return
    by_name = as_document(path, json.dumps(stored))
    gained = {name: Interval(**as_document(path, json.dumps(gain), GAIN)) for name, gain in by_name.items()}
    if registry.current not in {None, version, *gained}:
        raise ModelingError(
            f"{version} was not compared with {registry.current}, which runs now. Retrain, or --insist with the reason."
        )
    asked = {name: gain for name, gain in gained.items() if name in {NOTHING, registry.current}}
    if over := no_gain(asked):
        raise ModelingError(
            f"{version} shows no gain over {over}: the interval must lie above 0. Keep what runs, or --insist with the "
            "reason."
        )
