"""What a cell's text says of names, without running it: bound, changed, read, imported; what no channel carries.

Reads instructors' cells above all; of a student's cell only what it defines. Nothing here knows marks.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

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
CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
HARMLESS_MAGICS = ("%matplotlib", "%config", "%load_ext", "%autoreload", "%pylab", "%time ", "%pip", "!pip")


BUILTINS = frozenset(vars(builtins))


@dataclass
class Names:
    """Which names are whose. `theirs`: names of the student's that also are built in; `imports`: statements by name."""

    theirs: frozenset[str] = frozenset()
    imports: dict[str, str] = field(default_factory=dict)


def python(source: str) -> str:
    """The text without lines that only IPython understands; line numbers stay. Empty for a cell in another language."""
    first = source.lstrip()
    if first.startswith("%%") and not first.startswith(CELL_MAGICS):
        return ""
    return "\n".join("" if is_magic(line) else line for line in source.splitlines()) + "\n"


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


def defined(tree: ast.Module) -> set[str]:
    """Functions and classes that the cell defines at its top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in _top_level(tree) if isinstance(node, kinds)}


def classes(tree: ast.Module) -> set[str]:
    """Classes that the cell defines."""
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def methods(tree: ast.Module) -> set[str]:
    """Methods that classes of the cell define."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for body in bodies for node in body if isinstance(node, kinds)}


def read(tree: ast.Module) -> set[str]:
    """Global names that the cell reads, at its top level or in its functions."""
    return _globals(_table(tree), at_top=True)


def read_in_functions(tree: ast.Module) -> set[str]:
    """Global names that functions and classes of the cell read."""
    return {name for child in _table(tree).get_children() for name in _globals(child, at_top=False)}


def _table(tree: ast.Module) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(tree), "cell", "exec")


def _globals(table: symtable.SymbolTable, at_top: bool) -> set[str]:
    symbols = table.get_symbols()
    found = {symbol.get_name() for symbol in symbols if symbol.is_referenced() and (at_top or symbol.is_global())}
    return found.union(*(_globals(child, at_top=False) for child in table.get_children()))


def imports(tree: ast.Module) -> dict[str, str]:
    """Statements that import one name each, by the name; star imports under "*" and the module's name."""
    found = {}
    for node in _top_level(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                statement = (
                    ast.Import([alias])
                    if isinstance(node, ast.Import)
                    else ast.ImportFrom(node.module, [alias], node.level)
                )
                name = alias.asname or alias.name.partition(".")[0]
                found[f"*{getattr(node, 'module', '')}" if alias.name == "*" else name] = ast.unparse(statement)
    return found


def modules(tree: ast.Module) -> set[str]:
    """Modules that the cell imports anywhere."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "grader.suites"}
    return found


def called(tree: ast.Module) -> tuple[str, str]:
    """("suite", "test") of a cell that is nothing but `suite.test(...)`; ("", "") for every other cell."""
    only = tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
    function = only.func if isinstance(only, ast.Call) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id, function.attr
    return "", ""


def is_magic(line: str) -> bool:
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
