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
        defined = {symbol for name in found for bound, _ in names[name] for symbol in bound}
        more = {name for name, both in names.items() if any(used & defined for _, used in both)} - found
    return found


def _only_defines(text: str) -> bool:
    """Whether a cell only binds names: what else it does may be felt anywhere."""
    return all(
        isinstance(statement, DEFINES)
        or (isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets))
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in ast.parse(text).body
    )


def _names(text: str) -> tuple[set[str], set[str]]:
    """The global names that a cell binds, and those that it uses, in functions too."""
    bound, used, scopes = set[str](), set[str](), [symtable.symtable(text, "cell", "exec")]
    outermost = scopes[0]
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        for symbol in scope.get_symbols():
            if scope is outermost or symbol.is_global():
                if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                    bound.add(symbol.get_name())
                if symbol.is_referenced():
                    used.add(symbol.get_name())
    return bound, used
