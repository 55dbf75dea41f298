"""The bank of an exercise: answers whose marks are known, read from grader/suites/NAME/bank.

Most are patches in bank.toml, over the cells of the solution: `[wrong.NAME]` with `points` (tests that do not get full
marks) and `says` (what the student must read), and the faults under `[mutant]`, each of which must lose points. An
answer of another style is a Python file that replaces cells by grade id; its docstring ends in the same TOML, with
`kind`. What a naive practitioner hands in first has `first_try = true`. Under `[lessons.NAME]` stands the mistake of a
lesson that exercise.toml names, as patches over right answers: `every` over each of them, or `over.ANSWER`. Where the
draw of hidden cases moves a mark, `varies` says from what to what by test, and `cause` why. What a bank proves is in
`grader.answer_bank.proof`, how an answer is run in `grader.answer_bank.runner`.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.answer_bank.affected_tests import reached
from grader.errors import GraderError
from notebook_runner.errors import was_meant

CELL = re.compile(r"^# %% (\S+)\n", re.MULTILINE)
KINDS = ("wrong", "alternative", "random")
MUTANTS = ("mutant", "automatic")
FAULTY = ("wrong", "mistake", *MUTANTS)
PATCH = {"cell", "old", "new"}
STYLES = 3
"""Over so many right answers a lesson's mistake is laid at least: one alone may lack the room that others have."""


class BankError(GraderError):
    """A bank that cannot be read; the message names the file and the fix."""


@dataclass(frozen=True)
class BankAnswer:
    """One answer: the `cells` it replaces by grade id, the `points` that tests must give, what they must say.

    `exact` is False for a mutant, which only has to lose points. `timed`: a clock alone takes the points that it loses.
    `first_try`: so a naive practitioner would begin. `varies`: (least, most) of tests whose points the draw of hidden
    cases moves, by the `cause`.
    """

    name: str
    kind: str
    cells: dict[str, str] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    exact: bool = True
    timed: bool = False
    first_try: bool = False
    varies: dict[str, tuple[float, float]] = field(default_factory=dict)
    cause: str = ""


@dataclass(frozen=True)
class Bank:
    """An exercise's solution with everything that its bank holds. `maxima`: the points of each test, by grade id.

    `measured` are the tests whose points come from a clock, which other work on the machine can disturb. `at_random`
    holds the cells of a valid answer that is drawn from `seed`, a name that whoever runs them sets; `draws` of them.
    `in_nbgrader` are the names of answers that nbgrader itself is to mark. `lessons`: by lesson, its mistake by the
    name of the right answer over which it is laid.
    """

    name: str
    notebook: Path
    cells: list[tuple[str, str]]
    maxima: dict[str, float]
    answers: list[BankAnswer]
    preload: tuple[str, ...]
    automatic: dict[str, Any]
    slow_tests: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    measured: frozenset[str] = frozenset()
    in_nbgrader: frozenset[str] = frozenset()
    at_random: BankAnswer | None = None
    draws: int = 0
    lessons: dict[str, dict[str, BankAnswer]] = field(default_factory=dict)

    @property
    def right(self) -> list[BankAnswer]:
        """The answers that get all points: the reference and those of another style."""
        return [answer for answer in self.answers if answer.kind in ("reference", "alternative")]

    def tests(self, answer: BankAnswer, right: BankAnswer | None = None) -> list[str]:
        """The tests to run. Those that a fault does not reach are left out: they give what they give `right`.

        `right` is the reference, if none is named. A test in which the answer is said to lose is always run; a mutant
        does without the slow ones.
        """
        tests = [test for test in self.maxima if answer.kind not in MUTANTS or test not in self.slow_tests]
        right = right or next((candidate for candidate in self.answers if candidate.kind == "reference"), None)
        if answer.kind not in FAULTY or right is None:
            return tests
        can = reached(dict(self.source(answer)), dict(self.source(right))) | answer.points.keys()
        return [test for test in tests if test in can]

    def source(self, answer: BankAnswer) -> list[tuple[str, str]]:
        """The code cells as (id, source), in order, with the answer's in place, less those that only show something."""
        cells = [(name, source) for name, source in self.cells if name not in self.shown]
        return [(name, answer.cells.get(name, source)) for name, source in cells]

    def expected(self, answer: BankAnswer) -> dict[str, float]:
        """What each test must give."""
        return {test: answer.points.get(test, most) for test, most in self.maxima.items()}

    def ranges(self, answer: BankAnswer) -> dict[str, tuple[float, float]]:
        """What each test gives at least and at most, whatever hidden cases are drawn."""
        return {test: (points, points) for test, points in self.expected(answer).items()} | answer.varies


def bank_folder(root: Path, name: str) -> Path:
    """Where the bank of exercise `name` lies in the course at `root`; only the full repository has one."""
    return root / "grader" / "suites" / name / "bank"


def banks(root: Path) -> list[str]:
    """The names of the exercises that have a bank, sorted."""
    return sorted(path.parents[1].name for path in (root / "grader" / "suites").glob("*/bank/bank.toml"))


