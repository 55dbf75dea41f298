"""What a run depended on, and what of it has changed since.

An import graph misses notebooks, `python -m`, lazy imports, data files and parent packages; so what counts is what the
run's processes opened. Files that C code opens are not seen: those of the usual data formats count for every notebook.
"""

import hashlib
import os
import site
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from notebook_runner.canonical import source_of, stripped
from notebook_runner.course import FOLDERS, Notebook, read_json
from notebook_runner.environment import OURS
from notebook_runner.result_store import processor
from notebook_runner.tools import missing, site_packages
from notebook_runner.trace import Trace

RUNNER = Path(__file__).parent
STORED = {".arrow", ".avro", ".csv", ".db", ".duckdb", ".feather", ".gz", ".json", ".jsonl", ".npz", ".onnx", ".orc",
          ".parquet", ".pt", ".safetensors", ".sqlite", ".tsv", ".zip"}  # fmt: skip
NOT_LOOKED_INTO = {"__pycache__", "classroom", "node_modules", "runs"}
DATA = "MLSD_DATA_DIR"
SYSTEM = ("/Library/", "/System/", "/bin/", "/etc/", "/lib/", "/run/", "/usr/")

Fingerprint = dict[str, Any]
_states: dict[str, list[Any]] = {}
"""What this process knows of the stored data that it has read."""


def static_parts(root: Path, notebook: Notebook) -> Fingerprint:
    """What is known before a run: cells, settings, versions, tools, interpreter, runner, variables, stored data."""
    code = [cell for cell in stripped(read_json(notebook.path))["cells"] if cell["cell_type"] == "code"]
    ours = sorted(key for key in os.environ if key.startswith("MLSD_") and key not in OURS)
    budget = notebook.budget
    return {
        "cells": {cell["id"]: _digest(f"{source_of(cell)}\n{_tags(cell)}".encode()) for cell in code},
        "order": [cell["id"] for cell in code],
        "settings": {"budget.cpu_s": budget.cpu_s, "budget.peak_mb": budget.peak_mb, "cores": notebook.cores},
        "versions": installed_versions(),
        "tools": {name: _installed(name, root) for name in notebook.tools},
        "interpreter": f"{sys.version} at {os.path.realpath(sys.executable)}",
        "processor": processor(),
        "runner": {str(path.relative_to(RUNNER)): _digest(path.read_bytes()) for path in sorted(RUNNER.rglob("*.py"))},
        "variables": {key: "set" if key == DATA else os.environ[key] for key in ours},  # what lies there is compared
        "stored": dict(_stored(root)),
    }


def _installed(name: str, root: Path) -> Any:
    """The packages beside a tool, by version; empty where it cannot be called. The same in every checkout."""
    return {"tool": name, **versions_in(site_packages(name, root))} if not missing([name], root) else []


def _tags(cell: Mapping[str, Any]) -> list[str]:
    return sorted(cell.get("metadata", {}).get("tags", []))


def opened_parts(root: Path, private: Path, trace: Trace, before: Mapping[str, Any] | None = None) -> Fingerprint:
    """The parts that a run leaves behind: each file it opened, and what lies beside those and in folders it listed.

    `before` are the same parts of an earlier time; a file whose size and time are still theirs is not read again.
    """
    names = [name for name in trace.read if _counts(root, private, name)]
    known = (before or {}).get("files", {})
    files = {_short(root, name): file_state(Path(name), known.get(_short(root, name))) for name in names}
    beside = {str(Path(name).parent) for name in names if os.path.exists(name)} | set(trace.listed)
    folders = sorted(name for name in beside if _counts(root, private, os.path.join(name, "")) and _base(root, name))
    return {"files": files, "folders": {_short(root, name): listing(Path(name)) for name in folders}}


def opened_parts_now(root: Path, before: Mapping[str, Any]) -> Fingerprint:
    """The opened parts of an earlier run as they are now."""
    return {
        "files": {name: file_state(_long(root, name), state) for name, state in before["files"].items()},
        "folders": {name: listing(_long(root, name)) for name in before["folders"]},
    }


def _counts(root: Path, private: Path, name: str) -> bool:
    """True for files of the course and for data anywhere; not for the system's, a reader's settings, the run's own."""
    if name.startswith(str(private)):
        return False
    if base := _base(root, name):
        inner = os.path.relpath(name, base).split(os.sep)
        return not any(part == "__pycache__" or (part.startswith(".") and part != ".") for part in inner)
    home = os.path.join(os.path.expanduser("~"), ".")
    return not name.startswith((*SYSTEM, home, os.path.join(sys.base_prefix, ""), os.path.join(sys.prefix, "")))


def _base(root: Path, name: str) -> str:
    """The course's folder or MLSD_DATA_DIR, whichever holds `name`; empty if neither does."""
    bases = (str(root), *_data_folders())
    return next((base for base in bases if (name + os.sep).startswith(os.path.join(base, ""))), "")


def _data_folders() -> tuple[str, ...]:
    data = os.environ.get(DATA)
    return (os.path.abspath(data), os.path.realpath(data)) if data else ()


