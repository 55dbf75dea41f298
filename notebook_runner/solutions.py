"""The folded solutions of a notebook: their code is the right answer of the turn, which stands in its section's checks.

A section's `checks.py` is read, not run. `mlsd notebooks --fix` writes the code; the words around it are the author's.
"""

import ast
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notebook_runner.canonical import source_of

CHECKS = re.compile(r"^from (\w+\.\w+\.checks) import check$", re.MULTILINE)
CHECKED = re.compile(r"\bcheck\(\"([^\"]+)\", (\w+)\)")
CODE = re.compile(r"(?<=```python\n).*?(?=```)", re.DOTALL)


def with_solutions(nb: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """The notebook `nb`, given as plain data, with the right answers of its turns in the cells `SLUG-solution`.

    A turn that the checks do not hold, or a solution without code, stays as it is.
    """
    text = "\n".join(source_of(cell) for cell in nb["cells"] if cell["cell_type"] == "code")
    module = CHECKS.search(text)
    right = _right_answers(root / (module[1].replace(".", "/") + ".py")) if module else {}
    asked = {
        cell["id"].removesuffix("-check"): found.groups()
        for cell in nb["cells"]
        if cell["id"].endswith("-check") and (found := CHECKED.search(source_of(cell)))
    }
    return {**nb, "cells": [_with_answer(cell, asked, right) for cell in nb["cells"]]}


def _right_answers(path: Path) -> dict[str, str]:
    """The source of the function `right` of each turn in the checks at `path`, by the turn's id."""
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    turns = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.decorator_list]
    return {
        ast.literal_eval(turn.decorator_list[0].args[0]): _text(source, answer)  # type: ignore[attr-defined]
        for turn in turns
        for answer in turn.body
        if isinstance(answer, ast.FunctionDef) and answer.name == "right"
    }


def _text(source: str, function: ast.FunctionDef) -> str:
    return textwrap.dedent("\n".join(source.splitlines()[function.lineno - 1 : function.end_lineno]))


def _with_answer(cell: Mapping[str, Any], asked: Mapping[str, Any], right: Mapping[str, str]) -> Mapping[str, Any]:
    turn, name = asked.get(cell["id"].removesuffix("-solution"), ("", ""))
    if not cell["id"].endswith("-solution") or turn not in right:
        return cell
    code = right[turn].replace("def right(", f"def {name}(", 1) + "\n"
    return {**cell, "source": CODE.sub(lambda _: code, source_of(cell), count=1)}
