"""What calls tools runs to its end without them too, as a reader has it who never made them.

Only the cells that tools reach run here: for all others the notebook's own test is the same run. Several notebooks
share a kernel, because importing costs as much as these cells. One notebook runs whole, as a reader runs it.

Sizes are small here, since without tools other branches run, not more computation. A claim may fail at a small size, so
claims are not asked: `make test` without the tools runs the notebooks as they are, and their claims must hold there.
"""

import dataclasses
import itertools
import json
import tempfile
from pathlib import Path

import pytest

from notebook_runner import Budget, NotebookError, course_root, tools
from notebook_runner.course import notebook_paths, read_json, read_notebook
from notebook_runner.execution import execute, private_folder
from notebook_runner.result import report
from tests.notebook_runner.tool_sections import as_one, reached_by_tools, with_values

ROOT = course_root(Path(__file__).parent)
BANK = {"customers": 150, "terminals": 100, "warm_up_days": 37, "learn_days": 14, "test_days": 14}
LOAD = {"rounds": 1, "each": 20, "quiet_s": 0.3, "change_s": 3}
DECODERS = {"widths": [32, 64, 256], "answers": 2, "texts": 1, "repeats": 2}
SMALL = {
    "05_data_versioning": {"customers": 100, "terminals": 80, "trees": 5, "seeds": 3},
    "01_data_processing": {"sizes": [1_000, 2_000, 4_000, 8_000], "beam_sizes": [1_000, 2_000, 4_000]},
    "01b_data_processing_further": {"shards": 12, "nap_s": 0.3, "copies": 1},
    "02_model_training": BANK,
    "02b_model_training_further": {**BANK, "draws": 20, "reviews": 100},
    "02c_model_training_export": BANK,
    "03_model_serving": {"asked": 20, "warm": 20, "counted": 30, "load_s": 1},
    "03b_model_serving_further": {"layers": 30, **LOAD},
    "04b_mlops_further": {"streams": 1},
    "01c_decode_step_real_runtime": {**DECODERS, "long_repeats": 1},
}
"""By notebook the parameters that make it small; one that is not named here runs as it is."""
WHOLE = "04c_mlops_schedules"
KERNELS = 3
"""In so many parts the notebooks run, so that the workers of a test run can share them."""


def calling_tools():
    """The notebooks that name tools; one that cannot be read has a test of its own."""
    for path in notebook_paths(ROOT):
        try:
            if (notebook := read_notebook(ROOT, path)).tools:
                yield notebook
        except NotebookError:
            continue


def kernels():
    """The notebooks in order, in `KERNELS` parts."""
    notebooks = list(calling_tools())
    ends = [number * len(notebooks) // KERNELS for number in range(KERNELS + 1)]
    return [notebooks[start:end] for start, end in itertools.pairwise(ends)]


def stems(notebooks):
    """The names of `notebooks` in one word, for the id of a test."""
    return " ".join(notebook.path.stem for notebook in notebooks)


def errors_without_tools(root, data, notebooks, monkeypatch):
    """What went wrong in the run of a notebook, `data`, made of `notebooks`, where none of their tools is found."""
    monkeypatch.setenv(tools.DEMAND, "absent")
    assert all(tools.missing(notebook.tools, root) == tuple(notebook.tools) for notebook in notebooks)
    budget = Budget(sum(one.budget.cpu_s for one in notebooks), max(one.budget.peak_mb for one in notebooks))
    (root / ".mlsd").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / ".mlsd") as folder, private_folder() as private:  # within the course
        path = Path(folder) / "without_tools.ipynb"
        path.write_text(json.dumps(data))
        run = dataclasses.replace(notebooks[0], path=path, budget=budget, cores=max(one.cores for one in notebooks))
        result = execute(root, run, private, seed=0)  # with one no claim ends it
    return dataclasses.replace(result, failures=tuple(one for one in result.failures if one.kind != "claim"))


def skip_where_none_is(notebooks):
    if all(tools.missing(notebook.tools, ROOT) == tuple(notebook.tools) for notebook in notebooks):
        pytest.skip("their own tests run them without tools: none of these is installed here")


@pytest.mark.parametrize("notebooks", kernels(), ids=stems)
def test_what_tools_reach_runs_to_its_end_without_them(notebooks, monkeypatch):
    skip_where_none_is(notebooks)
    result = errors_without_tools(ROOT, as_one(notebooks, SMALL, ROOT), notebooks, monkeypatch)
    assert not result.failures, report(result)


def test_a_whole_notebook_runs_to_its_end_without_its_tools(monkeypatch):
    [notebook] = [one for one in calling_tools() if one.path.stem == WHOLE]
    skip_where_none_is([notebook])
    data = read_json(notebook.path)
    data["cells"] = [with_values(cell, SMALL.get(WHOLE, {})) for cell in data["cells"]]
    result = errors_without_tools(ROOT, data, [notebook], monkeypatch)
    assert not result.failures, report(result)


SECTION = {
    "imports": "from pathlib import Path\nfrom notebook_runner import has_tool, run_tool",
    "parameters": "size = 3",
    "own": "table = [size]",
    "own-too": "print(len(table))",
    "folder": "project = Path('project')",
    "section": "if has_tool('dvc'):\n    version = run_tool('dvc', 'version', folder=project)",
}
PLANTED = {
    "a name that only the section binds": "print(version)",
    "such a name in a function": "def show():\n    return version",
    "a call without asking": "run_tool('dvc', 'version', folder=project)",
    "a file of the folder that the tool had": "print((project / 'dvc.lock').read_text())",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_cell_that_the_tools_reach_is_run_and_no_other(planted):
    cells = SECTION | {"planted": PLANTED[planted], "after": "print(size)"}
    expected = [name for name in cells if name not in ("own", "own-too", "after")]
    assert reached_by_tools(cells, ["dvc"], ROOT) == expected


def test_a_module_of_the_course_that_calls_tools_is_one_way_to_call_them():
    imports = "from lessons.tools_data_processing.spark_cluster import SparkCluster\nfrom mlsd_lib.lesson import show"
    cells = {"imports": imports, "parameters": "", "plain": "show(1)", "calls": "SparkCluster(workers=2)"}
    assert reached_by_tools(cells, ["spark"], ROOT) == ["imports", "parameters", "calls"]


def test_programs_of_missing_tools_reach_what_runs_programs():
    lists = {"list": "names = [*scripts]", "run": "print(names)", "plain": "print(1)"}
    cells = {"imports": "", "parameters": "", "program": "%%tool_script again spark\nimport pyspark", **lists}
    assert reached_by_tools(cells, ["spark"], ROOT) == ["imports", "parameters", "program", "list", "run"]
    core = cells | {"program": "%%tool_script again\nimport pandas"}
    assert reached_by_tools(core, ["spark"], ROOT) == ["imports", "parameters"]


def test_notebooks_of_one_kernel_share_no_name_and_the_faulty_one_is_named(mini_course, monkeypatch):
    first = SECTION | {"last": "version = 1\nhas_tool('dvc')"}
    notebooks = [
        read_notebook(mini_course.root, mini_course.notebook(name, cells, tools=["dvc"]))
        for name, cells in {"first": first, "second": SECTION | {"late": "print(version)"}}.items()
    ]
    data = as_one(notebooks, {}, mini_course.root)
    [failure] = errors_without_tools(mini_course.root, data, notebooks, monkeypatch).failures
    assert failure.cell_id == "second--late"
    assert "NameError: name 'version' is not defined" in failure.message
