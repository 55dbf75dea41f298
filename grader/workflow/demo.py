"""A term in an empty folder: a class of made-up students hands in one exercise, and every command runs for real.

The answers are drawn from the exercise's bank, with noise. Nothing is graded here: the
commands are those that an instructor types, each in a process of its own.
"""

import ast
import csv
import json
import random
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course import CONFIG
from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.answer_bank.model import Bank

NAME = "implement_feature_store"
STUDENTS = 60
TIMEOUT_S = 10  # of a cell; the exercise's tests take a tenth of it
MLSD = (sys.executable, "-P", "-c", "from mlsd.cli import main; main()")
FIRST = """Ada Amina Bo Chen Dina Emeka Farid Grace Hana Ivo Joana Kofi Lena Łukasz Mei Nadia Omar Priya Rosa Sven Tomás
    Uma Vera Wanjiru Xin Yusuf Zoë""".split()  # noqa: SIM905
LAST = """Abe Baker Costa Dubois Eriksen Fischer García Haddad Ito Jansen Kowalska Lopez Mbeki Nguyễn O'Brien Park
    Qureshi Rossi Silva Tanaka Usman Vogel Weber Yilmaz Zhang""".split()  # noqa: SIM905
# What a student hands in, and how many of a hundred do so.
KINDS = {"right": 22, "alternative": 12, "wrong": 42, "parts of two": 13, "starter": 3, "broken": 8}
LINES = {
    "endless": "\n\nwhile True:\n    pass",
    "ends its process": "\n\nimport os\n\nos._exit(3)",
    "no Python": "\n\ndef unfinished(:",
}
MARKS = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
BROKEN = (*LINES, "cut off", "a test is gone")


@dataclass(frozen=True)
class Student:
    """A made-up student, with what the notebook holds that they hand in."""

    number: int
    first: str
    last: str
    content: bytes

    @property
    def id(self) -> str:
        """What the gradebook knows the student by."""
        return f"s{self.number:03d}"

    @property
    def shown(self) -> str:
        """The name as Moodle shows it."""
        return f"{self.first} {self.last}"


def prepare(root: Path, folder: Path, name: str = NAME) -> None:
    """Make `folder` a course with one exercise of the course at `root`, and its bank.

    Raises `GraderError` if the folder holds anything or `root` has no solution.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise GraderError(f"{folder} is not an empty folder. Name one that is new or empty: mlsd demo DIR")
    from grader.answer_bank.model import bank_folder

    parts = [Path("solutions") / name, bank_folder(Path(), name)]
    if missing := [part for part in parts if not (root / part).is_dir()]:
        raise GraderError(f"{root / missing[0]} is missing. The demo needs the full repository, not a student edition.")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(root / CONFIG, folder)
    for part in parts:
        shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))


def hand_in(folder: Path, seed: int, number: int = STUDENTS, name: str = NAME) -> list[Student]:
    """Write `moodle.zip` with what the class handed in, and `roster.csv`; the students.

    The exercise must be released. The same seed gives the same class.
    """
    from grader.answer_bank.model import bank_folder, load_bank

    text = (folder / "exercises" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    records = [path.read_text() for path in sorted(bank_folder(folder, name).glob("record_[!r]*.md"))]
    students = list(_class(load_bank(folder, name), json.loads(text), records, random.Random(seed), number))
    with zipfile.ZipFile(folder / "moodle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for student in students:
            archive.writestr(
                f"{student.shown}_{10_000 + student.number}_assignsubmission_file_/{name}.ipynb", student.content
            )
    mails = [f"{student.id}@students.example.edu" for student in students]
    people = [(student.id, student.first, student.last, mail) for student, mail in zip(students, mails, strict=True)]
    _write(folder / "roster.csv", ("id", "first name", "last name", "email"), people)
    return students


def commands(name: str = NAME) -> Iterator[tuple[str, ...]]:
    """What is typed after the class has handed in, in the course's folder, up to the report."""
    yield "mlsd", "roster", "roster.csv"
    yield "mlsd", "collect", name, "moodle.zip", "--timezone", "UTC"
    yield "mlsd", "grade", name, "--timeout", str(TIMEOUT_S)
    yield "mlsd", "feedback", name
    yield "mlsd", "export", name, "--to", "marks.csv"
    yield "mlsd", "report", name


