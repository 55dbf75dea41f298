"""Imports point one way: pyproject.toml's contracts for modules, what notebooks may import, what a start pulls in."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader.suite_kit.answer import is_hidden

ROOT = Path(__file__).parents[1]
OURS = ("bootstrap", "case_studies", "grader", "lessons", "mlsd", "mlsd_lib", "notebook_runner", "tests")
NOTEBOOKS_MAY_IMPORT = ("case_studies", "grader.suites", "lessons", "mlsd_lib", "notebook_runner")


def notebook_breaches(path: Path) -> list[str]:
    """What a notebook imports of ours that it may not."""
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    names = set()
    for cell in cells:
        for node in ast.walk(ast.parse("".join(cell["source"]).replace("%%tool_script ", "# a program: ", 1))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {name for name in names if name.split(".")[0] in OURS}
    may = tuple(f"{package}." for package in NOTEBOOKS_MAY_IMPORT)
    return sorted(name for name in ours if not name.startswith(may) or is_hidden(name))


def notebooks() -> list[Path]:
    folders = [ROOT / name for name in ("chapters", "case_studies", "solutions", "exercises")]
    found = [path for folder in folders for path in sorted(folder.rglob("*.ipynb"))]
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def test_imports_point_one_way():
    contracts = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    said = subprocess.run([sys.executable, "-c", contracts], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_notebook_imports_only_what_notebooks_may(path):
    assert notebook_breaches(path) == []


def test_a_notebook_that_imports_the_graders_inside_is_found(tmp_path):
    source = (
        "import tests.needs\nfrom grader.suites import minimize_cost\nfrom grader.suites.minimize_cost import hidden"
    )
    cells = [{"cell_type": "code", "source": source}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    assert notebook_breaches(tmp_path / "n.ipynb") == ["grader.suites.minimize_cost.hidden", "tests.needs"]


@pytest.mark.parametrize(
    ("begins", "heavy"),
    [
        ("mlsd_lib.lesson, grader", ["torch", "pandas", "sklearn", "scipy", "matplotlib"]),  # a lesson's process
        ("mlsd.cli", ["numpy", "pydantic", "nbgrader", "nbformat"]),  # every command, `mlsd --help` too
        (
            "grader.grading.batch, grader.workflow.release",
            ["numpy", "nbgrader"],
        ),  # `mlsd grade`, before it looks around
    ],
)
def test_what_a_process_begins_with_pulls_in_nothing_heavy(begins, heavy):
    code = f"import sys, {begins}; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
