"""What calls tools runs to its end without them too, as a reader has it who never made them.

Sizes are small here, since without tools other branches run, not more computation. A claim may fail at a small size, so
claims are not asked: `make test` without the tools runs the notebooks as they are, and their claims must hold there.
"""

import ast
import dataclasses
import json
import tempfile
from pathlib import Path

import pytest

from notebook_runner import NotebookError, course_root, tools
from notebook_runner.canonical import source_of
from notebook_runner.course import notebook_paths, read_json, read_notebook
from notebook_runner.execution import execute, private_folder
from notebook_runner.result import report

ROOT = course_root(Path(__file__).parent)
BANK = {"customers": 150, "terminals": 100, "warm_up_days": 37, "learn_days": 14, "test_days": 14}
LOAD = {"rounds": 1, "each": 20, "quiet_s": 0.3, "change_s": 3}
SMALL = {
    "05_data_versioning": {"customers": 100, "terminals": 80, "trees": 5, "seeds": 3},
    "01_data_processing": {"sizes": [1_000, 2_000, 4_000, 8_000], "beam_sizes": [1_000, 2_000, 4_000]},
    "01b_data_processing_further": {"shards": 12, "nap_s": 0.3, "copies": 1},
    "02_model_training": BANK,
    "02b_model_training_further": {**BANK, "draws": 20, "reviews": 100},
    "02c_model_training_export": BANK,
    "03_model_serving": {"asked": 20, "load_s": 1},
    "03b_model_serving_further": {"layers": 30, **LOAD},
    "04b_mlops_further": {"streams": 1},
}
"""By notebook the parameters that make it small; one that is not named here runs as it is."""


def calling_tools():
    """The notebooks that name tools; one that cannot be read has a test of its own."""
    for path in notebook_paths(ROOT):
        try:
            if (notebook := read_notebook(ROOT, path)).tools:
                yield notebook
        except NotebookError:
            continue


def write_small(path, notebook):
    """Write `notebook` with its small parameters to `path`."""
    data, values = read_json(notebook.path), SMALL.get(notebook.path.stem, {})
    (cell,) = (cell for cell in data["cells"] if "parameters" in cell["metadata"].get("tags", []))
    nodes = ast.walk(ast.parse(source_of(cell)))
    assert values.keys() <= {node.id for node in nodes if isinstance(node, ast.Name)}, "a parameter has another name"
    cell["source"] = "\n".join([source_of(cell), *(f"{name} = {value!r}" for name, value in values.items())])
    path.write_text(json.dumps(data))


@pytest.mark.parametrize("notebook", list(calling_tools()), ids=lambda path: path.name.removesuffix(".ipynb"))
def test_a_notebook_runs_to_its_end_without_its_tools(notebook, monkeypatch):
    if tools.missing(notebook.tools, ROOT) == tuple(notebook.tools):
        pytest.skip("its own test runs it without tools: none of them is installed here")
    monkeypatch.setenv(tools.DEMAND, "absent")
    assert tools.missing(notebook.tools, ROOT) == tuple(notebook.tools)
    (ROOT / ".mlsd").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / ".mlsd") as folder, private_folder() as private:  # within the course
        path = Path(folder) / notebook.path.name
        write_small(path, notebook)
        result = execute(ROOT, dataclasses.replace(notebook, path=path), private, seed=0)  # with one no claim ends it
    errors = tuple(failure for failure in result.failures if failure.kind != "claim")
    assert not errors, report(dataclasses.replace(result, failures=errors))
