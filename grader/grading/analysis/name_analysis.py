"""What a cell's text says of names, without running it: bound, changed, read, imported.

Reads instructors' cells above all; of a student's cell only what it defines. Nothing here knows marks.
"""

import ast
import re
import symtable
from collections.abc import Iterator

MUTATORS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "clear",
        "update",
        "add",
        "discard",
        "sort",
        "reverse",
        "setdefault",
        "popitem",
        "fill",
        "put",
        "resize",
        "appendleft",
        "extendleft",
        "popleft",
        "rotate",
    ]
)
# Of a student's code at most so much is read: a tree takes a thousand bytes for a character, in a process of ours that
# no limit of a session holds.
READ_CHARACTERS = 200_000
MAGIC = re.compile(r"\s*(%%?\w|!|\?)")
ACTING = frozenset({"antigravity", "this"})  # modules to import which is to have something done
CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


def python(source: str) -> str:
    """The text without lines that only IPython understands; line numbers stay. Empty for a cell in another language."""
    first = source.lstrip()
    if first.startswith("%%") and not first.startswith(CELL_MAGICS):
        return ""
    return "\n".join("" if _is_magic(line) else line for line in source.splitlines()) + "\n"


def tree_of(source: str) -> ast.Module:
    """The tree of a cell; empty if it is no Python."""
    try:
        return ast.parse(python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def bound(tree: ast.Module) -> set[str]:
    """Names that the cell binds at its top level, imports among them."""
    found: set[str] = set()
    for node in _top_level(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found | {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def changed(tree: ast.Module) -> set[str]:
    """Names whose object the cell changes at its top level: parts assigned, or a method called that is known to."""
    found: set[str] = set()
    for node in _top_level(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found |= _base(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            in_place = any(keyword.arg == "inplace" for keyword in node.keywords)
            if node.func.attr in MUTATORS or in_place:
                found |= _base(node.func)
    return found


def made_here(tree: ast.Module) -> set[str]:
    """Names that are what they are by the cell: bound or changed there, and not imported."""
    imports = [node for node in _top_level(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return (bound(tree) | changed(tree)) - bound(ast.Module(list(imports), []))


def defined(tree: ast.Module) -> set[str]:
    """Functions and classes that the cell defines at its top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in _top_level(tree) if isinstance(node, kinds)}


def read(tree: ast.Module) -> set[str]:
    """Global names that the cell reads, at its top level or in its functions."""
    return _globals(_table(tree), at_top=True)


def _table(tree: ast.Module) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(tree), "cell", "exec")


def _globals(table: symtable.SymbolTable, at_top: bool) -> set[str]:
    symbols = table.get_symbols()
    found = {symbol.get_name() for symbol in symbols if symbol.is_referenced() and (at_top or symbol.is_global())}
    return found.union(*(_globals(child, at_top=False) for child in table.get_children()))


def modules(tree: ast.Module) -> set[str]:
    """Modules that the cell imports anywhere; some of what it takes out of another module may be none."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            if not node.module.startswith("grader.suites."):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found - ACTING


def _is_magic(line: str) -> bool:
    """Whether only IPython understands a line."""
    return (bool(MAGIC.match(line)) and not line.startswith((" ", "\t"))) or bool(re.match(r"\s+%%?[a-z]\w* ", line))


def _base(node: ast.AST) -> set[str]:
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _top_level(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes that belong to the cell's own level: not what stands in functions, classes or comprehensions."""
    apart = (
        ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp,
        ast.GeneratorExp,
    )  # fmt: skip
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, apart):
            yield from _top_level(node)
