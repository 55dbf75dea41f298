"""The demo's class: drawn from its seed, of every kind, into an empty folder."""

import json
import zipfile
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.workflow import demo

ROOT = Path(__file__).parents[3]


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


def test_a_student_edition_has_no_demo(tmp_path):
    with pytest.raises(GraderError, match="The demo needs the full repository, not a student edition"):
        demo.prepare(tmp_path / "edition", tmp_path / "new")


def test_a_command_that_fails_ends_the_demo_with_what_it_told(tmp_path):
    with pytest.raises(GraderError, match=r"mlsd grade nothing ended with status 2"):
        demo.run(("mlsd", "grade", "nothing"), tmp_path)