def run(command: tuple[str, ...], folder: Path) -> str:
    """The last line that a command told; its progress goes on to this process's error stream.

    Raises `GraderError` with all that it told if it fails.
    """
    ended = subprocess.run([*MLSD, *command[1:]], cwd=folder, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        raise GraderError(f"{shlex.join(command)} ended with status {ended.returncode}:\n{ended.stdout}")
    return next((line for line in reversed(ended.stdout.splitlines()) if line.strip()), "")


def answered(folder: Path, bank: "Bank", answer: str) -> bytes:
    """The notebook, released in the course `folder`, with one answer of the exercise's bank written into it."""
    text = (folder / "exercises" / bank.name / f"{bank.name}.ipynb").read_text(encoding="utf-8")
    [chosen] = [candidate for candidate in bank.answers if candidate.name == answer]
    cells = _reference(bank) | chosen.cells
    return _notebook(json.loads(text), {cell: MARKS.sub("", source) for cell, source in cells.items()}, "")


def _write(path: Path, heading: tuple[str, ...], rows: list[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heading, *rows])


def _class(
    bank: "Bank", released: dict[str, Any], records: list[str], rng: random.Random, number: int
) -> Iterator[Student]:
    names = rng.sample([(first, last) for first in FIRST for last in LAST], number)
    kinds = [kind for kind, share in KINDS.items() for _ in range(round(share * number / 100))]
    kinds = sorted((kinds + ["right"] * number)[:number], key=lambda kind: (kind != "broken", rng.random()))
    faults = iter(BROKEN * number)
    for i, ((first, last), kind) in enumerate(zip(names, kinds, strict=True), 1):
        cells = {cell: MARKS.sub("", source) for cell, source in _cells(bank, kind, rng).items()}
        if kind != "starter" and rng.random() < 0.5:
            cells = {cell: renamed(source, rng) for cell, source in cells.items()}
        if rng.random() < 0.85 and kind != "starter":
            cells["decision-record"] = rng.choice(records)
        yield Student(i, first, last, _notebook(released, cells, next(faults) if kind == "broken" else ""))


def _cells(bank: "Bank", kind: str, rng: random.Random) -> dict[str, str]:
    """An answer's cells by grade id; nothing for who leaves the task as it was handed out."""
    if kind == "starter":
        return {}
    reference = _reference(bank)
    wrong = [answer for answer in bank.answers if answer.kind == "wrong" and not answer.points.keys() <= bank.measured]
    if kind == "alternative":
        return reference | rng.choice([answer for answer in bank.answers if answer.kind == "alternative"]).cells
    if kind == "wrong":  # a few mistakes are common, most are rare
        return reference | wrong[min(int(rng.expovariate(0.18)), len(wrong) - 1)].cells
    if kind == "parts of two":
        one, other = rng.sample(wrong, 2)
        return reference | one.cells | other.cells
    return reference


def _reference(bank: "Bank") -> dict[str, str]:
    """The solution's cells that a student writes, by grade id."""
    own = {name for answer in bank.answers if answer.kind == "starter" for name in answer.cells}
    return {name: source for name, source in bank.cells if name in own}


def _notebook(released: dict[str, Any], cells: dict[str, str], fault: str) -> bytes:
    changed = [cell | {"source": cells.get(cell["id"], cell["source"])} for cell in released["cells"]]
    last = (
        max(i for i, cell in enumerate(changed) if cell["id"] in cells and cell["cell_type"] == "code") if fault else 0
    )
    if fault in LINES:
        changed[last] = changed[last] | {"source": changed[last]["source"] + LINES[fault]}
    if fault == "a test is gone":
        changed = [cell for cell in changed if cell["metadata"].get("nbgrader", {}).get("grade_id") != "test-past"]
    content = json.dumps(released | {"cells": changed}, indent=1).encode()
    return content[: len(content) // 2] if fault == "cut off" else content


def renamed(source: str, rng: random.Random) -> str:
    """The code with other names for its functions' own variables, and without its comments; the same program."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    inner = {id(node) for function in functions for node in ast.walk(function)}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    kept = {node.id for node in nodes if id(node) not in inner}
    kept |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    kept |= {name for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    mine = sorted({node.id for node in nodes} - kept)
    new = {name: f"{rng.choice(('my', 'the', 'one', 'a', 'cur'))}_{name}" for name in mine}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = new.get(node.id, node.id)
    return ast.unparse(tree)
