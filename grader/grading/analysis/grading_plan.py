"""What the checker must know of an assignment before any submission comes, worked out from the instructor's cells.

A plan is a pure function of the instructor's notebooks; no submission has a say in it.
"""

import ast
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.grading.analysis import name_analysis, sealing_rules
from grader.grading.analysis.name_analysis import BUILTINS, Names
from grader.grading.analysis.test_order import needed_before
from grader.grading.intake.instructor_notebook import HIDDEN, InstructorCell, InstructorNotebook
from grader.suite_kit.exercise import FILE, load_exercise

LIGHT = frozenset(sys.stdlib_module_names)


@dataclass
class Plan:
    """One notebook. Cells are known by grade id, plain ones by cell id.

    `prefix`: locked cells before the first cell of the student's, as (id, source), and `tests` likewise; `binds`: names
    that an answer makes the student's; `starters`: what answer cells held when released; `answers`: the instructor's
    own, if known; `unsealed`: why a test cannot be sealed, `advice`: what to write instead; `ours`: tests that call a
    suite of ours, which are never unsealed; `methods`: those that the instructor's classes define; `public`: tests
    whose names later cells use, as released; `after`: the answer cells that belong to a test; `needs`: earlier
    tests whose names it uses.
    """

    name: str
    prefix: list[tuple[str, str]] = field(default_factory=list)
    tests: list[tuple[str, str]] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    binds: dict[str, list[str]] = field(default_factory=dict)
    starters: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    unsealed: dict[str, str] = field(default_factory=dict)
    advice: dict[str, str] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    public: dict[str, str] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: tuple[str, str] = HIDDEN

    def setting(self) -> dict[str, Any]:
        """What the checker's process receives, as JSON-friendly data."""
        known = {"theirs": sorted(self.names.theirs), "imports": self.names.imports}
        return {"name": self.name, "prefix": self.prefix, "tests": self.tests, "names": known}


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
    made = {original.name: plan(original, _answers(solved.get(original.name)), hidden) for original in originals}
    imported: set[str] = set()
    for original in originals:
        for cell in original.cells:
            text = made[original.name].answers.get(identity(cell), cell.source)
            imported |= name_analysis.modules(name_analysis.tree_of(text)) if cell.kind == "code" else set()
    found = {name for name in imported if not _is_light(name)}
    late = {name for module in found for name in _stated(module, "preloads")}
    return Plans(made, sorted(found | late), sorted({name for module in found for name in _stated(module, "forbids")}))


def identity(cell: InstructorCell) -> str:
    """How a plan calls a cell."""
    return cell.grade_id or cell.cell_id


def plan(original: InstructorNotebook, answers: dict[str, str], hidden: tuple[str, str] = HIDDEN) -> Plan:
    """The plan of one notebook; `answers` are the instructor's, by grade id or cell id."""
    made = Plan(original.name, answers=answers, hidden=hidden)
    code = [cell for cell in original.cells if cell.kind == "code"]
    theirs = [cell for cell in code if not cell.locked]
    trees = {identity(cell): name_analysis.tree_of(answers.get(identity(cell), cell.source)) for cell in code}
    own = [trees[identity(cell)] for cell in theirs]
    bound = {identity(cell): name_analysis.bound(trees[identity(cell)]) for cell in code}
    made.methods = {name for tree in own for name in name_analysis.methods(tree)}
    for cell in theirs:
        tree = trees[identity(cell)]
        made.names.imports |= name_analysis.imports(tree)
        given = (bound[identity(cell)] | name_analysis.changed(tree)) - set(name_analysis.imports(tree))
        made.binds[identity(cell)] = sorted(given)
        made.starters[identity(cell)] = cell.released
    everything = {name for given in made.binds.values() for name in given}
    made.names.theirs = frozenset(everything & BUILTINS)
    for cell in code:
        if not (cell.locked and not cell.graded):
            break
        made.prefix.append((identity(cell), cell.source))
    _tests(made, code, trees, bound)
    _decide_seals(made, code, trees, own)
    ordered = [(identity(cell), cell.source) for cell in code if cell.graded or not cell.locked]
    made.needs = needed_before(ordered, made.binds)
    return made


def _tests(
    made: Plan, code: list[InstructorCell], trees: dict[str, ast.Module], bound: dict[str, set[str]]
) -> None:  # fmt: skip
    """What the plan says of each test cell but for its seal."""
    since: list[str] = []
    read = {name: name_analysis.read(tree) for name, tree in trees.items()}
    suites = {
        name
        for tree in trees.values()
        for name, statement in name_analysis.imports(tree).items()
        if "grader.suites" in statement
    }
    for number, cell in enumerate(code):
        name = identity(cell)
        if not cell.locked:
            since.append(name)
        if not (cell.locked and cell.graded):
            continue
        made.tests.append((name, cell.source))
        using = [binder for binder, given in made.binds.items() if not read[name].isdisjoint(given)]
        made.after[name] = [binder for binder in using if binder in since or binder in made.starters] or since[-1:]
        since = []
        later = [following for following in code[number + 1 :] if not (following.locked and following.graded)]
        if any(bound[name] & read[identity(following)] for following in later):
            made.public[name] = cell.released
        if name_analysis.called(trees[name])[0] in suites:
            made.ours.add(name)


def _decide_seals(
    made: Plan, code: list[InstructorCell], trees: dict[str, ast.Module], own: Sequence[ast.Module]
) -> None:  # fmt: skip
    """Which tests are not sealed, by the text of the release alone; tests of our suites always are."""
    theirs = {name for given in made.binds.values() for name in given}
    known = {
        "theirs": theirs,
        "methods": made.methods,
        "classes": {name for tree in own for name in name_analysis.classes(tree)},
        "replaces": {name for tree in own for name in name_analysis.read_in_functions(tree)} & theirs,
        "modules": set(made.names.imports) | {name for tree in trees.values() for name in name_analysis.imports(tree)},
    }
    fixed = {name: frozenset(names) for name, names in known.items()}
    for cell in code:
        name = identity(cell)
        if not (cell.locked and cell.graded) or name in made.ours:
            continue
        found = sealing_rules.not_sealed(cell.source, **fixed) if made.answers else sealing_rules.NO_SOURCE
        if found is not None:
            made.unsealed[name], made.advice[name] = found.reason, found.advice


def _answers(content: bytes | None) -> dict[str, str]:
    """Code of the cells of an instructor's notebook, by grade id or cell id."""
    from grader.grading.intake.notebook_parser import read

    cells = read(content).cells or [] if content else []
    return {cell.grade_id or cell.cell_id or f"cell-{number}": cell.text for number, cell in enumerate(cells)
            if cell.kind == "code"}  # fmt: skip


def _is_light(module: str) -> bool:
    return module.partition(".")[0] in LIGHT


def _stated(module: str, key: str) -> tuple[str, ...]:
    """What a suite of ours states of itself, `forbids` or `preloads`; nothing for any other module."""
    found = importlib.util.find_spec(module) if module.startswith("grader.suites.") else None
    if found is None or not found.origin or not Path(found.origin).with_name(FILE).is_file():
        return ()
    stated: tuple[str, ...] = getattr(load_exercise(Path(found.origin).parent), key)
    return stated
