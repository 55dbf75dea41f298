"""The bank of an exercise: answers whose marks are known, and the proof that the suite gives exactly these.

A bank lies in tests/bank/NAME: a Python file an answer, which replaces cells of the solution by grade id, and
bank.toml with mutants of the reference. An answer's docstring ends in TOML: `kind` ("wrong" or "alternative"),
`points` (tests that do not get full marks), `says` (what the student must read). How an answer is run stands in
`grader.bank.runner`, the command in `grader.bank.report`.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.bank.runner import Result

CELL = re.compile(r"^# %% (\S+)\n", re.MULTILINE)
STUB = "raise NotImplementedError()"


class BankError(GraderError):
    """A bank that cannot be read; the message names the file and the fix."""


@dataclass(frozen=True)
class BankAnswer:
    """One answer: the `cells` it replaces by grade id, the `points` that tests must give, what they must say.

    `exact` is False for a mutant, which only has to lose points.
    """

    name: str
    kind: str
    cells: dict[str, str] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    exact: bool = True


AGAIN = 2
DISTURBED = 3


@dataclass(frozen=True)
class Bank:
    """An exercise's solution with everything that its bank holds. `maxima`: the points of each test, by grade id.

    `measured` are the tests whose points come from a clock, which other work on the machine can disturb.
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

    def tests(self, answer: BankAnswer) -> list[str]:
        """The tests to run: a mutant does without the slow ones."""
        return [test for test in self.maxima if answer.exact or test not in self.slow_tests]

    def source(self, answer: BankAnswer) -> list[tuple[str, str]]:
        """The code cells as (id, source), in order, with the answer's in place, less those that only show something."""
        cells = [(name, source) for name, source in self.cells if name not in self.shown]
        return [(name, answer.cells.get(name, source)) for name, source in cells]

    def expected(self, answer: BankAnswer) -> dict[str, float]:
        """What each test must give."""
        return {test: answer.points.get(test, most) for test, most in self.maxima.items()}


@dataclass(frozen=True)
class Finding:
    """One answer, what it got, and what is wrong with that (empty if it is as the bank says).

    `runs` is more than 1 if a clock was disturbed and the answer was run again.
    """

    answer: BankAnswer
    result: "Result"
    problems: tuple[str, ...]
    runs: int = 1


def banks(root: Path) -> list[str]:
    """The names of the exercises that have a bank, sorted."""
    return sorted(path.parent.name for path in (root / "tests" / "bank").glob("*/bank.toml"))


def load_bank(root: Path, name: str) -> Bank:
    """The bank of exercise `name` in the course at `root`. Raises `BankError` for a file that breaks a rule."""
    folder, notebook = root / "tests" / "bank" / name, root / "solutions" / name / f"{name}.ipynb"
    if not (folder / "bank.toml").is_file() or not notebook.is_file():
        known = ", ".join(banks(root)) or "none: a student edition has no banks"
        raise BankError(f"There is no bank {name!r}. Known: {known}.")
    settings = tomllib.loads((folder / "bank.toml").read_text())
    cells, stubs, maxima = read_solution(notebook)
    reference = dict(cells)
    answers = [
        BankAnswer("starter", "starter", stubs, dict.fromkeys(maxima, 0.0), ("not attempted",)),
        BankAnswer("reference", "reference"),
        *(read_answer(path, reference, maxima) for path in sorted(folder.glob("*.py"))),
        *(named_mutant(one, reference, maxima) for one in settings.get("mutant", [])),
    ]
    sets = (frozenset(settings.get(key, ())) for key in ("slow_tests", "shown", "measured"))
    automatic = settings.get("automatic", {})
    return Bank(name, notebook, cells, maxima, answers, tuple(settings["preload"]), automatic, *sets)


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
    if settings.get("kind") not in ("wrong", "alternative") or not cells or unknown:
        rule = 'kind is "wrong" or "alternative", and each cell starts with "# %% GRADE_ID"'
        raise BankError(f"{path}: {rule}. Unknown here: {', '.join(map(str, unknown)) or 'none'}.")
    if (settings["kind"] == "wrong") != bool(points):
        raise BankError(f"{path}: a wrong answer must state the points it gets, an alternative right one none.")
    return BankAnswer(path.stem, settings["kind"], cells, points, tuple(settings.get("says", ())))


