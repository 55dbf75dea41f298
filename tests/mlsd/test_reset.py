"""A notebook put back: as it was released, and what was there is kept."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from grader.errors import GraderError
from mlsd.students.files import StudentError
from mlsd.students.reset import reset
from mlsd.students.submit import submit
from notebook_runner import NotebookError, course_root, read_notebook
from tests.mlsd.student_course import LESSON, NAME, ROOT, answer, notebook_of, student_course

NOW = datetime(2027, 1, 15, 23, 58, 30, tzinfo=UTC)


@pytest.fixture
def course(tmp_path):
    return student_course(tmp_path / "course")


def test_two_resets_in_one_second_keep_both(course):
    path = notebook_of(course)
    for text in ("# one", "# two"):
        answer(path, text)
        reset(course, NAME, NOW)
    kept = sorted((course / "backups").rglob("*.ipynb"))
    assert [text in file.read_text() for text, file in zip(("# one", "# two"), kept, strict=True)] == [True, True]


def test_what_is_as_released_is_left_alone(course):
    assert "nothing was changed" in reset(course, NAME, NOW)
    assert not (course / "backups").exists()


def test_a_notebook_that_was_removed_comes_back(course):
    (course / LESSON).unlink()
    reset(course, "01_performance_requirements", NOW)
    assert (course / LESSON).is_file()
    assert not (course / "backups").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="it has neither pipes nor links for everybody")
@pytest.mark.parametrize(
    "laid", [os.mkfifo, lambda path: path.symlink_to(path), lambda path: path.symlink_to("/dev/zero")]
)
def test_what_is_no_file_is_neither_read_nor_handed_in_and_the_notebook_comes_back(course, laid):
    (path := notebook_of(course)).unlink()
    laid(path)
    with pytest.raises(StudentError, match=f"is no file. .* mlsd reset {NAME}"):
        submit(course, NAME, NOW)
    with pytest.raises(NotebookError, match=r"cannot be read as a notebook|outside the course"):
        read_notebook(course, path)
    reset(course, NAME, NOW)
    assert path.read_bytes() == notebook_of(ROOT).read_bytes()


@pytest.mark.parametrize("damage", [lambda path: path.write_text("[project"), lambda path: path.unlink()])
def test_a_copy_whose_project_file_is_damaged_is_not_taken_for_part_of_another(course, damage, monkeypatch):
    inner = student_course(course / "copies" / "new")
    damage(inner / "pyproject.toml")
    monkeypatch.chdir(inner / "exercises")
    with pytest.raises(NotebookError, match=r"pyproject\.toml is damaged"):
        course_root()


def test_a_folder_of_backups_that_is_a_link_to_nothing_is_named(course):
    (course / "backups").symlink_to("/nowhere")
    answer(notebook_of(course))
    with pytest.raises(StudentError, match=r"backups/.* cannot be written"):
        reset(course, NAME, NOW)


def test_a_notebook_of_ones_own_and_a_name_of_nothing_are_refused(course):
    (course / "chapters" / "mine.ipynb").write_text("{}")
    with pytest.raises(StudentError, match="it is your own, or newer"):
        reset(course, "mine", NOW)
    with pytest.raises(StudentError, match="'nothing' is no notebook"):
        reset(course, "nothing", NOW)
    with pytest.raises(StudentError, match=f"'reduce_latncy' is no notebook of this course. Was {NAME} meant"):
        reset(course, "reduce_latncy", NOW)


def test_a_name_of_two_notebooks_is_answered_with_both(course):
    (course / "chapters" / f"{NAME}.ipynb").write_text("{}")
    with pytest.raises(StudentError, match=rf"means chapters/{NAME}\.ipynb and exercises"):
        reset(course, NAME, NOW)


def test_a_clone_is_put_back_to_its_commit(course):
    (course / "released.zip").unlink()
    with pytest.raises(GraderError, match="nobody knows how it was released"):
        reset(course, NAME, NOW)
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(course), *words], check=True)
    before = notebook_of(course).read_bytes()
    answer(notebook_of(course))
    assert "is as in commit" in reset(course, NAME, NOW)
    assert notebook_of(course).read_bytes() == before


def test_a_fresh_edition_may_be_named(course, tmp_path):
    fresh = student_course(tmp_path / "fresh")
    (course / "released.zip").unlink()
    answer(notebook_of(course))
    reset(course, NAME, NOW, fresh)
    assert notebook_of(course).read_bytes() == notebook_of(fresh).read_bytes()
    with pytest.raises(GraderError, match="is no student edition"):
        reset(course, NAME, NOW, tmp_path)
