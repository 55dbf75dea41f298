"""Release: exercises/ is what solutions/ gives, and what somebody wrote into it is never lost unasked."""

import json
from pathlib import Path

import pytest

from grader.course import Course
from grader.errors import GraderError
from grader.workflow import release
from notebook_runner import canonical
from tests import toy_course as toy
from tests.grader.grading.engine_course import edit_source

ROOT = Path(__file__).parents[3]


def notebook_file(course: Course) -> Path:
    return course.folder("release", name=toy.NAME) / f"{toy.NAME}.ipynb"


def change_cell(course: Course, name: str, source: str) -> None:
    notebook = json.loads(notebook_file(course).read_text())
    next(cell for cell in notebook["cells"] if cell["id"] == name)["source"] = source
    notebook_file(course).write_text(json.dumps(notebook))


def add_cell(course: Course) -> None:
    notebook = json.loads(notebook_file(course).read_text())
    notebook["cells"].append(toy.cell("code", "8f3a9c01", "print(1)"))  # an id as JupyterLab makes them
    notebook_file(course).write_text(json.dumps(notebook))


def unseal(course: Course) -> None:
    notebook = json.loads(notebook_file(course).read_text())
    del notebook["metadata"]["nbgrader"]
    notebook_file(course).write_text(json.dumps(notebook))


EDITS = {
    "an answer": lambda course: change_cell(course, "half", "def half(x):\n    return x / 2"),
    "a test": lambda course: change_cell(course, "half-test", "pass"),
    "a text": lambda course: change_cell(course, "title", "# Mine"),
    "a cell more": add_cell,
    "no seal": unseal,
    "no notebook": lambda course: notebook_file(course).write_text("not a notebook"),
    "data changed": lambda course: notebook_file(course).with_name("values.csv").write_text("value\n2\n"),
    "data gone": lambda course: notebook_file(course).with_name("values.csv").unlink(),
    "a file more": lambda course: notebook_file(course).with_name("mine.txt").write_text("my notes"),
}


def test_what_is_released_holds_no_solution_is_canonical_and_matches_its_source(course):
    text = notebook_file(course).read_text()
    assert text == canonical(json.loads(text))
    assert "max(values)" not in text
    assert "half(9)" not in text
    assert "divided by the wrong" not in text
    assert release.differences(course, toy.NAME) == []
    assert release.release(course, toy.NAME) == "unchanged"


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_exercise_is_found_and_not_overwritten_unless_forced(course, edit):
    edit(course)
    edited = release.read_files(course.folder("release", name=toy.NAME))
    assert release.differences(course, toy.NAME)
    with pytest.raises(GraderError, match=r"was edited.*--force"):
        release.release(course, toy.NAME)
    assert release.read_files(course.folder("release", name=toy.NAME)) == edited


def test_a_run_notebook_counts_as_unedited(course):
    notebook = json.loads(notebook_file(course).read_text())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(execution_count=3, outputs=[{"output_type": "stream", "name": "stdout", "text": "1\n"}])
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.11.2"}
    notebook_file(course).write_text(json.dumps(notebook))
    assert release.release(course, toy.NAME) == "updated"


def test_checking_changes_no_file(course):
    add_cell(course)
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    release.differences(course, toy.NAME)
    assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before


def test_a_source_that_nbgrader_refuses_is_named_with_the_reason(course):
    edit_source(course, '"grade_id": "both-test"', '"grade_id": "half-test"')
    with pytest.raises(GraderError, match=r"does not accept the source of halves.*half-test"):
        release.release(course, toy.NAME)


def test_a_folder_that_is_no_course_is_refused(tmp_path):
    with pytest.raises(GraderError, match="is not an nbgrader course"):
        Course.open(tmp_path)


def test_a_released_exercise_is_offered_by_nbgraders_exchange(course):
    place = release.publish(course, toy.NAME)
    assert (place / f"{toy.NAME}.ipynb").read_bytes() == notebook_file(course).read_bytes()
    fetched = Course.open(course.home / "fetched")  # where JupyterLab reads the configuration
    assert (fetched.directory.root, fetched.directory.course_id) == (str(course.root), "mlsd")


def test_an_exchange_elsewhere_is_left_alone(course, tmp_path):
    shared = course.configured(Exchange={"root": str(tmp_path / "shared")})
    assert release.publish(shared, toy.NAME) is None
    assert not (tmp_path / "shared").exists()


def test_of_this_course_a_cell_without_a_telling_id_is_refused(course):
    edit_source(course, '"id": "title"', '"id": "8f3a9c01"')
    with pytest.raises(GraderError, match=r"id '8f3a9c01', which says nothing"):
        release.release(course, toy.NAME)


@pytest.mark.parametrize("name", Course.open(ROOT).assignments())
def test_the_exercises_of_the_course_are_what_their_sources_give(name):
    assert release.differences(Course.open(ROOT), name) == []