def named_mutant(one: dict[str, str], reference: dict[str, str], maxima: dict[str, float]) -> BankAnswer:
    """The reference with one fault. Raises `BankError` if the text to replace does not occur."""
    source = reference.get(one["cell"], "")
    if one["old"] not in source:
        raise BankError(f"Mutant {one['name']!r}: cell {one['cell']!r} does not hold {one['old']!r}.")
    return BankAnswer(one["name"], "mutant", {one["cell"]: source.replace(one["old"], one["new"])}, exact=False)


def judge(bank: Bank, answer: BankAnswer, result: "Result") -> Finding:
    """What is wrong with the marks and messages that `answer` got."""
    if not answer.exact:
        lost = any(result.points.get(test, 0.0) < bank.maxima[test] for test in bank.tests(answer))
        return Finding(answer, result, () if lost else ("no test noticed the fault",))
    problems = [
        f"{test} gave {result.points.get(test, 0.0):g}, not {right:g}"
        for test, right in bank.expected(answer).items()
        if abs(result.points.get(test, 0.0) - right) > 1e-9
    ]
    told = _words("\n".join([*result.texts.values(), *result.errors.values()]))
    problems += [f"nothing says {words!r}" for words in answer.says if _words(words) not in told]
    if answer.kind == "starter":
        problems += [f"{test} is not 'not attempted'" for test, text in result.texts.items() if STARTED not in text]
        problems += [f"cell {cell} raised: {error}" for cell, error in result.errors.items()]
    return Finding(answer, result, tuple(problems))


STARTED = ": not attempted"


def _words(text: str) -> str:
    """Text with every run of blanks and line ends as one space: the table wraps its sentences."""
    return " ".join(text.split())


def prove(bank: Bank, workers: int = 2, told: Callable[[Finding], None] = lambda _: None) -> list[Finding]:
    """Runs every answer of `bank`, each in a fresh process, and judges it. `told` hears of each as it ends.

    A busy machine disturbs a clock now and then: where at most `DISTURBED` answers differ in nothing but the points of
    measured tests, each of these is run again, alone, up to `AGAIN` times. One judged wrongly differs each time.
    """
    from grader.bank.runner import run_all

    jobs = [(bank.source(answer), bank.tests(answer)) for answer in bank.answers]
    findings: dict[int, Finding] = {}
    for number, result in run_all(jobs, bank.notebook.parent, bank.preload, workers):
        findings[number] = judge(bank, bank.answers[number], result)
        told(findings[number])
    disturbed = [number for number, finding in findings.items() if _by_a_clock(bank, finding)]
    for number in disturbed if len(disturbed) <= DISTURBED else ():
        while findings[number].runs <= AGAIN and _by_a_clock(bank, findings[number]):
            ((_, result),) = run_all([jobs[number]], bank.notebook.parent, bank.preload, 1)
            runs = findings[number].runs + 1
            findings[number] = replace(judge(bank, bank.answers[number], result), runs=runs)
    return [findings[number] for number in sorted(findings)]


def _by_a_clock(bank: Bank, finding: Finding) -> bool:
    """Whether the answer got other points than it must, and in measured tests alone."""
    right, got = bank.expected(finding.answer), finding.result.points
    differ = {test for test in right if abs(got.get(test, 0.0) - right[test]) > 1e-9}
    return finding.answer.exact and bool(differ) and differ <= bank.measured


def automatic_mutants(bank: Bank) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(description, cells) of evenly spaced mutants of the reference: at most `most` of them."""
    from grader.bank.mutation import mutants

    reference = dict(bank.cells)
    made = [(cell, one) for cell in bank.automatic["cells"] for one in mutants(reference[cell])]
    most = int(bank.automatic["most"])
    chosen = [made[i * len(made) // most] for i in range(most)] if len(made) > most else made
    for cell, one in chosen:
        answer = BankAnswer(one.what, "automatic", {cell: one.source})
        yield f"{cell}, {one.what}", bank.source(answer)


def killed(bank: Bank, workers: int = 2, told: Callable[[], None] = lambda: None) -> tuple[int, list[str]]:
    """How many automatic mutants ran, and those that no test noticed."""
    from grader.bank.runner import run_all

    named = list(automatic_mutants(bank))
    tests = list(bank.automatic["tests"])
    full = sum(bank.maxima[test] for test in tests)
    alive = []
    jobs = [(cells, tests) for _, cells in named]
    for number, result in run_all(jobs, bank.notebook.parent, bank.preload, workers, limit_s=10):
        if sum(result.points.values()) >= full:
            alive.append(named[number][0])
        told()
    return len(named), sorted(alive)
