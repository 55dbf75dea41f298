"""The cell tagged `parameters`: what it assigns, and what it computes from that.

papermill sets a parameter in a cell after this one. What this one computed from it by then keeps the old value.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from notebook_runner.canonical import source_of
from notebook_runner.course import read_json

SEED = "seed"


def parameters_of(path: Path) -> list[ast.stmt]:
    """The statements of the parameters cell of the notebook at `path`; empty without one, or if it does not parse."""
    tagged = (cell for cell in read_json(path)["cells"] if _is_tagged(cell))
    try:
        return ast.parse(next((source_of(cell) for cell in tagged), "")).body
    except SyntaxError:  # the run says so
        return []


def _is_tagged(cell: Mapping[str, Any]) -> bool:
    return cell["cell_type"] == "code" and "parameters" in cell.get("metadata", {}).get("tags", [])


def own_seed(path: Path) -> int | None:
    """The whole number that the parameters of the notebook at `path` assign to `seed`, None if they assign none."""
    for statement in parameters_of(path):
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == [SEED]:
            value = statement.value.value if isinstance(statement.value, ast.Constant) else None
            return value if isinstance(value, int) and not isinstance(value, bool) else None
    return None


def computed(path: Path) -> dict[str, list[str]]:
    """Each name that the parameters cell of the notebook at `path` computes from parameters, with those."""
    assigned: set[str] = set()
    found: dict[str, list[str]] = {}
    for statement in parameters_of(path):
        names = set(_assigned(statement))
        loaded = {
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        used = loaded | names if isinstance(statement, ast.AugAssign) else loaded
        for name in sorted(names or {ast.unparse(statement)}):
            if used & assigned:
                found[name] = sorted(used & assigned)
        assigned |= names
    return found


def _assigned(statement: ast.stmt) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in filter(None, targets):
        yield from (
            node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
