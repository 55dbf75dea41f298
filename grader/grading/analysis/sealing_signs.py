"""Signs in the text of a test cell by which the sealing rules decide: each finder gives what it found, or "".

Reads the instructor's text alone. What follows from a sign, and what a teacher reads, stands in `sealing_rules`.
"""

import ast
from collections.abc import Callable, Iterator

from grader.grading.analysis import name_analysis
from grader.grading.analysis.name_analysis import BUILTINS
from grader.grading.analysis.trusted_cell import TrustedCell, dotted, root

OPENS = frozenset({
    "open", "Path", "read_csv", "read_excel", "read_json", "read_parquet", "loadtxt", "genfromtxt", "listdir", "exists",
    "isfile", "load", "imread", "connect",
})  # fmt: skip
COPIES = frozenset({"copy.copy", "copy.deepcopy", "deepcopy", "copy"})
READERS = frozenset({"get", "keys", "values", "items", "copy"})
SINGLE = (type(None), bool, type(...))
Sign = Callable[[TrustedCell], str]


def words(wanted: frozenset[str]) -> Sign:
    """One of some words, as a name, an attribute, the name of an argument, or in an import."""

    def find(cell: TrustedCell) -> str:
        return min(wanted & set(_used(cell)) - (cell.theirs - BUILTINS), default="")

    return find