def load_bank(root: Path, name: str) -> Bank:
    """The bank of exercise `name` in the course at `root`. Raises `BankError` for a file that breaks a rule."""
    folder, notebook = bank_folder(root, name), root / "solutions" / name / f"{name}.ipynb"
    if not (folder / "bank.toml").is_file() or not notebook.is_file():
        known = ", ".join(banks(root)) or "none: a student edition has no banks"
        raise BankError(f"There is no bank {name!r}. Known: {known}. {was_meant(name, banks(root))}".strip())
    settings = read_settings(folder / "bank.toml")
    cells, stubs, maxima = read_solution(notebook)
    patches = Patches(folder / "bank.toml", dict(cells), maxima)
    written = [read_answer(path, patches.reference, maxima) for path in sorted(folder.glob("*.py"))]
    answers = [
        BankAnswer("starter", "starter", stubs, dict.fromkeys(maxima, 0.0), ("not attempted",)),
        BankAnswer("reference", "reference"),
        *(answer for answer in written if answer.kind != "random"),
        *(patches.wrong(mistake, rules) for mistake, rules in settings.get("wrong", {}).items()),
        *(patches.mutant(mutant, patch) for mutant, patch in settings.get("mutant", {}).items()),
    ]
    right = {
        "reference": patches,
        **{answer.name: patches.over(answer.cells) for answer in written if answer.kind == "alternative"},
    }
    lessons = {lesson: mistakes(lesson, rules, right) for lesson, rules in settings.get("lessons", {}).items()}
    sets = {key: frozenset(settings.get(key, ())) for key in ("slow_tests", "shown", "measured", "in_nbgrader")}
    return Bank(
        name, notebook, cells, maxima, answers, tuple(settings["preload"]), settings.get("automatic", {}), **sets,
        at_random=next((made for made in written if made.kind == "random"), None), draws=int(settings.get("draws", 0)),
        lessons=lessons,
    )  # fmt: skip


def read_settings(path: Path) -> dict[str, Any]:
    """What a bank.toml holds. Raises `BankError` for one that is no TOML."""
    try:
        return tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise BankError(f"{path}: {error}. Correct the line that is named.") from error


@dataclass(frozen=True)
class Patches:
    """Answers that differ from a right one, the `reference`, in a few places. A broken rule is a `BankError`."""

    path: Path
    reference: dict[str, str]
    maxima: dict[str, float]

    def wrong(self, name: str, rules: dict[str, Any]) -> BankAnswer:
        """The wrong answer that `[wrong.NAME]` describes."""
        where = f"{self.path}: [wrong.{name}]"
        if unknown := rules.keys() - {"about", "points", "says", "patches", "timed", "first_try", "varies", "cause"}:
            known = "about, points, says, patches, timed, first_try, varies and cause"
            raise BankError(f"{where} has {sorted(unknown)}; it may have {known}.")
        points = {test: float(value) for test, value in rules.get("points", {}).items()}
        if not rules.get("about") or not points or not points.keys() <= self.maxima.keys():
            tests = ", ".join(self.maxima)
            raise BankError(f"{where} must say in `about` what it does and in `points` what it gets of: {tests}.")
        cells = self.all_applied(where, rules.get("patches", []))
        marks = {key: bool(rules.get(key)) for key in ("timed", "first_try")}
        varies, cause = read_ranges(where, rules, points)
        says = tuple(rules.get("says", ()))
        return BankAnswer(name, "wrong", cells, points, says, **marks, varies=varies, cause=cause)

    def over(self, cells: dict[str, str]) -> "Patches":
        """The same for an answer of another style, which replaces `cells` of this one."""
        return Patches(self.path, {**self.reference, **cells}, self.maxima)

    def all_applied(self, where: str, patches: list[dict[str, str]]) -> dict[str, str]:
        """The cells that differ once all `patches` are laid over the answer, one after the other."""
        cells: dict[str, str] = {}
        for patch in patches:
            cells |= self.applied(where, patch, {**self.reference, **cells})
        if not cells:
            raise BankError(f"{where} has no patches, so it would be the reference: name a cell, old and new text.")
        return cells

    def mutant(self, name: str, patch: dict[str, str]) -> BankAnswer:
        """The reference with one fault."""
        cells = self.applied(f"{self.path}: [mutant] {name!r}", patch, self.reference)
        return BankAnswer(name, "mutant", cells, exact=False)

    def applied(self, where: str, patch: dict[str, str], cells: dict[str, str]) -> dict[str, str]:
        """The patched cell, by grade id: `new` stands where `old` stood; without `old`, instead of the whole cell.

        `add` stands behind the whole cell.
        """
        cell = patch.get("cell", "")
        if patch.keys() not in (PATCH, PATCH - {"old"}, {"cell", "add"}) or cell not in self.reference:
            rule = f"a patch has cell, old and new, or cell and add, and {cell!r} must be one of {sorted(cells)}"
            raise BankError(f"{where}: {rule}.")
        if "add" in patch:
            return {cell: f"{cells[cell]}\n\n{patch['add']}"}
        if "old" not in patch:
            return {cell: patch["new"]}
        times = cells[cell].count(patch["old"])
        if times != 1:
            fix = "copy it from the solution as it is now" if times == 0 else "quote more of the lines around it"
            raise BankError(f"{where}: cell {cell!r} holds {times} times, not once, the text {patch['old']!r}: {fix}.")
        return {cell: cells[cell].replace(patch["old"], patch["new"])}


