"""What notebooks ask their reader for, read from their cells without running them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notebook_runner import NotebookError, course_root
from notebook_runner.course import notebook_paths, read_json


@dataclass(frozen=True)
class Asked:
    """The ids of the predictions and of the checks that a notebook's cells ask for, in their order."""

    predictions: tuple[str, ...]
    checks: tuple[str, ...]


def asked_in(path: Path) -> Asked:
    """What the notebook at `path` asks its reader for, read from its cells without running them."""
    calls: dict[str, list[str]] = {"predict": [], "check": [], "claims": []}
    for _, name, id in _calls(path, read_json(path)["cells"]):
        calls[name].append(id)
    return Asked(tuple(calls["predict"]), tuple(calls["check"]))


def reached_in(path: Path, seen: Set[str]) -> set[str]:
    """The ids of the cells of the notebook at `path` that the reader has come to.

    They end with the last cell that asks for a prediction, checks or claims something of which the record knows: `seen`
    holds ids of predictions and checks, and the names of notebooks, without folder and ending, whose claims were seen.
    """
    cells = read_json(path)["cells"]
    last = max((place for place, _, id in _calls(path, cells) if id in seen), default=-1)
    return {cell["id"] for cell in cells[: last + 1]}


def headings_in(path: Path) -> dict[str, str]:
    """The heading under which each cell of the notebook at `path` stands, as JupyterLab shows it, by the cell's id."""
    found, heading = {}, ""
    for cell in read_json(path)["cells"]:
        if cell["cell_type"] == "markdown":
            heading = [heading, *re.findall(r"^#+ (.+)$", "".join(cell["source"]), re.MULTILINE)][-1]
        found[cell["id"]] = heading
    return found


def _calls(path: Path, cells: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str, str]]:
    """The place of each cell that asks something, what it calls, and the id; of `claims` the notebook's name."""
    for place, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        try:
            tree = ast.parse("".join(cell["source"]))
        except SyntaxError:  # a magic line; predictions and checks stand in plain cells
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            first = getattr(node.args[0], "value", None)
            if node.func.id == "claims":
                yield place, "claims", path.stem
            elif node.func.id in ("predict", "check") and isinstance(first, str):
                yield place, node.func.id, first


def lessons() -> list[Path]:
    """The notebooks of the course around the working folder as a reader has them; none where there is no course."""
    try:
        root = course_root()
    except NotebookError:
        return []
    return [path for path in notebook_paths(root) if path.relative_to(root).parts[0] != "solutions"]
