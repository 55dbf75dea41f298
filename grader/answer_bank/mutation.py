"""Small faults put into Python source one at a time: how many of them a suite finds is reported as a rate."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS = {ast.LtE: ast.Lt, ast.Lt: ast.LtE, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COMPARISONS |= {ast.Is: ast.IsNot, ast.IsNot: ast.Is}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}


@dataclass(frozen=True)
class Mutant:
    """`source` with one fault; `what` says which, with its line in the original."""

    what: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of `source` that differs in one comparison, operator, number, condition or returned value."""
    tree = ast.parse(source)
    found = []
    for place, node in enumerate(ast.walk(tree)):
        for what, change in _faults(node):
            mutated = copy.deepcopy(tree)
            _apply(mutated, place, change)
            line = getattr(node, "lineno", 0)
            found.append(Mutant(f"line {line}: {what}", ast.unparse(ast.fix_missing_locations(mutated))))
    return found


def _faults(node: ast.AST) -> Iterator[tuple[str, dict[str, object]]]:
    """(description, fields to set on the node) for each fault that the node can have."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        other = COMPARISONS[type(node.ops[0])]
        yield f"{type(node.ops[0]).__name__} is {other.__name__}", {"ops": [other(), *node.ops[1:]]}
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in ARITHMETIC:
        arithmetic = ARITHMETIC[type(node.op)]
        yield f"{type(node.op).__name__} is {arithmetic.__name__}", {"op": arithmetic()}
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and type(node.value) is not bool:
        yield f"{node.value} is {node.value + 1}", {"value": node.value + 1}
    elif isinstance(node, ast.IfExp):
        yield "the two branches are swapped", {"body": node.orelse, "orelse": node.body}
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "the minus is lost", {"op": ast.UAdd()}
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "nothing is returned", {"value": None}


def _apply(tree: ast.AST, place: int, change: dict[str, object]) -> None:
    node = list(ast.walk(tree))[place]
    for name, value in change.items():
        setattr(node, name, copy.deepcopy(value))
