"""The demo's class, and the main path of INSTRUCTORS.md run on it as it is written there."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.course import Course
from grader.errors import GraderError
from grader.workflow import demo
from mlsd.cli import app

ROOT = Path(__file__).parents[3]
NAME = "reduce_latency"  # of which the guide speaks


def main_path(text: str) -> list[str]:
    """The commands in the fenced blocks of the section "The main path"."""
    section = re.search(r"^## The main path\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    blocks = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def run(line: str, folder: Path, home: Path) -> None:
    """Run a line of the guide in a shell; an AssertionError with what it told if it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {**os.environ, "PATH": path, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(["bash", "-c", line], cwd=folder, env=own, capture_output=True, text=True)
    assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"


@pytest.fixture
def folder(tmp_path):
    demo.prepare(ROOT, tmp_path / "course", NAME)
    return tmp_path / "course"


def test_the_guides_main_path_runs_from_first_release_to_feedback(folder, tmp_path):
    lines = main_path((ROOT / "INSTRUCTORS.md").read_text())
    steps = ["release", "roster", "collect", "grade", "report", "feedback", "export"]
    told = ["roster.csv" if step == "roster" else NAME for step in steps]
    assert [line.split()[:3] for line in lines] == [["mlsd", *step] for step in zip(steps, told, strict=True)]
    run(lines[0], folder, tmp_path)
    students = demo.hand_in(folder, seed=1, number=2, name=NAME)
    (tmp_path / "Downloads").mkdir()
    (folder / "moodle.zip").rename(tmp_path / "Downloads" / "submissions.zip")
    for line in lines[1:]:
        run(line, folder, tmp_path)
    course = Course.open(folder)
    report = (course.home / "reports" / NAME / "report.html").read_text()
    assert "2 graded submissions" in report
    assert "Submissions whose points and messages are like" in report
    assert (folder / "marks.csv").read_text().count(NAME) == len(students)
    for student in students:
        assert (course.folder("feedback", student.id, NAME) / f"{NAME}.html").is_file()


def test_a_line_of_the_guide_that_fails_is_named(tmp_path):
    with pytest.raises(AssertionError, match=r"^echo told; exit 3\n\s*told"):
        run("echo told; exit 3", tmp_path, tmp_path)


def test_the_demos_class_is_of_every_kind_and_drawn_from_the_seed(tmp_path):
    folder = tmp_path / "course"
    demo.prepare(ROOT, folder)
    released = folder / "exercises" / demo.NAME
    released.mkdir(parents=True)
    own = f"{demo.NAME}.ipynb"
    (released / own).write_text((ROOT / "exercises" / demo.NAME / own).read_text())
    students = demo.hand_in(folder, seed=0)
    assert len({student.shown for student in students}) == len(students) == demo.STUDENTS
    assert demo.hand_in(folder, seed=0) == students
    assert demo.hand_in(folder, seed=1) != students
    with zipfile.ZipFile(folder / "moodle.zip") as archive:
        assert len(archive.namelist()) == demo.STUDENTS
    contents = [student.content.decode() for student in students]
    assert sum("SOLUTION" in content for content in contents) == 0
    for fault in demo.LINES.values():
        assert any(json.dumps(fault)[1:-1] in content for content in contents)
    assert contents.count(json.dumps(json.loads((released / own).read_text()), indent=1)) == 2  # untouched
    with pytest.raises(json.JSONDecodeError):
        [json.loads(content) for content in contents]


def test_a_folder_that_is_not_empty_is_refused_and_nothing_in_it_is_changed(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    result = CliRunner().invoke(app, ["demo", str(tmp_path), "--no-browser"])
    assert isinstance(result.exception, GraderError)
    assert str(result.exception) == f"{tmp_path} is not an empty folder. Name one that is new or empty: mlsd demo DIR"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_student_edition_has_no_demo(tmp_path):
    with pytest.raises(GraderError, match="The demo needs the full repository, not a student edition"):
        demo.prepare(tmp_path / "edition", tmp_path / "new")


def test_a_command_that_fails_ends_the_demo_with_what_it_told(tmp_path):
    with pytest.raises(GraderError, match=r"mlsd grade nothing ended with status 2"):
        demo.run(("mlsd", "grade", "nothing"), tmp_path)
