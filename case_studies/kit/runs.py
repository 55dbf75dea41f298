"""A run folder: one system, from its training to its last rollback, so that it can be served, explained, taken back.

`run.json` says whose run it is: the case, the code and the options of its training. `releases/` is the registry,
`store.db` what the service remembers, `data.json` says what was learned from, `metrics.json` how the candidates did,
`decision.md` what was decided. Every run gets a new folder; none is written over. `decision.md` is written last: a
folder without it is not complete. A release that came later has these four files in its own folder.
"""

import hashlib
import importlib.util
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from case_studies.kit.artefacts import read_document
from case_studies.kit.model_registry import ModelRegistry
from mlsd_lib.data.lineage import fingerprint_table
from mlsd_lib.datasets import DataCard
from mlsd_lib.modeling.errors import ModelingError

if TYPE_CHECKING:
    import pandas as pd

RUN, DATA, METRICS, DECISION = "run.json", "data.json", "metrics.json", "decision.md"
FIELDS: Mapping[str, Mapping[str, Any]] = {
    RUN: {"case": str, "code_sha256": str, "options": dict},
    DATA: {"sha256": dict},
}
"""What is read of a document, with its type."""
Options = Mapping[str, Any]
"""What a training was asked for: the options of the verb `train`, plain values by name."""


