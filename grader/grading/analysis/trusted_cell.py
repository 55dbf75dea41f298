"""A test cell as the sealing rules read it: its tree, whose names are whose, and which values come from the student.

Reads the instructor's text alone. What follows from it stands in `sealing_rules` and `aliasing`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from grader.grading.analysis import name_analysis


@dataclass(frozen=True)
class TrustedCell:
    """`theirs`: names that answers bind; `methods`, `classes`: those that the instructor's answers define.

    `replaces`: names of the student's that his functions use; `modules`: names that are modules.
    """

    source: str
    tree: ast.Module
    theirs: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree."""
        return list(ast.walk(self.tree))

    @cached_property
    def calls(self) -> list[ast.Call]:
        """All calls."""
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def imported(self) -> frozenset[str]:
        """Names that stand for modules here or in another cell."""
        return self.modules | frozenset(name_analysis.imports(self.tree))

    @cached_property
    def objects(self) -> frozenset[str]:
        """The instructor's own classes, and names that the cell binds to objects of them."""
        made = [node for node in self.nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
        bound = {name for node in made if root(node.value) in self.classes for name in targets_of(node)}
        return self.classes | frozenset(bound)

    @cached_property
    def given(self) -> frozenset[str]:
        """Names whose value may come from the student: their own, and what the cell makes of these."""
        known: frozenset[str] = self.theirs
        while True:
            more = known | frozenset(name for node in self.nodes for name in _bound_from(node, known))
            if more == known:
                return known
            known = more

    def from_student(self, node: ast.AST) -> bool:
        """Whether an expression reads a value that may come from the student."""
        return bool(names_in(node) & self.given)

    def is_students_call(self, node: ast.AST) -> bool:
        """Whether a node calls a function, class or method of the student's."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name):
            return node.func.id in self.theirs
        return isinstance(node.func, ast.Attribute) and (
            node.func.attr in self.methods or root(node.func) in self.theirs
        )


def names_in(node: ast.AST) -> set[str]:
    """Names that are read anywhere in a node."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)}


def root(node: ast.AST) -> str:
    """The name at the start of `name.part[item].part(...)`; "" if there is none."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes; only the last part where it starts with no name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def targets_of(node: ast.AST) -> Iterator[str]:
    """Names that an assignment, loop or `with` binds."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _bound_from(node: ast.AST, known: frozenset[str]) -> Iterator[str]:
    """Names that a node binds to something made of `known` names."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        if names_in(node.value) & known:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from targets_of(target)
    elif isinstance(node, ast.For | ast.comprehension) and names_in(node.iter) & known:
        yield from targets_of(node.target)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None and names_in(node.context_expr) & known:
        yield from targets_of(node.optional_vars)
