"""The author's journey: a new lesson, exercise and case as `mlsd new` writes them pass what every other passes.

Each command is typed in a copy of the course, and none of them ends in a traceback.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd.new import example
from tests.nested_pytest import environment

ROOT = Path(__file__).parents[2]
CHAPTER = "chapters/02_design_a_machine_learning_system"
LESSON, NAME = f"{CHAPTER}/31_waiting", "average_numbers"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course, less the notebooks and tests that no command here reads."""
    root = tmp_path_factory.mktemp("author") / "course"
    unused = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "browser", "journeys")
    for part in (
        "case_studies", "chapters", "grader", "lessons", "mlsd", "mlsd_lib", "notebook_runner", "solutions", "tests",
    ):  # fmt: skip
        shutil.copytree(ROOT / part, root / part, ignore=unused)
    for part in ("pyproject.toml", "nbgrader_config.py", "bootstrap.py"):
        shutil.copy(ROOT / part, root / part)
    return root


@pytest.fixture
def typed(course):
    """Runs a command in the copy: its exit status and what it printed, in which no traceback may stand."""
    where = {"PYTHONPATH": str(course), "MLSD_SECRET_FILE": str(course / "none"), "COLUMNS": "400"}

    def run(*words, tracebacks=False):
        command = [sys.executable, "-m", *map(str, words)]
        done = subprocess.run(command, cwd=course, env=environment(**where), capture_output=True, text=True)
        printed = done.stdout + done.stderr
        assert tracebacks or "Traceback" not in printed, printed
        return done.returncode, printed

    return run


def in_form(typed, *places):
    """The linter and the formatter take what was written."""
    for words in (("check",), ("format", "--check")):
        status, printed = typed("ruff", *words, "--no-cache", *places)
        assert status == 0, printed


def test_a_new_lesson_passes_what_every_lesson_does(course, typed):
    status, printed = typed("mlsd", "new", "lesson", LESSON, "--title", "Waiting")
    written = re.findall(r"^(\S+): written\.$", printed, re.MULTILINE)
    assert (status, len(written)) == (0, 3), printed
    in_form(typed, *written)
    notebook, checks = written[0], course / "lessons/waiting/checks.py"
    for command in (
        ("mlsd", "notebooks", "--fix", notebook),
        ("mlsd", "notebooks", "--check", notebook),
        ("mlsd", "check", "--seeds", "2", notebook),
        ("pytest", "-q", "tests/lessons", "-k", "31_waiting"),
    ):
        status, printed = typed(*command)
        assert status == 0, printed

    checks.write_text(checks.read_text().replace("return number / rate", "return 1 / rate * number"))
    status, printed = typed("mlsd", "notebooks", "--check", notebook)
    assert (status, "The code in the cell 'second-solution' is not the right answer" in printed) == (1, True), printed


def test_a_second_lesson_of_a_section_shares_its_checks(course, monkeypatch):
    monkeypatch.chdir(course)
    done = CliRunner().invoke(app, ["new", "lesson", f"{CHAPTER}/33_again", "--room", "serving_options"])
    assert re.findall(r"(\S+): written", done.output) == [f"{CHAPTER}/33_again.ipynb"]
    assert "lessons.serving_options.checks" in (course / f"{CHAPTER}/33_again.ipynb").read_text()


def test_a_new_exercise_passes_its_contract_and_is_graded(course, typed):
    status, printed = typed("mlsd", "new", "exercise", NAME)
    written = re.findall(r"^\S+/\S+$", printed, re.MULTILINE)
    assert (status, len(written)) == (0, 14), printed
    in_form(typed, *(path for path in written if "/bank/" not in path))
    for command in (("bank", NAME), ("release", NAME)):
        status, printed = typed("mlsd", *command)
        assert (status, f"mlsd bank --cases {NAME}" in printed, printed.count("\n")) == (2, True, 1), printed
    for command in (
        ("mlsd", "bank", "--cases", NAME),
        ("mlsd", "release", NAME),
        ("pytest", "-q", *sorted((course / "tests/grader/suites").glob("test_contract*.py")), "-k", NAME),
    ):
        status, printed = typed(*command, tracebacks=True)
        assert (status, "skipped" in printed) == (0, False), printed
    released = (course / f"exercises/{NAME}/{NAME}.ipynb").read_text()
    assert "total / len(one)" not in released
    notebook = json.loads(released)
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    cells["answer"]["source"] = "def answer(one):\n    return sum(one) / len(one)"
    handed_in = course / f"classroom/submitted/ann/{NAME}/{NAME}.ipynb"
    handed_in.parent.mkdir(parents=True)
    handed_in.write_text(json.dumps(notebook))
    status, printed = typed("mlsd", "grade", NAME)
    assert (status, "1 of 1 graded" in printed) == (0, True), printed
    status, printed = typed("mlsd", "feedback", NAME)
    assert status == 0, printed
    page = (course / f"classroom/feedback/ann/{NAME}/{NAME}.html").read_text()
    assert "10.0 / 20" in page, "the first rule is kept and an empty list raises"


