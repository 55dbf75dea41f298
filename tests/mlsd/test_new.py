"""The author's journey: a new lesson, exercise and case as `mlsd new` writes them, filled, and green.

Each command is typed in a copy of the course. A skeleton is in the linter's form, no command on it ends in a traceback,
and what is red says in one line what is to be written next.
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
from mlsd.new import skeleton
from mlsd.new.lesson import lesson_texts
from notebook_runner.canonical import UNWRITTEN
from tests.mlsd import tiny_exercise
from tests.nested_pytest import environment

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).parent / "tiny_case"
CHAPTER = "chapters/02_design_a_machine_learning_system"
LESSON, NAME = f"{CHAPTER}/31_waiting", tiny_exercise.NAME
LESSON_CELLS = {
    "title": "# Waiting\n\nHow long is a queue?\n\nSection of the book: *Serving*.",
    "imports": "from lessons.waiting.checks import check\n"
    "from mlsd_lib.lesson import Claim, claims, predict, use_style\n"
    "from mlsd_lib.lesson import plotting as plot\n\nuse_style()",
    "parameters": "seed = 0\nbusy = [0.5, 0.9]  # shares of the time",
    "question": "## 1. The question\n\nHow long does the queue become?",
    "prediction": 'guess = predict("waiting-at-nine-tenths", "How many wait?", "requests", low=None, high=None)',
    "experiment": "waiting = {share: share**2 / (1 - share) for share in busy}  # M/M/1",
    "experiment-plot": 'plot.lines({"M/M/1": [*waiting.values()]}, "It grows", "busy", "", at=busy, guess=guess)\n'
    "guess.measured(waiting[0.9])",
    "experiment-seen": "**In production.** It grows faster than the load.\n\n**What this does not show**: bursts.",
    "turn-why": "### Your turn\n\nWrite the mean number in the system: at half of the time busy it is 1.",
    "turn-answer": "def in_system(busy):\n    raise NotImplementedError",
    "turn-check": 'check("waiting-in-system", in_system);',
    "turn-solution": "<details><summary>A solution</summary>\n\n```python\ndef in_system(busy):\n"
    "    return busy / (1 - busy)\n```\n</details>",
    "second-why": "### Your turn\n\nWrite how long one waits, by Little's law: 8 who wait at 4 a second, 2 s.",
    "second-answer": "def waits(number, rate):\n    raise NotImplementedError",
    "second-check": 'check("waiting-by-little", waits);',
    "second-solution": "<details><summary>A solution</summary>\n\n```python\n```\n</details>",
    "claims-why": "## What this lesson claims",
    "claims": 'claims(Claim("nine tenths busy is far more than half", waiting[0.9] > 10 * waiting[0.5]))',
    "take-aways": "## Take-aways\n\n- Leave room.\n- Count who waits.\n- Ask twice.\n\n"
    "**What the experiments do not show.** Bursts.",
    "references": "## References\n\n- Little, 1961.\n- Kingman, 1961.\n- Erlang, 1909.\n- Kendall, 1953.",
}
LESSON_TURNS = '''

@check.turn("waiting-in-system", (0.5,), (0.75,))
class InSystem:
    """Add who is served."""

    def right(busy):
        return busy / (1 - busy)

    def those_who_wait(busy):
        """That is those who wait; add who is served."""
        return busy**2 / (1 - busy)


@check.turn("waiting-by-little", (8, 4), (6, 2))
class Waits:
    """Divide by the rate."""

    def right(number, rate):
        return number / rate

    def multiplies(number, rate):
        """Divide by the rate."""
        return number * rate
'''
CASE_CELLS = {
    "imports": "from typing import get_args\n\nimport pandas as pd\n\n"
    "from case_studies.kit import Rollback\n"
    "from case_studies.kit.reader_decisions import must_be_number, must_be_one_of, rerun\n"
    "from case_studies.tiny import data, features, incident, labels, models, policy, train\n"
    "from case_studies.tiny.checks import check",
    "consequences": "pd.Series([f\"{your_capacity or 10} checks, {your_rollback or 'both'}\"])",
    "claims": "assert len(data.load(seed=seed)) > 0",
}
CASE_TURN = [
    ("code", "double-answer", "def double(x):\n    raise NotImplementedError", {"tags": ["your-turn"]}),
    ("code", "double-check", 'check("tiny-double", double);', {}),
    ("markdown", "double-solution", "```python\ndef double(x):\n    return 2 * x\n```", {}),
]


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


def fill_cells(path, sources, more=()):
    """Writes cells by their ids, and takes the mark of the skeleton out of the others."""
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["source"] = sources.get(cell["id"], "".join(cell["source"]).replace(f"{UNWRITTEN} ", ""))
    notebook["cells"] += [skeleton.cell(kind, name, source, **marks) for kind, name, source, marks in more]
    mlsd = notebook["metadata"]["mlsd"]
    mlsd["objectives"], mlsd["section"] = ["Say how long a queue is"], "Serving"
    path.write_text(json.dumps(notebook))


def test_a_new_lesson_is_red_until_it_is_filled(course, typed):
    status, printed = typed("mlsd", "new", "lesson", LESSON, "--title", "Waiting")
    written = re.findall(r"^(\S+): written\.$", printed, re.MULTILINE)
    assert (status, len(written)) == (0, 3), printed
    in_form(typed, *written)
    notebook = written[0]
    status, printed = typed("mlsd", "notebooks", "--check", notebook)
    assert status == 1
    assert set(re.findall(r"Cell '([\w-]+)': it is the skeleton's", printed)) == set(LESSON_CELLS)
    assert re.findall(r"mlsd\.(\w+) is the skeleton's", printed) == ["objectives", "section"]
    assert typed("mlsd", "check", notebook)[0] == 1

    fill_cells(course / notebook, LESSON_CELLS)
    checks = course / "lessons/waiting/checks.py"
    checks.write_text(checks.read_text() + LESSON_TURNS)
    for command in (
        ("mlsd", "notebooks", "--fix", notebook),
        ("mlsd", "check", "--seeds", "2", notebook),
        ("pytest", "-q", "tests/lessons", "-k", "31_waiting"),
    ):
        status, printed = typed(*command)
        assert status == 0, printed

    checks.write_text(checks.read_text().replace("return number / rate", "return 1 / rate * number"))
    status, printed = typed("mlsd", "notebooks", "--check", notebook)
    assert (status, "The code in the cell 'second-solution' is not the right answer" in printed) == (1, True), printed


def test_a_new_exercise_is_red_until_it_is_filled_and_then_graded(course, typed):
    status, printed = typed("mlsd", "new", "exercise", NAME)
    written = re.findall(r"^\S+/\S+$", printed, re.MULTILINE)
    assert (status, len(written)) == (0, 12), printed
    in_form(typed, *(path for path in written if "/bank/" not in path))
    next_one = f"To be written next: grader/suites/{NAME}/hidden/oracle.py, line 8: the right answer to one input."
    for command in (("bank", NAME), ("bank", "--cases", NAME), ("release", NAME)):
        status, printed = typed("mlsd", *command)
        assert (status, next_one in printed, printed.count("\n")) == (2, True, 1), printed
    status, printed = typed("pytest", "-q", "tests/grader/suites/test_contract.py", "-k", NAME)
    assert (status, "passed" in printed, next_one in printed) == (1, False, True), printed

    tiny_exercise.fill(course)
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


def test_a_new_case_is_red_until_it_is_filled(course, typed):
    status, printed = typed("mlsd", "new", "case", "tiny", "--title", "Tiny: a small one")
    written = re.findall(r"^\S+/\S+$", printed, re.MULTILINE)
    assert (status, len(written)) == (0, 14), printed
    in_form(typed, *written)
    modules = [path for path in written if path.startswith("case_studies") and path.endswith(".py")]
    loaded = "import " + ", ".join(path.removesuffix(".py").replace("/", ".") for path in modules[1:])
    (course / "loaded.py").write_text(loaded.replace("case_studies.tiny.__main__, ", ""))
    assert typed("loaded") == (0, "")
    contract = ("pytest", "-q", "tests/case_studies/test_contract.py", "-k", "tiny")
    status, printed = typed(*contract, tracebacks=True)
    assert (status, " errors in " in printed) == (1, True), printed
    assert "To be written next: case_studies/tiny/data.py, line 8: read the data." in printed

    for path in (TINY / "modules").glob("*.py"):
        shutil.copy(path, course / "case_studies/tiny" / path.name)
    shutil.copy(TINY / "hooks.py", course / "tests/case_studies/tiny/hooks.py")
    fill_cells(course / "case_studies/tiny/tiny.ipynb", CASE_CELLS, CASE_TURN)
    assert typed("mlsd", "notebooks", "--fix", "case_studies/tiny")[0] == 0
    status, printed = typed(*contract, "tests/case_studies/kit/test_reruns.py", tracebacks=True)
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
    assert isinstance(refused.exception, skeleton.SkeletonError)
    assert re.search(rule, str(refused.exception))
    assert everything(course) == before


def everything(course):
    """The paths of all that `mlsd new` could add to."""
    return {path for part in ("case_studies", "chapters", "grader/suites", "lessons", "solutions", "tests")
            for path in (course / part).rglob("*")}  # fmt: skip


def test_a_skeleton_that_is_interrupted_or_cannot_be_written_leaves_nothing(course, monkeypatch):
    class Interrupted(dict):
        def items(self):
            yield "lessons/half/__init__.py", ""
            raise KeyboardInterrupt

    (course / "solutions/half").touch()  # a file, where the last part of the skeleton needs a folder
    before = everything(course)
    with pytest.raises(KeyboardInterrupt):
        skeleton.write(course, Interrupted())
    monkeypatch.chdir(course)
    refused = CliRunner().invoke(app, ["new", "exercise", "half"])
    assert "Nothing of the skeleton was left" in str(refused.exception)
    assert everything(course) == before


def test_in_a_student_edition_nothing_is_written(tmp_path):
    with pytest.raises(skeleton.SkeletonError, match="student edition"):
        skeleton.write(tmp_path, {"a": ""})
    assert list(tmp_path.iterdir()) == []


def test_a_second_lesson_of_a_section_shares_its_checks(course):
    texts = lesson_texts(course, f"{CHAPTER}/32_more", "More", "Serving", room="serving_options")
    assert [Path(path).name for path in texts] == ["32_more.ipynb"]
    assert "lessons.serving_options.checks" in next(iter(texts.values()))
