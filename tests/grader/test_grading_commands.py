"""The commands as an instructor types them: what they say and the status they end with."""

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
from tests import toy_course as toy


@pytest.fixture
def mlsd():
    """Run `mlsd` with arguments: the exit status and what it printed."""

    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
        return result.exit_code, result.output

    return run


def test_a_refused_submission_and_a_stale_exercise_end_with_status_1(mlsd, course, tmp_path):
    (tmp_path / "class" / "alice").mkdir(parents=True)
    (tmp_path / "class" / "alice" / "essay.pdf").write_text("%PDF")
    status, said = mlsd("collect", toy.NAME, tmp_path / "class", "--course", course.root)
    assert (status, "refused    alice: no notebook" in said) == (1, True)
    (course.folder("release", name=toy.NAME) / "values.csv").unlink()
    status, said = mlsd("release", "--check", "--course", course.root)
    assert (status, "halves/values.csv is missing" in said) == (1, True)


def test_a_student_who_could_not_be_graded_ends_with_status_1_and_a_name(mlsd, course):
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    course.folder("autograded").mkdir(parents=True)
    course.folder("autograded", "al").touch()  # a file where the student's graded notebooks belong
    status, said = mlsd("grade", toy.NAME, "--stock", "--course", course.root)
    assert (status, "0 of 1 graded" in said, "Not graded: al." in said) == (1, True, True)


def changed_test(course):
    source = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    source.write_text(source.read_text().replace("assert half(4) == 2, ", "assert half(6) == 3, "))


def test_a_source_that_was_changed_but_not_released_is_said_once(mlsd, course):
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    assert "not released" not in mlsd("grade", toy.NAME, "--course", course.root)[1]
    changed_test(course)
    said = mlsd("grade", toy.NAME, "--course", course.root)[1]
    assert said.count("halves: its source was changed but not released") == 1
    assert f"To release it: mlsd release halves --course {course.root}" in said
    mlsd("release", toy.NAME, "--course", course.root)
    assert "not released" not in mlsd("grade", toy.NAME, "--course", course.root)[1]


def test_a_source_that_was_only_run_is_not_one_that_was_changed(mlsd, course):
    source = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    notebook = json.loads(source.read_text())
    notebook["cells"][2] |= {
        "execution_count": 3,
        "outputs": [{"output_type": "stream", "text": "1", "name": "stdout"}],
    }
    source.write_text(json.dumps(notebook))
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    assert "not released" not in mlsd("grade", toy.NAME, "--stock", "--course", course.root)[1]


WITHOUT_ROOTS_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]


@pytest.fixture
def told_by_the_system(course):
    """Run `mlsd` in a process that the system refuses what it refuses everybody; its status and its last words."""
    if os.getuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may write everything, and setpriv is not installed")

    def run(*arguments: str) -> tuple[int, list[str]]:
        command = [sys.executable, "-c", "from mlsd.cli import main; main()", *arguments, "--course", course.root]
        own = WITHOUT_ROOTS_RIGHTS if os.getuid() == 0 else []
        ended = subprocess.run([*own, *command], cwd=Path(__file__).parents[2], capture_output=True, text=True)
        return ended.returncode, ended.stderr.strip().splitlines()

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
@pytest.mark.parametrize("place", ["classroom/gradebook.db", "classroom"])
@pytest.mark.parametrize("command", [["grade", toy.NAME], ["grade", toy.NAME, "--stock"], ["release"]])
def test_what_may_not_be_written_is_one_line_that_names_it(told_by_the_system, course, command, place):
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    changed_test(course)
    (course.root / place).chmod(0o555)
    try:
        status, said = told_by_the_system(*command)
    finally:
        (course.root / place).chmod(0o755)
    assert status == 2
    assert "Traceback" not in "\n".join(said)
    assert str(course.root / place) in said[-1]
    assert "cannot be opened or written" in said[-1]
    assert "give yourself the right to write there" in said[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_a_report_that_may_not_be_written_is_one_line(told_by_the_system, course, tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "al.ipynb").write_text(json.dumps(toy.answered(course, **toy.RIGHT)))
    (course.home / "reports").mkdir(mode=0o555)
    status, said = told_by_the_system("collect", toy.NAME, str(tmp_path / "class"))
    assert status == 2
    assert str(course.home / "reports") in said[-1]


@pytest.mark.parametrize("option", ["--require-sandbox", "--sandbox=limits", "--jobs=2", "--seed=1"])
def test_stock_nbgrader_has_no_sandbox_to_ask_for(mlsd, course, option):
    with pytest.raises(GraderError, match=r"--stock has no sandbox.*leave out"):
        mlsd("grade", toy.NAME, "--stock", option, "--course", course.root)
