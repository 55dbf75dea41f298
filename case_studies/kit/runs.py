"""A run folder: what one training made, kept together so that it can be served, explained and taken back.

`releases/` is the registry, `store.db` what the service remembers, `data.json` says what was learned from,
`metrics.json` how the candidates did, `decision.md` what was decided. Every run gets a new folder; none is written
over. `decision.md` is written last: a folder without it is not complete.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from case_studies.kit.model_registry import ModelRegistry
from mlsd_lib.modeling.errors import ModelingError


@dataclass(frozen=True)
class Run:
    """The run in the folder `path`."""

    path: Path

    @classmethod
    def new(cls, out: Path, clock: Callable[[], float] = time.time) -> "Run":
        """A new, empty run below `out`, named by the time; a second one in the same second gets a number."""
        name = time.strftime("%Y%m%d-%H%M%S", time.gmtime(clock()))
        for tried in range(1, 1_000):
            folder = out / (name if tried == 1 else f"{name}-{tried}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            return cls(folder)
        raise ModelingError(f"{out} holds a thousand runs of this second. Clean it up, or give another folder.")

    @classmethod
    def latest(cls, out: Path) -> "Run":
        """The newest complete run below `out`; raises `ModelingError` if there is none."""
        complete = list(out.glob("*/decision.md"))
        if not complete:
            raise ModelingError(f"{out} holds no complete run. Train first, or give the folder that holds the runs.")
        return cls(max(complete, key=lambda path: path.stat().st_mtime).parent)

    @property
    def store(self) -> Path:
        """The file of the service's memory."""
        return self.path / "store.db"

    @property
    def decision(self) -> str:
        """The decision record; raises `ModelingError` for a run that is not complete."""
        path = self.path / "decision.md"
        if not path.exists():
            raise ModelingError(f"{path} does not exist: the run is not complete. Train again, or name another run.")
        return path.read_text(encoding="utf-8")

    def registry(self, clock: Callable[[], float] = time.time) -> ModelRegistry:
        """The run's releases."""
        return ModelRegistry(self.path / "releases", clock)

    def release(self, save: Callable[[Path], Any], version: str, reason: str) -> None:
        """Adds a release, which `save` writes into its folder, and promotes it."""
        self.registry().add(version, save)
        self.registry().promote(version, reason)

    def complete(self, data: Mapping[str, Any], metrics: Mapping[str, Any], decision: object) -> None:
        """Writes down what was learned from, how the candidates did, and what was decided."""
        for name, document in (("data.json", data), ("metrics.json", metrics)):
            (self.path / name).write_text(json.dumps(document, indent=1, default=str), encoding="utf-8")
        (self.path / "decision.md").write_text(str(decision), encoding="utf-8")
