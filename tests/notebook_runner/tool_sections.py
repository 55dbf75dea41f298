"""Which cells of a notebook may do something else where its tools are missing; those of several notebooks as one.

Found by the names that cells use. Where names leave a doubt a cell is taken.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from case_studies.kit.cell_dependencies import Flow, flow_of
from mlsd_lib.lesson.tool_scripts import MAGIC
from notebook_runner.canonical import source_of
from notebook_runner.course import Notebook, read_json

CALLS = frozenset({"has_tool", "run_tool", "tool", "tool_python"})
PROGRAMS = "scripts"
"""The name under which lessons keep their programs, to which a cell that begins with the magic adds one."""
WORKS_WITHOUT = "tool_scripts"
"""The one module that asks for tools and is called without them: a program whose tool is missing is left out."""


def reached_by_tools(cells: Mapping[str, str], tools: Iterable[str], root: Path) -> list[str]:
    """The names of those `cells` (sources, in order) that run other code without `tools`, and of what these depend on.

    Cells that call a tool, themselves or by a module of the course at `root`, or hold its program; each that reads what
    one of those assigns, or a folder that it was given; then all that assign what any of them reads. The imports and
    the parameters are always among them.
    """
    plain = {name: source for name, source in cells.items() if not source.startswith(f"%%{MAGIC} ")}
    programs = Flow({PROGRAMS}, {PROGRAMS}, {})
    flows = {name: flow_of(plain[name]) if name in plain else programs for name in cells}
    known = {name: module for source in plain.values() for name, module in _imports(ast.parse(source))}
    callers = CALLS | {name for name, module in known.items() if _calls_tools(module, root)}
    heads = re.compile(rf"%%{MAGIC} .*\b({'|'.join(tools)})\b")
    sections = {name for name in cells if (callers & flows[name].reads if name in plain else heads.match(cells[name]))}
    given = set().union(*(_folders(ast.parse(plain[name])) for name in sections & plain.keys()))
    writes = {name: flow.writes - known.keys() for name, flow in flows.items()}
    read = {name: flow.reads for name, flow in flows.items()}
    changed = _grown(sections, lambda found: _those(read, given.union(*(writes[name] for name in found))))
    needed = _grown(
        changed | {*[*cells][:2]}, lambda found: _those(writes, set().union(*(read[name] for name in found)))
    )
    return [name for name in cells if name in needed]


def _those(names_of: Mapping[str, Set[str]], names: Set[str]) -> set[str]:
    """The cells that have one of the `names`."""
    return {cell for cell, own in names_of.items() if own & names}


def _grown(found: Set[str], more: Callable[[Set[str]], Set[str]]) -> set[str]:
    """The cells `found`, what `more` adds to them, what it adds to those, and so on."""
    found = set(found)
    while added := more(found) - found:
        found |= added
    return found


def _imports(tree: ast.AST) -> Iterable[tuple[str, str]]:
    """The names that a cell imports, each with its module as `package.module`, or `package.module.name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name.partition(".")[0], alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _calls_tools(module: str, root: Path) -> bool:
    """Whether a module of the course, or the one that holds the name, calls tools."""
    places = [
        root.joinpath(*name.split(".")).with_suffix(".py") for name in (module, module.rpartition(".")[0]) if name
    ]
    texts = [place.read_text() for place in places if place.is_file() and place.stem != WORKS_WITHOUT]
    return any(re.search(rf"\b({'|'.join(CALLS)})\(", text) for text in texts)


def _folders(tree: ast.AST) -> Set[str]:
    """The names of folders in which a cell looks or works: `NAME / "file"` and `folder=NAME`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.left, ast.Name):
            found.add(node.left.id)
        elif isinstance(node, ast.keyword) and node.arg in ("folder", "cwd") and isinstance(node.value, ast.Name):
            found.add(node.value.id)
    return found


def as_one(notebooks: Iterable[Notebook], small: Mapping[str, Mapping[str, Any]], root: Path) -> dict[str, Any]:
    """A notebook, as plain data, of the cells of `notebooks` that their tools reach, each notebook by itself.

    Between two of them the kernel forgets all names, so that only what is imported is kept. A cell is called
    STEM--ID. `small` holds by stem the parameters that are given other values.
    """
    joined: list[dict[str, Any]] = []
    for notebook in notebooks:
        data, stem = read_json(notebook.path), notebook.path.stem
        code = {cell["id"]: cell for cell in data["cells"] if cell["cell_type"] == "code"}
        kept = reached_by_tools({name: source_of(cell) for name, cell in code.items()}, notebook.tools, root)
        code["forget"] = {**_cell("get_ipython().run_line_magic('reset', '-f')"), "id": "forget"}
        for name in ["forget", *kept] if joined else kept:
            cell = with_values(code[name], small.get(stem, {}))
            joined.append({**cell, "id": f"{stem}--{name}"[-64:]})
    return {**data, "cells": joined}


def with_values(cell: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The cell as it is, or the one of the parameters with other `values`, each of a parameter that it has."""
    if "parameters" not in cell["metadata"].get("tags", []):
        return cell
    names = {node.id for node in ast.walk(ast.parse(source_of(cell))) if isinstance(node, ast.Name)}
    assert values.keys() <= names, f"a parameter has another name: {sorted(values.keys() - names)}"
    return {**cell, "source": "\n".join([source_of(cell), *(f"{name} = {value!r}" for name, value in values.items())])}


def _cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