def _short(root: Path, name: str) -> str:
    """The name as it is in every checkout and wherever the data lie: from the root, or after `$MLSD_DATA_DIR`."""
    base = _base(root, name)
    if not base:
        return name
    inner = os.path.relpath(name, base)
    return inner if base == str(root) else os.path.join(f"${DATA}", inner)


def _long(root: Path, short: str) -> Path:
    first, _, inner = short.partition(os.sep)
    return Path(os.path.abspath(os.environ.get(DATA, "")), inner) if first == f"${DATA}" else root / short


def file_state(path: Path, known: Iterable[Any] | None = None) -> list[Any]:
    """Size, time of change and digest of a file; empty if there is none."""
    try:
        stat = path.stat()
        if not path.is_file():
            return []
        before = list(known or [])
        if before[:2] == [stat.st_size, stat.st_mtime_ns]:
            return before
        with path.open("rb") as file:
            return [stat.st_size, stat.st_mtime_ns, hashlib.file_digest(file, "blake2b").hexdigest()]
    except OSError:
        return []


def listing(folder: Path) -> list[str]:
    """The names in a folder that could be an input: no hidden ones, none that tools leave."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    left = (name for name in names if name not in NOT_LOOKED_INTO and not name.endswith(".egg-info"))
    return sorted(name for name in left if not name.startswith("."))


def installed_versions() -> dict[str, str]:
    """Name and version of every installed distribution, from the names of their metadata folders.

    Folders that something put on `sys.path` in this process are not looked into: setuptools, once imported, adds a
    folder of its own copies there, and they are no other version of anything that a notebook imports.
    """
    return versions_in(site.getsitepackages() + ([site.getusersitepackages()] if site.ENABLE_USER_SITE else []))


def versions_in(folders: Iterable[str]) -> dict[str, str]:
    """The same of the distributions in these folders alone."""
    found: dict[str, str] = {}
    for folder in filter(os.path.isdir, folders):
        for name in os.listdir(folder):
            if name.endswith((".dist-info", ".egg-info")):
                project, _, version = name.rpartition(".")[0].partition("-")
                found.setdefault(project.lower(), version)
    return dict(sorted(found.items()))


def _stored(root: Path) -> Iterator[tuple[str, list[Any]]]:
    bases = [root / folder for folder in (*FOLDERS, "mlsd_lib", "lessons", "grader")]
    if data := os.environ.get(DATA):
        bases.append(Path(os.path.abspath(data)))
    for base in bases:
        for folder, inner, names in os.walk(base):
            inner[:] = sorted(
                subfolder for subfolder in inner if not subfolder.startswith(".") and subfolder not in NOT_LOOKED_INTO
            )
            for name in sorted(names):
                if os.path.splitext(name)[1] in STORED:
                    path = os.path.join(folder, name)
                    _states[path] = file_state(Path(path), _states.get(path))
                    yield _short(root, path), _states[path]


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def differences(before: Fingerprint, now: Fingerprint) -> list[str]:
    """What changed between two fingerprints, in an author's words; empty if nothing did."""
    found = [f"cell {name} {how}" for name, how in _compare(before["cells"], now["cells"])]
    if not found and before["order"] != now["order"]:
        found.append("the cells are in another order")
    found += [f"mlsd.{name} {how}" for name, how in _compare(before["settings"], now["settings"])]
    found += [f"{name} {how}" for name, how in _compare(before["files"], now["files"], digest_part)]
    for folder, names in now["folders"].items():
        gone, came = set(before["folders"][folder]) - set(names), set(names) - set(before["folders"][folder])
        found += [f"{name} appeared in {folder}" for name in sorted(came)]
        found += [f"{name} left {folder}" for name in sorted(gone)]
    found += [f"stored data {name} {how}" for name, how in _compare(before["stored"], now["stored"], digest_part)]
    for name, how in _compare(before["versions"], now["versions"]):
        versions = before["versions"].get(name, "nothing"), now["versions"].get(name, "nothing")
        found.append(f"{name} {how}: {versions[0]} before, {versions[1]} now")
    found += [f"the tool {name} {how}" for name, how in _compare(before["tools"], now["tools"])]
    found += [f"another {name} runs it" for name in ("interpreter", "processor") if before[name] != now[name]]
    return found + [f"the variable {name} {how}" for name, how in _compare(before["variables"], now["variables"])]


def runner_differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What changed in the runner's own source, in an author's words."""
    return [f"the runner's {name} {how}" for name, how in _compare(before, now)]


def digest_part(state: list[Any]) -> list[Any]:
    """Of a file's state what makes it the same file: its digest."""
    return state[2:]


def _compare(before: dict[str, Any], now: dict[str, Any], key: Any = lambda state: state) -> Iterator[tuple[str, str]]:
    for name in [*before, *(name for name in now if name not in before)]:
        old, new = before.get(name), now.get(name)
        if old is None or (old == [] and new):
            yield name, "is new"
        elif new is None or (new == [] and old):
            yield name, "is gone"
        elif key(old) != key(new):
            yield name, "changed"
