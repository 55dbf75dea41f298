"""Every notebook of the course is a test: it is in form, and runs to its end, offline and within its budget."""

from pathlib import Path

import pytest

from mlsd.notebook_commands import faults_of_form
from notebook_runner import NotebookError, course_root, find_notebooks, reading_order
from notebook_runner.course import notebook_paths

ROOT = course_root(Path(__file__).parent)


@pytest.mark.notebook
@pytest.mark.parametrize("notebook", notebook_paths(ROOT), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_notebook_runs_to_its_end(notebook, check_notebook):
    check_notebook(notebook)


def test_every_notebook_has_a_place_in_the_reading_order():
    try:
        notebooks = find_notebooks(ROOT)
        assert len(reading_order(notebooks)) == len(notebooks)
    except NotebookError as error:
        pytest.fail(str(error), pytrace=False)


def test_every_notebook_is_in_form():
    """What `mlsd notebooks --check` names: form, what is derived, and how much code a lesson asks to read."""
    course = find_notebooks(ROOT)
    found = {notebook.name: faults for notebook in course if (faults := faults_of_form(notebook, course))}
    assert found == {}
