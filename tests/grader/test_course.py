"""A course is opened without what nbgrader rarely needs, and that is there when it is needed."""

import os
import re
import subprocess
import sys
import zipfile

import pytest

from grader.course import CONFIG, Course
from grader.errors import GraderError
from tests import toy_course as toy

SCRIPT = """
import sys
from pathlib import Path
from grader.course import Course

Course.open(Path(sys.argv[1]))
import nbgrader.utils

loaded = {"setuptools", "nbgrader.server_extensions.formgrader", "rfc3987_syntax"} & set(sys.modules)
assert not loaded, loaded
nbgrader.utils.unzip(sys.argv[2], sys.argv[3])
assert "setuptools" in sys.modules
"""


def test_what_nbgrader_rarely_needs_is_loaded_when_it_is_called(released_once, tmp_path):
    with zipfile.ZipFile(tmp_path / "handed_in.zip", "w") as archive:
        archive.writestr("ps1.ipynb", "{}")
    (tmp_path / "out").mkdir()
    given = [released_once.root, tmp_path / "handed_in.zip", tmp_path / "out"]
    subprocess.run([sys.executable, "-c", SCRIPT, *map(str, given)], check=True, timeout=60)
    assert (tmp_path / "out" / "ps1.ipynb").read_text() == "{}"


@pytest.mark.parametrize(
    "place",
    ["submitted/eve/halves", "autograded/eve/halves", "earlier/eve/halves/1", "exchange/mlsd/inbound/eve+halves+1"],
)
def test_a_configuration_that_was_handed_in_is_not_run_where_its_folder_is_looked_at(place, course, monkeypatch):
    folder = course.home / place
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(f"open({str(course.root / 'ran')!r}, 'w')")
    monkeypatch.chdir(folder)
    assert Course.open().root == course.root
    assert not (course.root / "ran").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such owner there")
def test_another_users_configuration_runs_only_where_its_folder_is_named(tmp_path, monkeypatch):
    """As in the inbound folder of an exchange that lies outside of any course."""
    (tmp_path / CONFIG).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    if os.geteuid() == 0:
        os.chown(tmp_path / CONFIG, 12_345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GraderError, match=re.escape(f"--course {tmp_path}")):
        Course.open()
    assert not (tmp_path / "ran").exists()
    assert Course.open(tmp_path).root == tmp_path


def test_of_a_course_in_the_folder_of_another_the_nearest_is_opened(course, monkeypatch):
    inner = toy.make(course.root / "terms" / "autumn")
    monkeypatch.chdir(inner.folder("source"))
    assert Course.open().root == inner.root


def test_a_course_without_a_configuration_opens_below_one_that_cannot_be_read(tmp_path):
    (tmp_path / CONFIG).write_text("c = nothing()\n")
    (tmp_path / "cs101" / "source").mkdir(parents=True)
    assert Course.open(tmp_path / "cs101").root == tmp_path / "cs101"


@pytest.mark.skipif(sys.platform == "win32", reason="no folder has such a name there")
@pytest.mark.parametrize("name", ["cs [1]", "cs*", "cs?", "cs%20", "cs$HOME"])
def test_a_course_whose_folder_nbgrader_would_not_find_is_named(name, tmp_path):
    (tmp_path / name / "source").mkdir(parents=True)
    with pytest.raises(GraderError, match="takes for a pattern"):
        Course.open(tmp_path / name)


@pytest.mark.parametrize("kept", ["classroom", "classroom/handed_in"])
def test_the_folder_where_a_course_keeps_its_gradebook_or_hand_ins_is_no_course(kept, tmp_path):
    """Its gradebook would be opened there, without the course's configuration and secret."""
    (tmp_path / "classroom" / "handed_in" / "submitted").mkdir(parents=True)
    (tmp_path / CONFIG).write_text(
        "c = get_config()\nc.CourseDirectory.db_url = 'sqlite:///classroom/gradebook.db'\n"
        "c.CourseDirectory.submitted_directory = 'classroom/handed_in/submitted'\n"
    )
    (tmp_path / "classroom" / "submitted").mkdir()
    with pytest.raises(GraderError, match=f"Name the course: --course {re.escape(str(tmp_path))}$"):
        Course.open(tmp_path / kept)


@pytest.mark.parametrize("laid", [os.mkdir] if sys.platform == "win32" else [os.mkdir, os.mkfifo])
def test_a_gradebook_that_is_no_file_is_named(laid, course):
    course.database.unlink()
    laid(course.database)
    with pytest.raises(GraderError, match=r"gradebook.db cannot be .*it is no file"), course.gradebook():
        pass


def test_assignments_are_found_where_the_courses_structure_puts_them(course):
    own = {"directory_structure": "{assignment_id}/{nbgrader_step}/{student_id}"}
    there = course.configured(CourseDirectory=own)
    (place := course.root / "ps1" / there.directory.source_directory).mkdir(parents=True)
    (place / "one.ipynb").write_text("{}")
    assert there.assignments() == ["ps1"]


def test_courses_whose_gradebooks_lie_in_one_folder_keep_their_reports_apart(tmp_path, monkeypatch):
    """Otherwise the upload of one names a student by the other's number. A relative path begins at the course."""
    monkeypatch.chdir(tmp_path)
    homes = []
    for name, url in (("one", f"{tmp_path}/marks/one.db"), ("two", "../marks/two.db")):
        config = f"c.CourseDirectory.db_url = 'sqlite:///{url}'\nc.CourseDirectory.root = '.'\n"
        (tmp_path / name / "source").mkdir(parents=True)
        (tmp_path / name / CONFIG).write_text(f"c = get_config()\n{config}")
        course = Course.open(tmp_path / name)
        with course.gradebook():
            assert (tmp_path / "marks" / f"{name}.db").is_file()
        assert course.folder("source") == tmp_path / name / "source"
        homes.append(course.home)
    assert homes == [tmp_path / "marks" / "one.db.mlsd", tmp_path / "marks" / "two.db.mlsd"]
