"""Reads what the processes of a run wrote down about themselves (see `inside/mlsd_trace.py`)."""

import ast
import importlib.util
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Trace:
    """What a run's processes did: files read that the run had not written itself, folders listed, hosts refused.

    `errors` are exceptions that no cell shows, as facts: where, error, line, count.
    """

    read: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def read_trace(path: Path) -> Trace:
    """The trace at `path`; compiled files stand for their sources. A last line cut off by a kill is left out."""
    first: dict[str, str] = {}
    trace = Trace()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        kind, _, quoted = line.partition(" ")
        try:
            text = ast.literal_eval(quoted)
        except (SyntaxError, ValueError):
            continue
        if kind in "rw":
            first.setdefault(_source_file(text), kind)
        elif kind == "d":
            trace.listed.append(text)
        elif kind == "n":
            trace.refused.append(text)
        elif kind == "x":
            trace.errors.append(json.loads(text))
    trace.read = sorted(name for name, kind in first.items() if kind == "r")
    trace.listed = sorted(set(trace.listed))
    return trace


def _source_file(name: str) -> str:
    if not name.endswith(".pyc"):
        return name
    try:
        return importlib.util.source_from_cache(name)
    except ValueError:
        return name
