"""Whether a test cell changes a value that the student's code may still hold, and looks at another one afterwards.

What crosses to a sealed test is a copy: a list that a constructor kept, a view, a shallow copy or rows that are one
list look like fresh ones there. Works on the text alone, statement by statement, and rather says yes.
"""

import ast
from collections.abc import Iterator

from grader.grading.analysis.name_analysis import MUTATORS
from grader.grading.analysis.trusted_cell import TrustedCell, names_in, root, targets_of

# What stands between a table and its own cells: a change through it is one of the table itself.
ACCESSORS = frozenset({"loc", "iloc", "at", "iat", "flat", "values"})


def changed_and_looked_at(cell: TrustedCell) -> str:
    """The name that is changed while another shows whether it was shared; "" if there is none."""
    flow = _Flow(cell)
    for statement in _statements(cell.tree.body):
        if flow.shows(statement):
            return flow.suspect
        flow.take(statement)
    return ""


class _Flow:
    """What is known after some statements.

    `shared`: names whose value the student's code gave or was given, with the functions that did; `objects`: names of
    objects of the student's classes, which are not copied; `changed`: shared names that the cell has changed since,
    with the names that were shared at that time; `suspect` is the one that is looked at.
    """

    def __init__(self, cell: TrustedCell) -> None:
        self.cell = cell
        self.shared: dict[str, set[str]] = {}
        self.objects: set[str] = set()
        self.changed: dict[str, set[str]] = {}
        self.suspect = ""

    def take(self, statement: ast.AST) -> None:
        """Notes what a statement binds, gives away and changes."""
        for target, deep in _changes(statement):
            self._note_change(target, deep)
        for call in ast.walk(statement):
            if isinstance(call, ast.Call) and self.cell.is_students_call(call):
                self._note_call(call)
            elif isinstance(call, ast.Call):
                self._note_kept(call)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
                self._note_assignment(target, statement.value)
        elif isinstance(statement, ast.For):
            self._note_binding(statement.target, statement.iter)

    def shows(self, statement: ast.AST) -> bool:
        """Whether a statement reads what would show a change of another value."""
        read = names_in(statement)
        for name, others in self.changed.items():
            if read & others:
                self.suspect = name
                return True
        return False

    def _note_call(self, call: ast.Call) -> None:
        caller = root(call.func)
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
            for name in _held(argument):
                if name not in self.cell.theirs | self.cell.imported:
                    self.shared.setdefault(name, set()).add(caller)

    def _note_assignment(self, target: ast.AST, value: ast.expr) -> None:
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            pairs = list(zip(target.elts, value.elts, strict=True))
        for part, given in pairs:
            self._note_binding(part, given)

    def _note_binding(self, target: ast.AST, value: ast.AST) -> None:
        for name in targets_of(target):
            self.shared.pop(name, None)
            self.changed.pop(name, None)
            self.objects.discard(name)
            callers = self._callers(value)
            if callers:
                self.shared[name] = callers
                if isinstance(value, ast.Call) and root(value.func) in self.cell.classes:
                    self.objects.add(name)

    def _callers(self, value: ast.AST) -> set[str]:
        """The student's names behind a value that is what they gave, or a part of it; none for what was made here."""
        if isinstance(value, ast.Call) and self.cell.is_students_call(value):
            return {root(value.func)}
        if isinstance(value, ast.Name | ast.Subscript | ast.Attribute):
            name = root(value)
            return {name} | self.shared.get(name, set()) if name in self.shared or name in self.cell.theirs else set()
        if isinstance(value, ast.Tuple | ast.List):
            return set().union(*map(self._callers, value.elts))
        if isinstance(value, ast.ListComp):
            return self._callers(value.elt)
        if isinstance(value, ast.IfExp):
            return self._callers(value.body) | self._callers(value.orelse)
        return set()

    def _note_change(self, target: ast.AST, deep: bool) -> None:
        name = root(target)
        if name in self.cell.replaces and name not in self.shared:
            self.shared[name] = set(self.cell.theirs)  # a variable of the student's that his functions use
        if name not in self.shared or (name in self.objects and not deep):
            return
        others = (set(self.shared) | self.shared[name]) - {name}
        self.changed[name] = others | ({name} if deep else set())

    def _note_kept(self, call: ast.Call) -> None:
        """A list that was given a value of the student's holds it."""
        name = root(call.func)
        callers = set().union(*map(self._callers, call.args))
        if isinstance(call.func, ast.Attribute) and call.func.attr in MUTATORS and name and callers:
            self.shared[name] = self.shared.get(name, set()) | callers


def _statements(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Statements in the order in which they are read; the heads of loops and conditions stand for themselves."""
    for statement in body:
        if isinstance(statement, ast.For):
            yield ast.For(statement.target, statement.iter, [], [])
        elif isinstance(statement, ast.While | ast.If):
            yield ast.Expr(statement.test)
        elif isinstance(statement, ast.With):
            yield from (ast.Expr(item.context_expr) for item in statement.items)
        elif not isinstance(statement, ast.Try | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield statement
        for part in ("body", "handlers", "orelse", "finalbody"):
            for inner in getattr(statement, part, []):
                yield from _statements(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])


def _changes(statement: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """What a statement changes in place, and whether it is a part of a part of the name that it starts with."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield node, _is_part(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            yield node.func.value, _is_part(node.func.value)
        elif isinstance(node, ast.Call) and any(keyword.arg == "inplace" for keyword in node.keywords):
            yield node.func, False
        elif isinstance(node, ast.Call) and any(keyword.arg == "out" for keyword in node.keywords):
            yield next(keyword.value for keyword in node.keywords if keyword.arg == "out"), False
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield ast.Name(node.target.id, ast.Load()), False


def _is_part(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and node.attr in ACCESSORS:
        return _is_part(node.value)
    return not isinstance(node, ast.Name)


def _held(argument: ast.AST) -> set[str]:
    """Names whose value itself is given: not those of which something else is made first."""
    if isinstance(argument, ast.Name):
        return {argument.id}
    if isinstance(argument, ast.Starred | ast.Subscript | ast.Attribute):
        return _held(argument.value)
    if isinstance(argument, ast.List | ast.Tuple | ast.Set):
        return set().union(*map(_held, argument.elts))
    if isinstance(argument, ast.Dict):
        return set().union(*map(_held, argument.values))
    return set()