def names(wanted: frozenset[str]) -> Sign:
    """One of some names that stands by itself, or is imported."""

    def find(cell: TrustedCell) -> str:
        used = {node.id for node in cell.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        return min(wanted & (used | set(name_analysis.imports(cell.tree))) - cell.theirs, default="")

    return find


def called(wanted: frozenset[str]) -> Sign:
    """A call of one of some functions, by name or as module.name."""
    return lambda cell: next((name for call in cell.calls if (name := dotted(call.func)) in wanted), "")


def _used(cell: TrustedCell) -> Iterator[str]:
    for node in cell.nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            if node.attr not in cell.methods or root(node) not in cell.objects:  # else it is a method of the student's
                yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (getattr(node, "module", None) or "").split(".")
            yield from (part for alias in node.names for part in alias.name.split("."))


def evaluated_by_pandas(cell: TrustedCell) -> str:
    """`.eval(text)` of a table; a model's `.eval()` takes nothing."""
    found = (call.func for call in cell.calls if isinstance(call.func, ast.Attribute) and call.args)
    return next((f".{method.attr}(" for method in found if method.attr == "eval"), "")


def formats(cell: TrustedCell) -> str:
    """A text of the student's used as a template."""
    for node in cell.nodes:
        template: ast.AST | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            template = node.func.value if node.func.attr in ("format", "format_map") else None
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            template = node.left if isinstance(node.right, ast.Tuple | ast.Dict) else None
        if template is not None and cell.from_student(template):
            return ast.unparse(template)
    return ""


def opens_what_is_named(cell: TrustedCell) -> str:
    """A file whose name comes from the student."""
    for call in cell.calls:
        name = dotted(call.func).rpartition(".")[2]
        if name in OPENS and any(cell.from_student(argument) for argument in call.args[:1]):
            return name
    return ""


def opens_to_write(cell: TrustedCell) -> str:
    """A file that the cell opens to write."""
    for call in cell.calls:
        given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
        modes = [
            argument.value
            for argument in given
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if dotted(call.func).rpartition(".")[2] == "open" and any(set("wax+") & set(mode) for mode in modes):
            return "open"
    return ""


def built_in_bound_again(cell: TrustedCell) -> str:
    """A built-in name that the cell binds."""
    bound = name_analysis.bound(cell.tree) - set(name_analysis.imports(cell.tree))
    return min((bound & BUILTINS) - {"_"}, default="")


def students_name_bound_again(cell: TrustedCell) -> str:
    """A name that the student's functions use and the cell binds."""
    bound = name_analysis.bound(cell.tree) - set(name_analysis.imports(cell.tree))
    return min(bound & cell.replaces, default="")


def module_changed(cell: TrustedCell) -> str:
    """A module whose attribute is set or deleted, or Python's own built-in names as a whole."""
    for node in cell.nodes:
        changed: ast.AST | None = None
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            changed = node
        elif isinstance(node, ast.Call) and dotted(node.func) in ("setattr", "delattr") and node.args:
            changed = node.args[0]
        if changed is not None and root(changed) in cell.imported:
            return root(changed)
    return min({"builtins", "__builtins__"} & set(_used(cell)), default="")


def modules_of_python(cell: TrustedCell) -> str:
    """Python's own list of modules, or of what finds them."""
    return next((name for node in cell.nodes if (name := dotted(node)) in ("sys.modules", "sys.meta_path")), "")


def environment_changed(cell: TrustedCell) -> str:
    """Variables of the environment set or deleted."""
    for node in cell.nodes:
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and _is_environment(node.value):
            return "os.environ"
        called = node.func if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
        if called is not None and _is_environment(called.value) and called.attr not in READERS:
            return "os.environ"
    return ""


def _is_environment(node: ast.AST) -> bool:
    return dotted(node) in ("os.environ", "environ")


def errors_made_of_warnings(cell: TrustedCell) -> str:
    """Warnings turned into errors, or caught."""
    for call in cell.calls:
        name = dotted(call.func).rpartition(".")[2]
        reported = [*call.args, *(keyword.value for keyword in call.keywords)]
        texts = {constant.value for constant in reported if isinstance(constant, ast.Constant)}
        if name in ("simplefilter", "filterwarnings") and "error" in texts:
            return f"{name}('error')"
        if name in ("seterr", "errstate") and texts & {"raise", "call"}:
            return f"{name}(... 'raise')"
        if name == "catch_warnings" and any(keyword.arg == "record" for keyword in call.keywords):
            return "catch_warnings(record=...)"
    return ""


def namespace_written(cell: TrustedCell) -> str:
    """Names bound by way of `globals()` and the like."""
    for node in cell.nodes:
        written: ast.AST | None = None
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            written = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            written = node.func.value if node.func.attr in name_analysis.MUTATORS else None
        if written is not None and (name := _namespace(written)):
            return name
    return ""


def _namespace(node: ast.AST) -> str:
    """`globals()`, `locals()` or `vars()` without an argument."""
    if isinstance(node, ast.Call) and not node.args and dotted(node.func) in ("globals", "locals", "vars"):
        return f"{dotted(node.func)}()"
    return ""


def module_asked(cell: TrustedCell) -> str:
    """`hasattr(module, ...)`: what the student's code made of a module is not known here."""
    for call in cell.calls:
        asked = call.args[0] if call.args and dotted(call.func) in ("hasattr", "dir", "vars") else None
        if isinstance(asked, ast.Name) and asked.id in cell.imported:
            return f"{dotted(call.func)}({asked.id}, ...)"
    return ""


def identity(cell: TrustedCell) -> str:
    """`is` between two values of which neither is None, True, False or ...."""
    for node in cell.nodes:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
                if isinstance(operator, ast.Is | ast.IsNot) and not (_is_single(left) or _is_single(right)):
                    return ast.unparse(ast.Compare(left, [operator], [right]))
    return ""


def _is_single(node: ast.AST) -> bool:
    """None, True, False and ...: there is one of each in every process."""
    return (isinstance(node, ast.Constant) and isinstance(node.value, SINGLE)) or dotted(node) == "NotImplemented"


def exact_type(cell: TrustedCell) -> str:
    """`type(x)` of a value of the student's in a comparison."""
    for node in cell.nodes:
        sides: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and dotted(node.func).startswith("self.assert"):
            sides = node.args
        if found := next((side for side in sides if _is_type_of(side, cell)), None):
            return ast.unparse(found)
    return ""


def _is_type_of(node: ast.AST, cell: TrustedCell) -> bool:
    """`type(x)` or `x.__class__`, alone or among others; not a part of it, such as its name."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(_is_type_of(element, cell) for element in node.elts)
    if isinstance(node, ast.Call):
        asks = dotted(node.func) == "type" and len(node.args) == 1
        maps = dotted(node.func) in ("set", "list", "map", "all", "any") and any(
            _maps_type(argument) for argument in node.args
        )
        return (asks and cell.from_student(node)) or maps
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return _is_type_of(node.elt, cell)
    return isinstance(node, ast.Attribute) and node.attr == "__class__"


def _maps_type(node: ast.AST) -> bool:
    return dotted(node) == "type" or (
        isinstance(node, ast.Call) and dotted(node.func) == "map" and bool(node.args) and dotted(node.args[0]) == "type"
    )


def copies(cell: TrustedCell) -> str:
    """`copy.copy` and `copy.deepcopy` of what the student's code gave."""
    for call in cell.calls:
        copied = call.args[0] if call.args and dotted(call.func) in COPIES else None
        if copied is not None and cell.from_student(copied):
            return ast.unparse(call)
    return ""


def waits(cell: TrustedCell) -> str:
    """Coroutines."""
    kinds = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.AsyncFunctionDef)
    return "await" if any(isinstance(node, kinds) for node in cell.nodes) else ""
