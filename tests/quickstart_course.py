"""The course that `nbgrader quickstart` makes, as anybody has it who never heard of ours: for tests."""

import copy
import json
import subprocess
import sys
from pathlib import Path

from grader.course import Course

NAME = "ps1"
NOTEBOOKS = ("problem1", "problem2")
SQUARES = """\
def squares(n):
    if n < 1:
        raise ValueError("n must be greater than or equal to 1")
    return [i ** 2 for i in range(1, n + 1)]"""
WRONG = "def squares(n):\n    return [i * 2 for i in range(1, n + 1)]"
SUM = "def sum_of_squares(n):\n    return sum(squares(n))"


def make(folder: Path) -> Path:
    """The course folder, nothing released."""
    command = [sys.executable, "-m", "nbgrader", "quickstart", folder.name]
    subprocess.run(command, cwd=folder.parent, check=True, capture_output=True)
    return folder


def released(course: Course, notebook: str, name: str = NAME) -> dict:
    """A released notebook, as a student gets it."""
    return json.loads((course.folder("release", name=name) / f"{notebook}.ipynb").read_text())


def answered(course: Course, notebook: str = "problem1", name: str = NAME, **answers: str) -> dict:
    """The released notebook with the sources of cells of these grade ids replaced."""
    changed = copy.deepcopy(released(course, notebook, name))
    for cell in changed["cells"]:
        cell["source"] = answers.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""), cell["source"])
    return changed
