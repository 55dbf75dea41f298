"""Runs that passed in another checkout, taken from the user's store if all that they depended on is the same here."""

import dataclasses
import os
from pathlib import Path
from typing import Any

from notebook_runner import fingerprint
from notebook_runner.course import Notebook
from notebook_runner.execution import executed_path
from notebook_runner.result import Result
from notebook_runner.result_store import key_of, users_store

KIND = "notebooks"
SAME = ("cells", "order", "settings", "versions", "tools", "interpreter", "processor", "runner", "variables")
"""The parts of a fingerprint that make up the key; what the run opened is compared entry by entry."""


def keep_run(root: Path, notebook: Notebook, record: dict[str, Any], seed: int | None) -> None:
    """Put the record of a run that passed into the store, with its executed copy where it has one."""
    if "runner" not in record["depends"]:
        return  # something that it read changed while it ran
    copy = executed_path(root, notebook.name)
    executed = copy.read_text(encoding="utf-8") if seed is None and copy.exists() else ""
    users_store().keep(KIND, _key(notebook, seed, record["depends"]), {**record, "executed": executed})


def take_back(notebook: Notebook, seed: int | None, static: fingerprint.Fingerprint) -> None:
    """Delete what earlier runs of such a notebook left: it fails now, and what made it fail may be no file."""
    for path, _ in users_store().entries(KIND, _key(notebook, seed, static)):
        users_store().forget(path)


def kept_run(root: Path, notebook: Notebook, seed: int | None) -> dict[str, Any] | None:
    """The record of a run that passed elsewhere and would be the same here; its executed copy is laid here."""
    static = fingerprint.static_parts(root, notebook)
    for path, entry in users_store().entries(KIND, _key(notebook, seed, static)):
        try:
            depends = entry["depends"]
            now = {**static, **fingerprint.opened_parts_now(root, depends)}
            if fingerprint.differences(depends, now):
                continue
            result = dataclasses.replace(Result.from_json(entry["result"]), stored=True)
            _lay_executed(root, notebook, entry["executed"])
        except (KeyError, TypeError, AttributeError):  # an entry of another version of this file
            continue
        users_store().used(path)
        return {"result": result.to_json(), "depends": now}
    return None


def _key(notebook: Notebook, seed: int | None, parts: fingerprint.Fingerprint) -> str:
    return key_of(notebook.name, seed, {name: parts[name] for name in SAME})


def _lay_executed(root: Path, notebook: Notebook, text: str) -> None:
    if text:
        copy = executed_path(root, notebook.name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
        os.utime(copy, (0, 0))  # older than the notebook, whose prose may be another: it is brought up to date
