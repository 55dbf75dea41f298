"""What of a notebook depends on which variables, read from the code of its cells by names.

Where names leave a doubt, a cell depends. Nothing here runs a cell.
"""

import ast
import dis
from collections.abc import Iterable, Iterator, Mapping, Set
from types import CodeType, FunctionType
from typing import Any, NamedTuple

LOADS, STORES = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"), ("STORE_NAME", "STORE_GLOBAL")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
UNSURE = (ast.If, ast.Try, ast.TryStar, ast.While, ast.Match, ast.NamedExpr)
"""What holds assignments that may not take place."""
SERVER = "ServerProcess"


def dependents(cells: Mapping[str, str], changed: Set[str], modules: Set[str] = frozenset()) -> list[str]:
    """The names of those `cells` (sources, in order) that must run again where the variables `changed` have.

    Each that reads what changed, or what a cell that runs again assigns; and where several assign what such a cell
    reads, all of them before it, for it must not see what a later one left. Calling something in one of `modules`
    changes no module.
    """
    flows = [flow_of(source) for source in cells.values()]
    bodies = {name: reads for flow in flows for name, reads in flow.bodies.items()}
    writers: dict[str, set[int]] = {}
    for number, flow in enumerate(flows):
        for name in flow.writes - modules:
            writers.setdefault(name, set()).add(number)
    found, before = set[int](), None
    while found != before:
        before = set(found)
        for number, name in ((number, name) for number, flow in enumerate(flows) for name in _with(bodies, flow.reads)):
            every = writers.get(name, set())
            earlier = {writer for writer in every if writer < number}
            if name in changed or earlier & found:
                found.add(number)
            if number in found and (len(earlier) > 1 or every - earlier):
                found |= earlier
    names = list(cells)
    return [names[number] for number in sorted(found)]


def _with(bodies: Mapping[str, Set[str]], names: Set[str]) -> set[str]:
    """The `names`, and those that functions among them read once they are called."""
    found, new = set[str](), set(names)
    while new:
        found |= new
        new = set().union(*(bodies.get(name, ()) for name in new)) - found
    return found


def leaves_a_server(source: str, namespace: Mapping[str, Any]) -> bool:
    """Whether a cell starts a server, itself or by a function of the notebook, and does not stop it."""
    called = [namespace.get(name) for name in flow_of(source).reads]
    codes = [function.__code__ for function in called if isinstance(function, FunctionType)]
    starts = SERVER in source or any(SERVER in code.co_names for code in codes)
    return starts and ".stop()" not in source


class Flow(NamedTuple):
    """Names that a cell reads before it surely assigns them, that it assigns or changes, that its functions read."""

    reads: set[str]
    writes: set[str]
    bodies: dict[str, set[str]]


def flow_of(source: str) -> Flow:
    """What the cell with this `source` reads and writes. Raises `SyntaxError` where it is no Python."""
    flow, sure = Flow(set(), set(), {}), set[str]()
    for statement in ast.parse(source).body:
        parts, known = list(ast.walk(statement)), set(sure)
        defines = isinstance(statement, DEFINITIONS)
        certain = defines or not any(isinstance(part, UNSURE) for part in parts)
        code = compile(ast.Module([statement], []), "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        stored, within = set[str](), set[str]()
        for name, loaded, inside in _uses(code):
            if loaded:
                flow.reads.update({name} - known)
                within |= {name} if inside else set()
            else:
                stored.add(name)
                known |= {name} if certain else set()
        if certain and not isinstance(statement, ast.For):  # a loop may have nothing to do
            sure |= known
        if defines or any(isinstance(part, ast.Lambda) for part in parts):
            flow.bodies.update((name, within | flow.bodies.get(name, set())) for name in stored)
        flow.writes.update(stored, [] if defines else _changed_in_place(parts))
    return flow


def _uses(code: CodeType, inside: bool = False) -> Iterator[tuple[str, bool, bool]]:
    """The global names that a code uses, in its order; whether it loads them; whether it does so in a function."""
    for step in dis.get_instructions(code):
        if step.opname in LOADS:
            yield step.argval, True, inside
        elif step.opname in STORES and (not inside or step.opname == "STORE_GLOBAL"):
            yield step.argval, False, inside
        elif isinstance(step.argval, CodeType):
            yield from _uses(step.argval, True)


def _changed_in_place(parts: Iterable[ast.AST]) -> Iterator[str]:
    """Names of which something is assigned to a part, or a method is called for nothing but its effect."""
    for part in parts:
        whole: Any = None
        if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            whole = part
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            whole = part.value.func if isinstance(part.value.func, ast.Attribute) else None
        while isinstance(whole, ast.Attribute | ast.Subscript):
            whole = whole.value
        if isinstance(whole, ast.Name):
            yield whole.id
