"""A lesson's cells as the tests need them: its exercises, and the code that one exercise depends on, run alone.

What a cell depends on is read from the names that it uses. A cell counts as giving a name if it assigns it or stores
into it (`table[key] = ...`); a call that changes an object (`list.append`) is not seen, so an exercise must not
depend on one.
"""

import ast
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsd_lib.lesson import CheckResult
from mlsd_lib.lesson.tool_scripts import MAGIC
from notebook_runner.canonical import source_of
from notebook_runner.course import Notebook, read_json

FENCED = re.compile(r"```python\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook: its id, whether it is code, its text, its tags."""

    id: str
    is_code: bool
    source: str
    tags: tuple[str, ...]


class Lesson:
    """A notebook's cells and its exercises, by the slug that `SLUG-answer`, `SLUG-check`, `SLUG-solution` share."""

    def __init__(self, path: Path) -> None:
        self.path, self.stem = path, path.stem
        self.cells = [
            Cell(cell["id"], cell["cell_type"] == "code", own_source(cell), tuple(cell["metadata"].get("tags", ())))
            for cell in read_json(path)["cells"]
        ]
        self.by_id = {cell.id: cell for cell in self.cells}

    @property
    def your_turn_ids(self) -> list[str]:
        return [cell.id for cell in self.cells if "your-turn" in cell.tags]

    @property
    def slugs(self) -> list[str]:
        return [identity.removesuffix("-answer") for identity in self.your_turn_ids]

    def solution(self, slug: str) -> str:
        """The code in the folded solution of an exercise."""
        found = FENCED.findall(self.by_id[f"{slug}-solution"].source)
        assert found, f"{self.stem}: the cell {slug}-solution holds no block that begins with ```python"
        return "\n".join(found)

    def outcomes(self, slug: str, answer: str | None = None) -> list[CheckResult]:
        """What the check of an exercise says to `answer`, or to the cell as it stands in the notebook."""
        code = [cell for cell in self.cells if cell.is_code]
        at_check = [cell.id for cell in code].index(f"{slug}-check")
        sources = {cell.id: cell.source for cell in code}
        if answer is not None:
            sources[f"{slug}-answer"] = answer
        namespace: dict[str, Any] = {"__name__": "__main__"}
        for cell in slice_of(code[: at_check + 1], sources):
            value = run(sources[cell.id], namespace, cell.id)
        results = value if isinstance(value, list) else [value]
        assert any(isinstance(result, CheckResult) for result in results), f"{slug}-check ends in no check"
        return results


def own_source(cell: dict[str, Any]) -> str:
    """A cell's text; nothing of a program for another interpreter, which gives this one no names."""
    return "" if source_of(cell).startswith(f"%%{MAGIC} ") else source_of(cell)


def slice_of(code: list[Cell], sources: dict[str, str]) -> list[Cell]:
    """Of `code`, what its last cell needs: that cell, the imports, the parameters, and what gives the names used."""
    needed = uses(sources[code[-1].id])
    chosen = [code[-1]]
    for number, cell in reversed(list(enumerate(code[:-1]))):
        source = sources[cell.id]
        given, touched = gives(source)
        if number == 0 or "parameters" in cell.tags or needed & (given | touched):
            chosen.append(cell)
            needed = (needed - given) | uses(source)
    return chosen[::-1]


def uses(source: str) -> set[str]:
    """The global names that a cell reads, those inside its functions and comprehensions included."""
    table = symtable.symtable(source, "cell", "exec")
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    for inner in inner_tables(table):
        names |= {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
    return names


def inner_tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from inner_tables(child)


def gives(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell assigns without reading them first, and those that it changes otherwise."""
    table = symtable.symtable(source, "cell", "exec")
    assigned = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    changed = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            changed.add(node.target.id)
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            base: ast.expr = node
            while isinstance(base, ast.Subscript | ast.Attribute):
                base = base.value
            changed |= {base.id} if isinstance(base, ast.Name) else set()
    return assigned - changed, changed


def run(source: str, namespace: dict[str, Any], name: str) -> Any:
    """Runs a cell in `namespace`; the value of its last expression, if it ends in one."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    return None if last is None else eval(compile(ast.Expression(last.value), name, "eval"), namespace)


def calls(source: str, name: str) -> bool:
    """True if a cell calls a function of that name."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(ast.parse(source))
    )


def lessons(notebooks: list[Notebook]) -> list[Lesson]:
    """The notebooks that teach in cells of their own: lessons, case studies, and the start page."""
    return [Lesson(notebook.path) for notebook in notebooks if notebook.kind in ("lesson", "case_study", "start")]
