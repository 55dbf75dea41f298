"""The way to a new exercise, followed once: the contract refuses the skeleton as it is written, and takes it filled."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.errors import GraderError
from mlsd.cli import app
from mlsd.new.exercise import write_skeleton

ROOT = Path(__file__).parents[2]
NAME = "average_numbers"
DRAW = """
    lists = [[int(one) for one in rng.integers(-50, 50, rng.integers(2, 9))] for _ in range(20)]
    return {"ordinary": [[*one, max(one) + 7] for one in lists], "empty": [[]]}
"""
FAMILIES = """
[families.ordinary]
test = "answers"
points = 10
production = "a report is wrong by a little, and nobody looks."
read = "the docs of statistics.fmean"
hints = ["By what is the sum divided?", "Add all numbers, and count them."]

[families.empty]
test = "answers"
points = 10
production = "the first quiet day ends the report."
read = "rule 1 of the task"
hints = ["What is the sum divided by here?", "Return before you divide."]
"""
SOLUTION = '''def answer(one):
    """The arithmetic mean of the numbers."""
    ### BEGIN SOLUTION
    if not one:
        return None
    total = 0.0
    for number in one:
        total += number
    return total / len(one)
    ### END SOLUTION'''
TASK = """## 1. The answer

| criterion | what | required | points |
|---|---|---|---|
| `ordinary` | the mean of some numbers | all to within 1e-9 | 10 |
| `empty` | the mean of none | 0 differ | 10 |

Stuck: `suite.hint("empty")`.

1. The mean of no numbers is `None`."""
# What replaces the last line, or the answer to an empty list; and what that gets.
WRONG = {
    "sums": ("total / len(one)", "total", 10), "rounds": ("total / len(one)", "total // len(one)", 10),
    "takes_the_first": ("total / len(one)", "one[0] * 1.0", 10), "takes_the_last": ("total / len(one)", "one[-1]", 10),
    "counts": ("total / len(one)", "len(one)", 10), "squares": ("total / len(one)", "total / len(one) ** 2", 10),
    "answers_zero": ("return None", "return 0.0", 10), "answers_nan": ("return None", "return float('nan')", 10),
}  # fmt: skip
MUTANTS = [("0.0", "1.0"), ("+=", "-="), ("not one", "one"), ("None", "0"), ("None", "1"), ("None", "[]"),
           ("total / len(one)", "total / 2"), ("total / len(one)", "-total")]  # fmt: skip
LESSONS = {
    "no numbers have no mean": "right(one) if one else 0.0",
    "divide by their number": "right(one) * 2 if one else None",
    "all numbers count": "one[0] * 1.0 if one else None",
}
BANK = f"""
preload = ["grader.suites.{NAME}"]
draws = 25
in_nbgrader = ["sums", "takes_the_first"]
[automatic]
cells = ["answer"]
tests = ["test-answers"]
most = 5
[automatic.survivors]
"answer, line 5: nothing is returned" = "the line is `return None`"
"""
RIGHT = {
    "by_the_library": "import statistics\n\ndef answer(one):\n    return statistics.fmean(one) if one else None",
    "by_numpy": "import numpy\n\ndef answer(one):\n    return float(numpy.mean(one)) if one else None",
}


def in_the_contract(course: Path, *options: str) -> subprocess.CompletedProcess:
    """The contract's tests of the new exercise, run in a course of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", "-k", NAME, *options]
    where = {**os.environ, "PYTHONPATH": str(course), "MLSD_SECRET_FILE": str(course / "none")}
    contract = sorted(str(path) for path in (course / "tests/grader/suites").glob("test_contract*.py"))
    return subprocess.run([*command, *contract], cwd=course, env=where, capture_output=True, text=True)


@pytest.fixture
def course(tmp_path):
    """The full repository, less what no exercise needs."""
    unused = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for part in (
        "grader",
        "mlsd",
        "mlsd_lib",
        "notebook_runner",
        "lessons",
        "solutions",
        "chapters",
        "tests/grader",
        "tests/attacks",
        "tests/proof",
    ):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=unused)
    files = ("pyproject.toml", "nbgrader_config.py", *sorted((ROOT / "tests").glob("[!t]*.py")), "tests/toy_course.py")
    for part in files:
        path = ROOT / part
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    return tmp_path


