"""A notebook's claims under other seeds than its own: which seeds, and the table of what held.

A claim is about the world, so it holds whatever the seed. Importing this pulls in no notebook library.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlsd_lib.notebooks.canonical import source_of
from mlsd_lib.notebooks.course import NotebookError, read_json
from mlsd_lib.notebooks.result import Result

NAME = "seed"


def parameters_of(nb: Mapping[str, Any]) -> str:
    """The source of the cell tagged `parameters` of a notebook given as plain data, empty if it has none."""
    tagged = (cell for cell in nb["cells"] if "parameters" in cell.get("metadata", {}).get("tags", []))
    return next((source_of(cell) for cell in tagged if cell["cell_type"] == "code"), "")


def own_seed(path: Path) -> int | None:
    """The whole number that the parameters of the notebook at `path` assign to `seed`, None if they assign none."""
    try:
        tree = ast.parse(parameters_of(read_json(path)))
    except SyntaxError:  # its run says so
        return None
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == [NAME]:
            value = node.value.value if isinstance(node.value, ast.Constant) else None
            return value if isinstance(value, int) and not isinstance(value, bool) else None
    return None


def other_seeds(own: int, count: int) -> list[int]:
    """The first `count` whole numbers from 0 on that are not the notebook's `own` seed."""
    return [seed for seed in range(count + 1) if seed != own][:count]


def tasks(root: Path, paths: Iterable[Path], count: int) -> list[tuple[Path, int]]:
    """Each notebook with each of `count` other seeds; raises `NotebookError` naming those without a seed."""
    own = {path: own_seed(path) for path in paths}
    if lacking := sorted(path.relative_to(root).as_posix() for path, seed in own.items() if seed is None):
        raise NotebookError(
            f"{', '.join(lacking)}: no parameter `seed`, so no other seed can be set. Assign it a whole number in the "
            "cell tagged parameters (seed = 0), or leave that notebook out."
        )
    return [(path, seed) for path, mine in own.items() if mine is not None for seed in other_seeds(mine, count)]


def table(results: Sequence[Result]) -> str:
    """A line a notebook with a column for each seed, and below it which claim failed under which seed, in its words."""
    by_name: dict[str, dict[int, Result]] = {}
    for one in results:
        if one.seed is not None:
            by_name.setdefault(one.notebook, {})[one.seed] = one
    columns = sorted({seed for found in by_name.values() for seed in found})
    lines = ["".join(f"{seed:>4d}" for seed in columns) + "  seed"]
    for name, found in sorted(by_name.items()):
        lines.append("".join(f"{_mark(found.get(seed)):>4s}" for seed in columns) + f"  {name}")
    lines += ["", ". every claim holds, 2 two claims do not, x it did not run to its end under all rules"]
    for name, found in sorted(by_name.items()):
        if told := _told(found):
            lines += ["", name, *(f"  {one}" for one in told)]
    return "\n".join(lines)


def _mark(result: Result | None) -> str:
    if result is None:
        return ""
    if result.passed:
        return "."
    return str(len(result.failures)) if {one.kind for one in result.failures} == {"claim"} else "x"


def _told(found: Mapping[int, Result]) -> list[str]:
    """What failed, in words, each with the seeds under which it did."""
    under: dict[str, list[int]] = {}
    for seed, result in sorted(found.items()):
        for failure in result.failures:
            where = f" (cell {failure.cell_id})" if failure.cell_id else ""
            under.setdefault(f"{failure.message}{where}", []).append(seed)
    return [f"seed{'s' * (len(at) > 1)} {', '.join(map(str, at))}: {message}" for message, at in under.items()]
