"""Which tests can give an answer other points than another one: what differs reaches them by names, from cell to cell.

Tests that nothing of it reaches run the very same code for both. Where a cell does more than to define, and wherever
else names do not tell, all tests count as reached.
"""

import ast
import symtable
from collections.abc import Mapping

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def reached(cells: Mapping[str, str], others: Mapping[str, str]) -> set[str]:
    """The cells that run other code, or use what such a cell defines; both answers have cells of the same names."""
    changed = {name for name, text in cells.items() if text != others[name]}
    try:
        if not all(_only_defines(text[name]) for name in changed for text in (cells, others)):
            return set(cells)
        names = {name: (_names(text), _names(others[name])) for name, text in cells.items()}
    except SyntaxError:
        return set(cells)
    found, more = set[str](), changed
    while more:
        found |= more
        defined = {one for name in found for bound, _ in names[name] for one in bound}
        more = {name for name, both in names.items() if any(used & defined for _, used in both)} - found
    return found


def _only_defines(text: str) -> bool:
    """Whether a cell only binds names: what else it does may be felt anywhere."""
    return all(
        isinstance(one, DEFINES)
        or (isinstance(one, ast.Assign) and all(isinstance(target, ast.Name) for target in one.targets))
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in ast.parse(text).body
    )


def _names(text: str) -> tuple[set[str], set[str]]:
    """The global names that a cell binds, and those that it uses, in functions too."""
    bound, used, scopes = set[str](), set[str](), [symtable.symtable(text, "cell", "exec")]
    outermost = scopes[0]
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        for one in scope.get_symbols():
            if scope is outermost or one.is_global():
                if one.is_assigned() or one.is_imported() or one.is_namespace():
                    bound.add(one.get_name())
                if one.is_referenced():
                    used.add(one.get_name())
    return bound, used
