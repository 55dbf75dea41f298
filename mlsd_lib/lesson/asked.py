"""What notebooks ask their reader for, read from their cells without running them."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

from notebook_runner import NotebookError, course_root
from notebook_runner.course import notebook_paths


@dataclass(frozen=True)
class Asked:
    """The ids of the predictions and of the checks that a notebook's cells ask for, in their order."""

    predictions: tuple[str, ...]
    checks: tuple[str, ...]


def asked_in(path: Path) -> Asked:
    """What the notebook at `path` asks its reader for, read from its cells without running them."""
    calls: dict[str, list[str]] = {"predict": [], "check": []}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        try:
            tree = ast.parse("".join(cell["source"]))
        except SyntaxError:  # a magic line; predictions and checks stand in plain cells
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    calls[node.func.id].append(first.value)
    return Asked(tuple(calls["predict"]), tuple(calls["check"]))


def lessons() -> list[Path]:
    """The notebooks of the course around the working folder as a reader has them; none where there is no course."""
    try:
        root = course_root()
    except NotebookError:
        return []
    return [path for path in notebook_paths(root) if path.relative_to(root).parts[0] != "solutions"]
