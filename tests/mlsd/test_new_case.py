"""`mlsd new case`, followed once: what it writes fails the tests of all cases until a tiny case fills it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd.new.case import write_case
from notebook_runner import course_root
from notebook_runner.canonical import problems
from notebook_runner.course import NotebookError, read_notebook
from tests.nested_pytest import environment

HERE = Path(__file__).parent
TINY = HERE / "tiny_case"
SOURCES = {
    "imports": "import pandas as pd\n\n"
    "from case_studies.tiny import data, features, incident, labels, models, policy, train\n"
    "from mlsd_lib.lesson import case, check",
    "consequences": "pd.Series([f\"{your_capacity or 10} checks, {your_rollback or 'both'}\"])",
    "claims": "assert len(data.load(seed=seed)) > 0",
}
EXERCISE = [
    ("code", "double-answer", ["your-turn"], "def double(x):\n    raise NotImplementedError"),
    ("code", "double-check", [], 'check("tiny-double", double, [case((2,), 4, mistakes={"That is not twice.": 2})]);'),
    ("markdown", "double-solution", [], "```python\ndef double(x):\n    return 2 * x\n```"),
]


@pytest.fixture
def course(tmp_path):
    """A course with the tests of all cases and no case."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    (tmp_path / "case_studies").mkdir()
    (tmp_path / "case_studies" / "__init__.py").touch()
    (tmp_path / "tests" / "case_studies").mkdir(parents=True)
    for name in (
        "case_studies/conftest.py",
        "case_studies/test_contract.py",
        "case_studies/services.py",
        "case_studies/notebook_slice.py",
        "lessons/lesson_cells.py",
        "waiting.py",
        "prepared.py",
    ):
        (tmp_path / "tests" / name).parent.mkdir(exist_ok=True)
        shutil.copy(HERE.parent / name, tmp_path / "tests" / name)
    return tmp_path


def contract(course):
    """The tests of all cases, run on those of `course`: names by state, without parameters, and what was printed."""
    words = ["-m", "pytest", "-rA", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--tb=short"]
    done = subprocess.run(
        [sys.executable, *words, "--rootdir", course, "tests/case_studies/test_contract.py"],
        cwd=course,
        env=environment(PYTHONPATH=os.pathsep.join([str(course), str(course_root(HERE))])),
        capture_output=True,
        text=True,
    )
    states = {"PASSED": set(), "FAILED": set(), "ERROR": set()}
    for state, name in re.findall(r"^(PASSED|FAILED|ERROR) \S+::(\w+)", done.stdout, re.MULTILINE):
        states[state].add(name)
    return states, done.stdout


def fill(course):
    """What an author would write, in place of what the skeleton leaves open."""
    case = course / "case_studies" / "tiny"
    for path in (TINY / "modules").glob("*.py"):
        shutil.copy(path, case / path.name)
    shutil.copy(TINY / "hooks.py", course / "tests" / "case_studies" / "tiny" / "hooks.py")
    notebook = json.loads((case / "tiny.ipynb").read_text())
    for cell in notebook["cells"]:
        cell["source"] = SOURCES.get(cell["id"], "".join(cell["source"]))
    notebook["cells"] += [
        {"cell_type": kind, "id": identity, "metadata": {"tags": tags}, "source": source}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for kind, identity, tags, source in EXERCISE
    ]
    (case / "tiny.ipynb").write_text(json.dumps(notebook))


def test_a_new_case_is_red_until_it_is_filled_and_green_then(course):
    done = CliRunner().invoke(app, ["new", "case", "tiny", "--title", "Tiny: a small one", "--course", str(course)])
    assert done.exit_code == 0, done.output
    assert "case_studies/tiny/service.py" in done.output
    assert problems(course / "case_studies" / "tiny" / "tiny.ipynb") == []
    assert read_notebook(course, course / "case_studies" / "tiny" / "tiny.ipynb").title == "Tiny: a small one"
    states, told = contract(course)
    given = {"test_a_case_has_the_files_of_every_case", "test_the_command_line_has_the_verbs_with_help_and_an_example"}
    given |= {"test_without_a_run_a_command_says_so_in_one_line_without_a_traceback"}
    given |= {"test_every_seed_of_the_notebook_follows_from_its_parameter"}
    assert states["PASSED"] == given, told
    assert len(states["FAILED"] | states["ERROR"]) >= 12
    fill(course)
    states, told = contract(course)
    assert states["FAILED"] | states["ERROR"] == set(), told
    assert len(states["PASSED"]) >= 16


@pytest.mark.parametrize(
    ("name", "title", "told"),
    [
        ("two words", "T", "one lower-case word"),
        ("Fraud", "T", "one lower-case word"),
        ("tiny", 'a "b"', "without quotes"),
        ("known", "T", "exists already"),
    ],
)
def test_a_name_or_title_that_cannot_be_used_is_refused_and_nothing_is_written(course, name, title, told):
    (course / "tests" / "case_studies" / "known").mkdir()
    with pytest.raises(NotebookError, match=told):
        write_case(course, name, title)
    assert [path.name for path in (course / "case_studies").iterdir()] == ["__init__.py"]


def test_in_a_student_edition_no_case_is_written(course):
    shutil.rmtree(course / "tests")
    with pytest.raises(NotebookError, match="student edition"):
        write_case(course, "tiny", "T")
