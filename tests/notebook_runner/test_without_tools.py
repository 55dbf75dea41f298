"""What calls tools runs to its end without them too, as a reader has it who never made them."""

from pathlib import Path

import pytest

from notebook_runner import NotebookError, course_root, tools
from notebook_runner.course import notebook_paths, read_notebook
from notebook_runner.execution import execute, private_folder
from notebook_runner.result import report
from notebook_runner.runner import alone_if_needed

ROOT = course_root(Path(__file__).parent)


def calling_tools():
    """The notebooks that name tools; one that cannot be read has a test of its own."""
    for path in notebook_paths(ROOT):
        try:
            if (notebook := read_notebook(ROOT, path)).tools:
                yield notebook
        except NotebookError:
            continue


@pytest.mark.parametrize("notebook", list(calling_tools()), ids=lambda one: one.name)
def test_a_notebook_runs_to_its_end_without_its_tools(notebook, monkeypatch):
    if tools.missing(notebook.tools, ROOT) == tuple(notebook.tools):
        pytest.skip("its own test runs it without tools: none of them is installed here")
    monkeypatch.setenv(tools.DEMAND, "absent")
    assert tools.missing(notebook.tools, ROOT) == tuple(notebook.tools)
    with alone_if_needed(ROOT, notebook.cores), private_folder() as private:
        result = execute(ROOT, notebook, private, keep=False)
    assert result.passed, report(result)
