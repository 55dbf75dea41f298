"""The commands as an instructor types them: what they say and the status they end with."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import GraderError
from tests import toy_course as toy
from tests.grader.grading.engine_course import edit_source, mlsd


def test_a_stale_exercise_ends_with_status_1(course):
    (course.folder("release", name=toy.NAME) / "values.csv").unlink()
    done = mlsd(course, "release", "--check")
    assert (done.exit_code, "halves/values.csv is missing" in done.output) == (1, True)


def test_a_student_who_could_not_be_graded_ends_with_status_1_and_a_name(course):
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    course.folder("autograded").mkdir(parents=True)
    course.folder("autograded", "al").touch()  # a file where the student's graded notebooks belong
    done = mlsd(course, "grade", toy.NAME, "--stock")
    assert (done.exit_code, "0 of 1 graded" in done.output, "Not graded: al." in done.output) == (1, True, True)


CHANGE = ("assert half(4) == 2, ", "assert half(6) == 3, ")


def test_a_source_that_was_changed_but_not_released_is_said_once(course):
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    assert "not released" not in mlsd(course, "grade", toy.NAME).output
    edit_source(course, *CHANGE)
    said = mlsd(course, "grade", toy.NAME).output
    assert said.count("halves: its source was changed but not released") == 1
    assert f"To release it: mlsd release halves --course {course.root}" in said
    mlsd(course, "release", toy.NAME)
    assert "not released" not in mlsd(course, "grade", toy.NAME).output


def test_a_source_that_was_only_run_is_not_one_that_was_changed(course):
    source = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    notebook = json.loads(source.read_text())
    printed = {"output_type": "stream", "text": "1", "name": "stdout"}
    notebook["cells"][2] |= {"execution_count": 3, "outputs": [printed]}
    source.write_text(json.dumps(notebook))
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    assert "not released" not in mlsd(course, "grade", toy.NAME, "--stock").output


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
    edit_source(course, *CHANGE)
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
def test_stock_nbgrader_has_no_sandbox_to_ask_for(course, option):
    with pytest.raises(GraderError, match=r"--stock has no sandbox.*leave out"):
        mlsd(course, "grade", toy.NAME, "--stock", option)