def code_of(package: str) -> str:
    """The SHA-256 of the modules of a case: what computes its features and reads its releases."""
    found, digest = importlib.util.find_spec(package), hashlib.sha256()
    for folder in (found and found.submodule_search_locations) or ():
        for path in sorted(Path(folder).glob("*.py")):
            digest.update(json.dumps([path.name, path.read_text(encoding="utf-8")]).encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Learned:
    """What a release was learned from: the case and its `code`, as a digest; the data, with a digest of each table."""

    case: str
    code_sha256: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """The run in the folder `path`.

    `asked`: the options of the training that comes next. `new_data`: whether it may learn from other data than the
    first did. `insist`: why its first release goes out though it shows no gain; empty where it may not. `filed`: the
    releases that this object has added.
    """

    path: Path
    asked: Options = field(default_factory=dict, compare=False)
    new_data: bool = field(default=False, compare=False)
    insist: str = field(default="", compare=False)
    filed: list[str] = field(default_factory=list, compare=False)

    @classmethod
    def new(
        cls, out: Path, asked: Options | None = None, clock: Callable[[], float] = time.time, insist: str = ""
    ) -> "Run":
        """A new, empty run below `out`, named by the time; a second one in the same second gets a number."""
        name = time.strftime("%Y%m%d-%H%M%S", time.gmtime(clock()))
        for tried in range(1, 1_000):
            folder = out / (name if tried == 1 else f"{name}-{tried}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            return cls(folder, asked or {}, insist=insist)
        raise ModelingError(f"{out} holds a thousand runs of this second. Clean it up, or give another folder.")

    @classmethod
    def latest(cls, out: Path, case: str | None = None) -> "Run":
        """The newest complete run below `out`, of a case if one is named; raises `ModelingError` if there is none."""
        complete = {cls(path.parent): path.stat().st_mtime for path in out.glob(f"*/{DECISION}")}
        mine = {run: written for run, written in complete.items() if case in (None, run.case)}
        if not mine:
            others = sorted({run.case for run in complete} - {""})
            raise ModelingError(
                f"{out} holds no complete run{f' of {case}' if case else ''}{_but(others)}. Train first, or give the "
                "folder that holds the runs."
            )
        return max(mine, key=mine.__getitem__)

    @classmethod
    def of(cls, package: str, given: Path | None, out: Path, same_code: bool = False) -> "Run":
        """The complete run `given`, or else the newest below `out`, of the case in `package`.

        Raises `ModelingError` where there is none, where it is another case's, or, for `same_code`, where the case's
        modules have changed since its training. Nothing is written.
        """
        case = _name(package)
        run = cls(given) if given else cls.latest(out, case)
        if not (run.path / DECISION).is_file():
            what = f"complete run: {run.path / DECISION} is missing" if run.path.is_dir() else "folder"
            around = run.path if [*run.path.glob(f"*/{DECISION}")] else run.path.parent
            known = [cls(path.parent) for path in sorted(around.glob(f"*/{DECISION}"))]
            here = ", ".join(other.path.name for other in known if other.case == case) or "none"
            raise ModelingError(
                f"{run.path} is no {what}. Complete runs of {case} in {around}: {here}. Name one of them."
            )
        _ = run.decision  # complete
        if not run.case:
            raise ModelingError(f"{run.path} does not say of which case it is: {RUN} is missing. Train again.")
        if run.case != case:
            raise ModelingError(
                f"{run.path} is a run of {run.case}, this is the command line of {case}. Use python -m "
                f"{package.removesuffix(case)}{run.case}, or name a run of {case}."
            )
        recorded, here_now = run._said["code_sha256"], code_of(package)
        if same_code and recorded != here_now:
            raise ModelingError(
                f"{run.path} was trained by the code {recorded[:12]} of {package}, here is {here_now[:12]}: features "
                "may be computed otherwise than the release learned them. Train again, or use the code of the run."
            )
        return run

    @property
    def case(self) -> str:
        """The case of a complete run; empty where the run does not say it."""
        return self._said["case"]

    @property
    def options(self) -> Options:
        """What the training of the current release was asked for; nothing where a program trained, by its defaults."""
        return self._of_current(RUN).get("options", {})

    @property
    def store(self) -> Path:
        """The file of the service's memory."""
        return self.path / "store.db"

    def require_memory(self) -> None:
        """Raises `ModelingError` where that file is not there or empty: SQLite would make a new one."""
        if not self.store.is_file() or self.store.stat().st_size < 512:  # a page of SQLite's has no less
            raise ModelingError(
                f"{self.store} is missing, empty or no file: what the service remembers would start from nothing. "
                "Take the file from a backup, or train again."
            )

    @property
    def decision(self) -> str:
        """The decision record of its training; raises `ModelingError` for a run that is not complete."""
        path = self.path / DECISION
        if not path.exists():
            raise ModelingError(f"{path} does not exist: the run is not complete. Train again, or name another run.")
        return read_decision(path)

    def registry(self, clock: Callable[[], float] = time.time) -> ModelRegistry:
        """The run's releases."""
        return ModelRegistry(self.path / "releases", clock)

    def learns_from(
        self, package: str, card: DataCard, tables: Mapping[str, "pd.DataFrame"], released_at: object
    ) -> Learned:
        """What the next release of this run learns from; ask before the fitting.

        The first release of a run may learn from anything, a later one from the data of the current one, unless
        `new_data`: raises `ModelingError` otherwise, naming the table.
        """
        checksums = {name: fingerprint_table(table) for name, table in tables.items()}
        if (self.path / DECISION).exists() and not self.new_data:
            for name, recorded in self._of_current(DATA).get("sha256", {}).items():
                if checksums.get(name) != recorded:
                    raise ModelingError(
                        f"{name} have the checksum {str(checksums.get(name))[:12]}, the current release of {self.path} "
                        f"learned from {str(recorded)[:12]}: releases are compared on the same data. Give its source, "
                        "days and seed, or --new-data."
                    )
        data = {**asdict(card), "sha256": checksums, "released_at": str(released_at)}
        return Learned(_name(package), code_of(package), data)

    def file(
        self,
        learned: Learned,
        save: Callable[[Path], Any],
        remember: Callable[[], Any],
        metrics: Mapping[str, Any],
        decision: Callable[[str], object],
    ) -> None:
        """Adds a release with its record.

        `save` writes the release into a folder; `remember` fills the service's memory, once a run; `decision` gives the
        record for the name of the release. The first release is promoted; each later one waits for that.
        """
        registry, first = self.registry(), not (self.path / DECISION).exists()
        with registry.alone():
            version = f"v{1 + max((int(name[1:]) for name in registry.versions() if name[1:].isdecimal()), default=0)}"
            said = {"case": learned.case, "code_sha256": learned.code_sha256, "options": dict(self.asked)}
            documents = {RUN: said, DATA: learned.data, METRICS: metrics}
            files = {name: json.dumps(document, indent=1, default=str) for name, document in documents.items()}
            files[DECISION] = str(decision(version))  # the last

            def write(folder: Path) -> None:
                save(folder)
                _write(folder, files)

            registry.add(version, write)
            if first:
                registry.promote(version, "first release")
                remember()
                _write(self.path, files)
        self.filed.append(version)

    def _of_current(self, name: str) -> dict[str, Any]:
        """A document of the current release; of the run, where that release was added without a record."""
        current = self.registry().current
        found = self.registry().path(current) / name if current else self.path / name
        return _read(found if found.exists() else self.path / name)

    @property
    def _said(self) -> dict[str, str]:
        for path in self.path.rglob("*"):  # who reads a pipe waits for its writer
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise ModelingError(f"{path} is a pipe or a device; a run holds files. Remove it, or train again.")
        return {"case": "", "code_sha256": ""} | _read(self.path / RUN)


def read_decision(path: Path) -> str:
    """A decision record; raises `ModelingError` where the file holds something else."""
    text = path.read_bytes().decode("utf-8", "replace")
    if not text.startswith("# Decision: release ") or len(text.splitlines()) < 3:
        raise ModelingError(f"{path} holds no decision record. Take the file from a backup, or train again.")
    return text


def _name(package: str) -> str:
    return package.rpartition(".")[2]


def _but(others: list[str]) -> str:
    return f"; it has runs of {', '.join(others)}" if others else ""


def _read(path: Path) -> dict[str, Any]:
    return read_document(path, FIELDS[path.name]) if path.exists() else {}


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