def filled(course):
    """Writes what the skeleton leaves to be done."""

    def change(path, *pairs):
        text = (course / path).read_text()
        for old, new in pairs:
            assert old in text, (path, old)
            text = text.replace(old, new)
        (course / path).write_text(text)

    suite = f"grader/suites/{NAME}"
    bank = course / suite / "bank"
    change(f"{suite}/suite.py", ("\n    raise NotImplementedError\n", DRAW))
    toml = (course / suite / "exercise.toml").read_text()
    lessons = "".join(f'"{lesson}" = 10\n' for lesson in LESSONS)
    (course / suite / "exercise.toml").write_text(toml.partition('# "what')[0] + lessons + FAMILIES)
    oracle = "    return sum(one) / len(one) if one else None\n"
    change(f"grader/suites/{NAME}/hidden/oracle.py", ("    raise NotImplementedError\n", oracle))
    wrong = [f'[wrong.{name}]\nabout = "It {name}."\npoints = {{ test-answers = {points} }}\n'
             f'patches = [{{ cell = "answer", old = "{old}", new = "{new}" }}]\n'
             for name, (old, new, points) in WRONG.items()]  # fmt: skip
    wrong[0] = wrong[0].replace("points", "first_try = true\npoints")
    wrong += [
        f'[lessons."{lesson}"]\nabout = "Forgets it."\nevery = [{{ cell = "answer", add = """\nright = answer\n'
        f'def answer(one):\n    return {made}\n""" }}]\n'
        for lesson, made in LESSONS.items()
    ]
    mutants = [f'"{old} is {new}" = {{ cell = "answer", old = "{old}", new = "{new}" }}\n' for old, new in MUTANTS]
    (bank / "bank.toml").write_text("\n".join([BANK, *wrong, "[mutant]\n", *mutants]))
    for name, source in RIGHT.items():
        (bank / f"{name}.py").write_text(f'"""Right.\n\nkind = "alternative"\n"""\n\n# %% answer\n{source}\n')
    path = course / "solutions" / NAME / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["source"] = {"answer": SOLUTION, "answer-why": TASK}.get(cell["id"], cell["source"])
    path.write_text(json.dumps(notebook))
    build = [sys.executable, "-m", f"grader.suites.{NAME}.hidden.build"]
    subprocess.run(build, cwd=course, env={**os.environ, "PYTHONPATH": str(course)}, check=True)


def test_a_new_exercise_is_red_until_it_is_filled(course):
    ran = CliRunner().invoke(app, ["new", "exercise", NAME, "--course", str(course)], catch_exceptions=False)
    written = [Path(word) for word in ran.output.split() if word.startswith(str(course))]
    assert len(written) == 13
    assert all(path.is_file() for path in written)
    red = in_the_contract(course, "--maxfail=3")
    assert red.returncode == 1, red.stdout + red.stderr
    assert "3 failed" in red.stdout
    filled(course)
    green = in_the_contract(course)
    assert green.returncode == 0, green.stdout + green.stderr
    assert " passed" in green.stdout
    assert "skipped" not in green.stdout


@pytest.mark.parametrize("name", ["Two Words", "2fast", "a__b", "", "a/b"])
def test_another_name_is_refused(tmp_path, name):
    with pytest.raises(GraderError, match="use small letters"):
        write_skeleton(tmp_path, name)


def test_what_is_there_is_left_and_an_edition_has_no_bank(tmp_path):
    with pytest.raises(GraderError, match="full repository"):
        write_skeleton(tmp_path, NAME)
    (tmp_path / "solutions").mkdir(parents=True)
    first = write_skeleton(tmp_path, NAME)
    first[0].write_text("mine")
    with pytest.raises(GraderError, match="is there already"):
        write_skeleton(tmp_path, NAME)
    assert first[0].read_text() == "mine"