def mistakes(lesson: str, rules: dict[str, Any], right: dict[str, Patches]) -> dict[str, BankAnswer]:
    """The mistake of a lesson over each right answer that `rules` name; `right`: patches over each, by its name."""
    where, over = f"{next(iter(right.values())).path}: [lessons.{lesson!r}]", rules.get("over", {})
    if unknown := [*(rules.keys() - {"about", "every", "over"}), *(over.keys() - right.keys())]:
        raise BankError(f"{where} has {unknown}; it may have about, every and over, and over one of {sorted(right)}.")
    if not rules.get("about"):
        raise BankError(f"{where} must say in `about` what the mistake is.")
    laid = dict.fromkeys(right, rules["every"]) if "every" in rules else {}
    found = {}
    for name, patches in (laid | over).items():
        changed = right[name].all_applied(f"{where} over {name}", patches)
        own = {cell: text for cell, text in right[name].reference.items() if text != right["reference"].reference[cell]}
        found[name] = BankAnswer(f"{lesson}, over {name}", "mistake", own | changed, exact=False)
    if len(found) < STYLES:
        raise BankError(
            f"{where} lies over {len(found)} right answers; lay it over {STYLES}, of other style and strength."
        )
    return found


def read_solution(notebook: Path) -> tuple[list[tuple[str, str]], dict[str, str], dict[str, float]]:
    """A solution's code cells (id, source), its solution cells as students get them, and the points of its tests."""
    import nbformat
    from nbgrader.preprocessors import ClearSolutions

    solved = nbformat.read(notebook, as_version=4)
    cleared, _ = ClearSolutions().preprocess(nbformat.read(notebook, as_version=4), {})
    marks = {cell.id: cell.metadata.get("nbgrader", {}) for cell in solved.cells if cell.cell_type == "code"}
    cells = [(cell.id, cell.source) for cell in solved.cells if cell.cell_type == "code"]
    stubs = {cell.id: cell.source for cell in cleared.cells if marks.get(cell.id, {}).get("solution")}
    tests = {name: mark for name, mark in marks.items() if mark.get("grade") and not mark.get("solution")}
    return cells, stubs, {name: float(mark["points"]) for name, mark in tests.items()}


def read_answer(path: Path, reference: dict[str, str], maxima: dict[str, float]) -> BankAnswer:
    """The answer in a file of a bank. Raises `BankError` if its docstring or its cells are not as they must be."""
    import ast

    text = path.read_text()
    try:
        docstring = ast.get_docstring(ast.parse(text)) or ""
        settings = tomllib.loads(docstring.partition("\n\n")[2])
    except (SyntaxError, tomllib.TOMLDecodeError) as error:
        raise BankError(f"{path}: {error}. After its first paragraph the docstring must be TOML.") from error
    parts = CELL.split(text)[1:]
    cells = dict(zip(parts[::2], (part.strip("\n") for part in parts[1::2]), strict=True))
    points = {test: float(value) for test, value in settings.get("points", {}).items()}
    unknown = [*(set(cells) - set(reference)), *(set(points) - set(maxima))]
    if settings.get("kind") not in KINDS or not cells or unknown:
        rule = 'kind is "wrong", "alternative" or "random", and each cell starts with "# %% GRADE_ID"'
        raise BankError(f"{path}: {rule}. Unknown here: {', '.join(map(str, unknown)) or 'none'}.")
    if (settings["kind"] == "wrong") != bool(points):
        raise BankError(f"{path}: a wrong answer must state the points it gets, an alternative right one none.")
    marks = {key: bool(settings.get(key)) for key in ("timed", "first_try")}
    varies, cause = read_ranges(str(path), settings, points)
    says = tuple(settings.get("says", ()))
    return BankAnswer(path.stem, settings["kind"], cells, points, says, **marks, varies=varies, cause=cause)


def read_ranges(
    where: str, rules: dict[str, Any], points: dict[str, float]
) -> tuple[dict[str, tuple[float, float]], str]:
    """`varies` and `cause` of an answer. Raises `BankError` for a range without cause, or without its test's points."""
    varies = {test: (float(least), float(most)) for test, (least, most) in rules.get("varies", {}).items()}
    outside = [test for test, (least, most) in varies.items() if not least <= points.get(test, -1) <= most > least]
    if outside or bool(varies) != bool(rules.get("cause")):
        rule = "each test of `varies` has its `points` within [least, most], and `cause` says why the draw moves them"
        raise BankError(f"{where}: {rule}. Wrong here: {', '.join(outside) or 'one of varies and cause is missing'}.")
    return varies, str(rules.get("cause", ""))
