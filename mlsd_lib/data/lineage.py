"""What was made from what: steps with the fingerprints of their inputs and outputs, and all that repeating them takes.

A name stands for one content for ever: what changes gets a new name (`payments/2026-03-02`, `model/7`). So the graph
has no loops, and "which models used this bad day?" is a walk along it.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsd_lib.datasets import DataError
from notebook_runner.whole_file import write_whole

if TYPE_CHECKING:
    import pandas as pd


def fingerprint_file(path: str | Path) -> str:
    """The SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_table(table: "pd.DataFrame") -> str:
    """A SHA-256 over column names, dtypes and values in their order; the index does not count, and -0.0 is 0.0.

    Raises `DataError` for a column whose values have no hash, such as lists.
    """
    import pandas as pd

    digest = hashlib.sha256()
    for name, column in table.items():
        digest.update(json.dumps([str(name), str(column.dtype), len(column)]).encode())
        try:
            digest.update(pd.util.hash_pandas_object(column, index=False, categorize=True).to_numpy().tobytes())
        except TypeError as error:
            raise DataError(f"The column {name!r} has no fingerprint ({error}). Give numbers, times or text.") from None
        if column.dtype == object:  # pandas hashes a mixture by its text: 1 would be "1", and None a missing number
            digest.update(" ".join(type(value).__name__ for value in column).encode())
    return digest.hexdigest()


def fingerprint(thing: Any) -> str:
    """A name for the content of bytes (their SHA-256), of a table, or of a model, an array or a plain value."""
    import joblib
    import pandas as pd

    if isinstance(thing, bytes):
        return hashlib.sha256(thing).hexdigest()
    return fingerprint_table(thing) if isinstance(thing, pd.DataFrame) else str(joblib.hash(thing))


def environment(packages: Iterable[str] = ("numpy", "pandas", "scikit-learn")) -> dict[str, str]:
    """Versions of Python and of `packages`, and the kind of machine: what may move the last digits of a result.

    Raises `DataError` for a package that is not installed.
    """
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            raise DataError(f"The package {name!r} is not installed. Name those that the step uses.") from None
    return found


@dataclass(frozen=True)
class Step:
    """One step as it was run: names and fingerprints of what went in and came out, and how it was done."""

    name: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    environment: dict[str, str] = field(default_factory=dict)


class Lineage:
    """The steps so far, in the order in which they were added; kept in the JSON file `path` if one is given.

    One process writes the file, any number may read it. Raises `DataError` for a file that no `Lineage` wrote.
    """

    def __init__(self, path: str | Path | None = None):
        self.path = None if path is None else Path(path)
        self.steps: list[Step] = []
        if self.path is not None and self.path.exists():
            try:
                for kept in json.loads(self.path.read_text(encoding="utf-8")):
                    step = Step(**kept)
                    self._check(step)
                    self.steps.append(step)
            except (AttributeError, TypeError, ValueError) as error:
                raise DataError(f"{self.path} is no lineage file ({error}). Give one that a Lineage wrote.") from error

    def add(
        self,
        name: str,
        inputs: Mapping[str, str],
        outputs: Mapping[str, str],
        code: str,
        parameters: Mapping[str, Any] | None = None,
        seed: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Step:
        """The step, now recorded; adding the same again changes nothing.

        Raises `DataError` if a name has another fingerprint already, if an output was made before by another step
        or is an input here, and for parameters that JSON cannot hold.
        """
        step = Step(name, dict(inputs), dict(outputs), code, dict(parameters or {}), seed, dict(environment or {}))
        try:
            step = Step(**json.loads(json.dumps(asdict(step), allow_nan=False)))
        except (TypeError, ValueError) as error:
            raise DataError(f"The step {name!r} cannot be kept as JSON ({error}). Give plain values.") from None
        if step not in self.steps:
            self._check(step)
            if self.path is not None:
                write_whole(self.path, json.dumps([asdict(entry) for entry in (*self.steps, step)], indent=1).encode())
            self.steps.append(step)
        return step

    def fingerprint(self, name: str) -> str:
        """The fingerprint that `name` stands for. Raises `DataError` for an unknown name."""
        known = self._fingerprints()
        if name not in known:
            raise DataError(f"The lineage has no {name!r}; it has {sorted(known)}.")
        return known[name]

    def recipe(self, name: str) -> list[Step]:
        """All the steps that lead to `name`, in an order in which they can be run again."""
        wanted = {name, *self.upstream(name)}
        return [step for step in self.steps if wanted & step.outputs.keys()]

    def upstream(self, name: str) -> list[str]:
        """All that `name` was made from, however indirectly, sorted."""
        return self._reached(name, [(step.outputs, step.inputs) for step in reversed(self.steps)])

    def downstream(self, name: str) -> list[str]:
        """All that was made from `name`, however indirectly, sorted."""
        return self._reached(name, [(step.inputs, step.outputs) for step in self.steps])

    def _reached(self, name: str, edges: list[tuple[Mapping[str, str], Mapping[str, str]]]) -> list[str]:
        """One pass is enough: a step stands after all that made its inputs."""
        self.fingerprint(name)
        reached = {name}
        for near, far in edges:
            if reached & near.keys():
                reached |= far.keys()
        return sorted(reached - {name})

    def _fingerprints(self) -> dict[str, str]:
        return {name: mark for step in self.steps for name, mark in (step.inputs | step.outputs).items()}

    def _check(self, step: Step) -> None:
        known = self._fingerprints()
        for name, mark in (*step.inputs.items(), *step.outputs.items()):
            if known.get(name, mark) != mark:
                raise DataError(
                    f"{name!r} has the fingerprint {known[name][:12]} and in the step {step.name!r} {mark[:12]}: "
                    "a name stands for one content. Give the new content a name of its own."
                )
        for name in step.outputs:
            if name in step.inputs or name in known:
                raise DataError(
                    f"The step {step.name!r} makes {name!r}, which is there already. Give its output a new name."
                )
