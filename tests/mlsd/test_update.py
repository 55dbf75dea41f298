"""A new version of the course over a student's copy, file by file: everything that was written stays or is kept."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from grader.errors import GraderError
from grader.released import FILE, pack, unpacked
from mlsd.students.files import StudentError
from mlsd.students.update import planned, take, update
from tests.mlsd.student_course import LESSON, NAME, OTHER, answer, edit, notebook_of, student_course

NOW = datetime(2027, 1, 15, 23, 58, 30, tzinfo=UTC)
KEPT = "backups/2027-01-15T235830Z-update"


@pytest.fixture
def mine(tmp_path):
    return student_course(tmp_path / "mine")


@pytest.fixture
def new(tmp_path):
    """The next version: another statement, another module, an exercise less, a lesson more."""
    course = student_course(tmp_path / "new")
    for path in (notebook_of(course), course / LESSON):
        edit(path, lambda notebook: notebook["cells"][0]["source"].append("\nSecond edition."))
    (course / "mlsd_lib" / "sums.py").write_text("from math import fsum as total\n")
    shutil.rmtree(course / "exercises" / OTHER)
    shutil.copy(course / LESSON, course / "chapters" / "more.ipynb")
    pack(course)
    return course


def files_of(course):
    paths = (path for path in course.rglob("*") if path.is_file())
    return {path.relative_to(course).as_posix(): path.read_bytes() for path in paths}


def written(path):
    """All text of a notebook."""
    return "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"])


@pytest.mark.parametrize("named", ["folder", "archive"])
def test_a_copy_in_which_nothing_was_written_becomes_the_new_version(mine, new, named):
    update(mine, new if named == "folder" else new / FILE, NOW)
    assert files_of(mine) == files_of(new)
    assert "as in" in update(mine, new, NOW)


def test_a_changed_cell_of_the_course_goes_to_the_end_and_is_named(mine, new):
    edit(mine / LESSON, lambda notebook: notebook["cells"][0]["source"].append("\nMy remark."))
    text = update(mine, new, NOW)
    assert written(mine / LESSON).rstrip().endswith("My remark.")
    assert "your text of title is at the end" in text


def test_a_file_that_was_changed_is_kept_and_replaced(mine, new):
    (mine / "mlsd_lib" / "sums.py").write_text("# mine\n")
    update(mine, new, NOW)
    assert (mine / "mlsd_lib" / "sums.py").read_text().startswith("from math")
    assert (mine / KEPT / "mlsd_lib/sums.py").read_text() == "# mine\n"


def test_a_notebook_that_left_the_course_goes_only_where_nothing_was_written_in_it(mine, new):
    update(mine, new, NOW)
    assert not notebook_of(mine, OTHER).exists()


def test_a_notebook_that_left_the_course_and_was_worked_in_is_left_alone(mine, new):
    answer(notebook_of(mine, OTHER))
    before = notebook_of(mine, OTHER).read_bytes()
    assert f"left alone  exercises/{OTHER}/{OTHER}.ipynb" in update(mine, new, NOW)
    assert notebook_of(mine, OTHER).read_bytes() == before


def test_a_file_where_the_new_version_has_a_folder_is_named_before_anything_is_done(mine, new):
    (new / "folder").mkdir()
    (new / "folder" / "data.csv").write_text("1\n")
    pack(new)
    (mine / "folder").write_text("mine")
    before = files_of(mine)
    with pytest.raises(StudentError, match="folder is yours, and the new version has a folder of this name"):
        update(mine, new, NOW)
    assert files_of(mine) == before


def test_own_files_are_not_touched(mine, new):
    (mine / "chapters" / "notes.md").write_text("mine")
    (mine / "chapters" / "more.ipynb").write_text("a note of mine, by chance of this name")
    text = update(mine, new, NOW)
    assert (mine / "chapters" / "notes.md").read_text() == "mine"
    assert (mine / KEPT / "chapters/more.ipynb").read_text().startswith("a note of mine")
    assert "your file could not be read as a notebook" in text


def test_a_dry_run_says_the_same_and_writes_nothing(mine, new):
    answer(notebook_of(mine))
    before = files_of(mine)
    text = update(mine, new, NOW, dry_run=True)
    assert files_of(mine) == before
    assert "Nothing was written" in text
    lines = {line for line in text.splitlines() if ".ipynb" in line or line.startswith("Other files")}
    assert lines <= {*update(mine, new, NOW).splitlines()}
    assert len(lines) > 3


@pytest.mark.parametrize("broken_off_after", range(5))  # four files, then the archive
def test_an_update_that_was_broken_off_is_finished_by_the_next_one(mine, new, broken_off_after, monkeypatch):
    from mlsd.students import update as room

    answer(notebook_of(mine), "# my answer")
    taken = []

    def write(path, content, real=room.write_whole):
        if len(taken) == broken_off_after:
            raise KeyboardInterrupt
        taken.append(path)
        real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(room, "write_whole", write)
        with pytest.raises(KeyboardInterrupt):
            update(mine, new, NOW)
    update(mine, new, NOW)
    assert written(notebook_of(mine)).count("# my answer") == 1
    ours = {name: text for name, text in files_of(mine).items() if not name.startswith("backups") and NAME not in name}
    assert ours == {name: text for name, text in files_of(new).items() if NAME not in name}


@pytest.mark.parametrize("what", ["merged", "refreshed", "removed"])
def test_what_is_saved_while_an_update_runs_is_neither_replaced_nor_removed(mine, new, what):
    edit(mine / LESSON, lambda notebook: notebook["cells"][0]["source"].append("\nMy remark."))
    step = next(step for step in planned(mine, unpacked(mine), unpacked(new)) if step.what == what)
    (mine / step.name).write_text("saved by JupyterLab a moment ago")
    with pytest.raises(StudentError, match=r"was saved while .* the same command again"):
        take(mine, step)
    assert (mine / step.name).read_text() == "saved by JupyterLab a moment ago"


def test_two_versions_in_a_row_keep_what_was_written_before_either(mine, new, tmp_path):
    answer(notebook_of(mine), "# my answer")
    edit(mine / LESSON, lambda notebook: notebook["cells"][0]["source"].append("\nMy remark."))
    update(mine, new, NOW)
    third = shutil.copytree(new, tmp_path / "third")
    edit(third / LESSON, lambda notebook: notebook["cells"][0]["source"].append("\nThird edition."))
    pack(third)
    update(mine, third, NOW)
    assert "# my answer" in written(notebook_of(mine))
    assert all(text in written(mine / LESSON) for text in ("Third edition.", "My remark."))
    assert written(mine / LESSON).count("My remark.") == 1


def test_a_copy_whose_release_nobody_knows_loses_nothing(mine, new):
    answer(notebook_of(mine), "# my answer")
    (mine / FILE).unlink()
    update(mine, new, NOW)
    assert "# my answer" in written(notebook_of(mine))
    assert (mine / KEPT / LESSON).is_file()
    assert (mine / FILE).is_file()


def test_a_clone_is_sent_to_git_and_a_folder_that_is_no_edition_is_refused(mine, new, tmp_path):
    with pytest.raises(GraderError, match="is no student edition"):
        update(mine, tmp_path, NOW)
    (mine / FILE).unlink()
    (mine / ".git").mkdir()
    with pytest.raises(StudentError, match="git pull"):
        update(mine, new, NOW)


def test_new_requirements_are_said(mine, new):
    (new / "pyproject.toml").write_text('[project]\nname = "mlsd"\nversion = "2"\n')
    pack(new)
    assert "needs other packages" in update(mine, new, NOW)