def test_a_new_case_passes_what_every_case_does(course, typed):
    status, printed = typed("mlsd", "new", "case", "tiny", "--title", "Tiny: a small one")
    written = re.findall(r"^\S+/\S+$", printed, re.MULTILINE)
    assert (status, len(written)) == (0, 15), printed
    in_form(typed, *written)
    assert typed("mlsd", "notebooks", "--fix", "case_studies/tiny")[0] == 0
    contract = ("pytest", "-q", "tests/case_studies/test_contract.py", "-k", "tiny")
    for command in (
        (*contract, "tests/case_studies/test_watched_service.py", "tests/case_studies/kit/test_reruns.py"),
        ("pytest", "-q", "tests/lessons", "-k", "tiny"),
        ("mlsd", "check", "case_studies/tiny"),
    ):
        status, printed = typed(*command, tracebacks=True)
        assert (status, "skipped" in printed) == (0, False), printed


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("case", "two words"), "must begin with a letter"),
        (("case", "Fraud"), "must begin with a letter"),
        (("case", "été"), "must begin with a letter"),
        (("case", "class"), "a keyword of Python"),
        (("case", "fraud"), "exists already and was left as it is"),
        (("case", "small", "--title", 'a "b"'), "without double quotes"),
        (("case", "small", "--title", 90 * "a"), "at most 80 characters"),
        (("exercise", "a__b"), "must begin with a letter"),
        (("exercise", "a/b"), "must begin with a letter"),
        (("exercise", ""), "must begin with a letter"),
        (("exercise", 41 * "a"), "at most 40"),
        (("exercise", "class"), "a keyword of Python"),
        (("exercise", "reduce_latency"), "exists already and was left as it is"),
        (("lesson", "77_nowhere/01_more"), "no chapter '77_nowhere'"),
        (("lesson", "../03_more"), "no chapter '..'"),
        (("lesson", CHAPTER.partition("/")[2]), "is no place for a lesson"),
        (("lesson", f"{CHAPTER}/3_more"), "two digits"),
        (("lesson", f"{CHAPTER}/32_Waiting"), "must begin with a letter"),
        (("lesson", f"{CHAPTER}/10_other"), "a chapter has a number once"),
        (("lesson", f"{CHAPTER}/32_more", "--room", "../../x"), "The name of a room"),
        (("lesson", f"{CHAPTER}/32_more", "--title", "two\nlines"), "one line"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_and_nothing_is_written(course, monkeypatch, words, rule):
    monkeypatch.chdir(course)
    before = everything(course)
    refused = CliRunner().invoke(app, ["new", *words])
    assert isinstance(refused.exception, example.ExampleError)
    assert re.search(rule, str(refused.exception))
    assert everything(course) == before


def everything(course):
    """The paths of all that `mlsd new` could add to."""
    return {path for part in ("case_studies", "chapters", "grader/suites", "lessons", "solutions", "tests")
            for path in (course / part).rglob("*")}  # fmt: skip


def test_an_example_that_is_interrupted_or_cannot_be_written_leaves_nothing(course, monkeypatch):
    class Interrupted(dict):
        def items(self):
            yield "lessons/half/__init__.py", ""
            raise KeyboardInterrupt

    (course / "solutions/half").touch()  # a file, where the last part of the example needs a folder
    before = everything(course)
    with pytest.raises(KeyboardInterrupt):
        example.write(course, Interrupted())
    monkeypatch.chdir(course)
    refused = CliRunner().invoke(app, ["new", "exercise", "half"])
    assert "Nothing of the example was left" in str(refused.exception)
    assert everything(course) == before


def test_in_a_student_edition_nothing_is_written(tmp_path):
    with pytest.raises(example.ExampleError, match="student edition"):
        example.write(tmp_path, {"a": ""})
    assert list(tmp_path.iterdir()) == []
