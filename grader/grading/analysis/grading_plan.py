"""What must be known of an assignment before any submission comes, worked out from the instructor's cells alone.

A plan is a pure function of the instructor's notebooks; no submission has a say in it.
"""

import ast
import importlib.util
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.grading.analysis import name_analysis
from grader.grading.intake.instructor_notebook import HIDDEN, InstructorCell, InstructorNotebook

FILE = "exercise.toml"  # what a suite of ours states of itself
SUITES = "grader.suites."


@dataclass(frozen=True)
class SuiteCall:
    """A test cell that is nothing but `suite.test(name, ...)`: the suite's module, the test, the student's names."""

    suite: str
    test: str
    names: tuple[str, ...]


@dataclass
class Plan:
    """One notebook. Cells are known by grade id, plain ones by cell id.

    `starters`: what answer cells held when released; `calls`: the tests of suites, which are decided apart from student
    code, as every other test is not; `after`: the answer cells that belong to a test.
    """

    name: str
    starters: dict[str, str] = field(default_factory=dict)
    calls: dict[str, SuiteCall] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)
    hidden: tuple[str, str] = HIDDEN


@dataclass
class Plans:
    """An assignment: a plan a notebook, the modules it imports, now or late, and those that its suites forbid."""

    notebooks: dict[str, Plan]
    modules: list[str] = field(default_factory=list)
    forbids: list[str] = field(default_factory=list)


def plans(
    originals: Sequence[InstructorNotebook], solved: Mapping[str, bytes], hidden: tuple[str, str] = HIDDEN
) -> Plans:
    """The plans of an assignment. `solved` are the instructor's notebooks with answers, by name, if any."""
    imported: set[str] = set()
    made = {}
    for original in originals:
        answers = _answers(solved.get(original.name))
        made[original.name] = plan(original, answers, hidden)
        texts = (_text(cell, answers) for cell in original.cells if cell.kind == "code")
        imported.update(*(name_analysis.modules(name_analysis.tree_of(text)) for text in texts))
    late = {name for module in imported for name in _stated(module, "preloads")}
    forbids = {name for module in imported for name in _stated(module, "forbids")}
    return Plans(made, sorted(imported | late), sorted(forbids))


def identity(cell: InstructorCell) -> str:
    """How a plan calls a cell."""
    return cell.grade_id or cell.cell_id


def plan(original: InstructorNotebook, answers: Mapping[str, str], hidden: tuple[str, str] = HIDDEN) -> Plan:
    """The plan of one notebook; `answers` are the instructor's, by grade id or cell id."""
    made = Plan(original.name, hidden=hidden)
    code = [cell for cell in original.cells if cell.kind == "code"]
    trees = {identity(cell): name_analysis.tree_of(_text(cell, answers)) for cell in code}
    suites = {name: module for tree in trees.values() for name, module in _suites(tree).items()}
    made.starters = {identity(cell): cell.released for cell in code if not cell.locked}
    binds = {name: name_analysis.made_here(trees[name]) for name in made.starters}
    since: list[str] = []
    for name, cell in ((identity(cell), cell) for cell in code):
        if not cell.locked:
            since.append(name)
        if not (cell.locked and cell.graded):
            continue
        needed = name_analysis.read(trees[name])
        made.after[name] = [binder for binder, names in binds.items() if names & needed] or since[-1:]
        since = []
        if (call := suite_call(trees[name], suites)) is not None:
            made.calls[name] = call
    return made


def _text(cell: InstructorCell, answers: Mapping[str, str]) -> str:
    """A cell as released, with the instructor's own answer: a locked one may have been changed since."""
    return cell.source if cell.locked else answers.get(identity(cell), cell.source)


def _suites(tree: ast.Module) -> dict[str, str]:
    """Modules of suites by the name that a cell gives them: `from grader.suites import reduce_latency as suite`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and f"{node.module}." == SUITES:
            found |= {alias.asname or alias.name: SUITES + alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname and SUITES in alias.name}
    return found


def suite_call(tree: ast.Module, suites: Mapping[str, str]) -> SuiteCall | None:
    """The test of a suite that a cell consists of a call of, with names of the student's alone; None for any other."""
    match tree.body:
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name(suite), test), arguments, []))] if suite in suites:
            names = tuple(argument.id for argument in arguments if isinstance(argument, ast.Name))
            return SuiteCall(suites[suite], test, names) if len(names) == len(arguments) else None
    return None


def _answers(content: bytes | None) -> dict[str, str]:
    """Code of the cells of an instructor's notebook, by grade id or cell id."""
    from grader.grading.intake.notebook_parser import read

    cells = read(content).cells or [] if content else []
    return {cell.grade_id or cell.cell_id or f"cell-{number}": cell.text for number, cell in enumerate(cells)
            if cell.kind == "code"}  # fmt: skip


def _stated(module: str, key: str) -> tuple[str, ...]:
    """What a suite of ours states of itself, `forbids` or `preloads`; nothing for any other module."""
    found = importlib.util.find_spec(module) if module.startswith(SUITES) else None
    if found is None or not found.origin or not Path(found.origin).with_name(FILE).is_file():
        return ()
    path = Path(found.origin).with_name(FILE)
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")).get(key, ()))  # its form is `load_exercise`'s matter
