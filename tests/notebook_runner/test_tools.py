"""Tools of another environment: called as processes, left out with a word where missing, demanded by `--tools`."""

import subprocess
import sys
from pathlib import Path

import pytest

from notebook_runner import NotebookError, has_tool, run_tool, tool, tools
from tests.nested_pytest import environment

CELLS = {
    "imports": "from notebook_runner import has_tool",
    "calls": "has_dvc = has_tool('dvc')",
    "section": "if has_dvc:\n    print('versioned')",
}
TESTS = """
import pytest

@pytest.mark.tools("dvc")
def test_calls_the_tool():
    pass

@pytest.mark.tools("dvc")
def test_skips():
    pytest.skip("not today")

def test_calls_none():
    pass
"""
HELPER = """
import os, sys
if sys.argv[1] == "fail":
    sys.exit("no such stage")
print(os.environ["DVC_NO_ANALYTICS"], os.getcwd(), os.environ["PATH"].split(os.pathsep)[0], *sys.argv[1:], sep="\\n")
"""


def make_environment(root: Path) -> None:
    """What `make tools` leaves behind, with this interpreter."""
    folder = root / ".venv-tools"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "made-from").write_text("stamp\n")


@pytest.fixture
def toy_tool(mini_course, monkeypatch):
    """A course whose environment holds one small tool."""
    make_environment(mini_course.root)
    monkeypatch.delenv(tools.DEMAND, raising=False)
    mini_course.write("helper_tool.py", HELPER)
    monkeypatch.setattr(tools, "TOOLS", {"helper": tools.Tool("tools", "helper_tool", "helper")})
    monkeypatch.setenv("PYTHONPATH", str(mini_course.root))
    monkeypatch.chdir(mini_course.root)
    return mini_course


def test_a_tool_is_started_by_the_interpreter_of_its_environment(toy_tool):
    assert tool("helper") == [str(toy_tool.root / ".venv-tools/bin/python"), "-m", "helper_tool"]


@pytest.mark.parametrize("gone", ["made-from", "bin/python"], ids=["an unfinished installation", "no interpreter"])
def test_an_environment_that_cannot_be_used_is_missing_and_the_fix_is_named(toy_tool, gone, capsys):
    (toy_tool.root / ".venv-tools" / gone).unlink()
    with pytest.raises(NotebookError, match=r"helper is not installed.*`make tools` makes it"):
        tool("helper")
    assert not has_tool("helper")
    assert "This section is left out" in capsys.readouterr().out


def test_a_missing_tool_raises_where_it_is_demanded(mini_course, monkeypatch):
    monkeypatch.setenv(tools.DEMAND, "demanded")
    with pytest.raises(NotebookError, match="make tools"):
        has_tool("dvc", mini_course.root)


def test_an_installed_tool_can_be_taken_for_missing(toy_tool, monkeypatch, capsys):
    assert has_tool("helper")
    monkeypatch.setenv(tools.DEMAND, "absent")
    assert not has_tool("helper")
    assert "This section is left out" in capsys.readouterr().out


def test_an_unknown_tool_is_never_just_left_out(mini_course):
    with pytest.raises(NotebookError, match="'dcv' is not known; known are airflow, beam"):
        has_tool("dcv", mini_course.root)


def test_a_tool_runs_in_its_folder_quietly_and_with_this_python_first(toy_tool):
    folder = toy_tool.root / "project ü"
    folder.mkdir()
    said = run_tool("helper", "one", "two", folder=folder).splitlines()
    assert said == ["1", str(folder), str(Path(sys.executable).parent), "one", "two"]


def test_a_tool_that_fails_is_quoted(toy_tool):
    with pytest.raises(NotebookError, match=r"helper fail ended with status 1 in .*\n.*no such stage"):
        run_tool("helper", "fail", folder=toy_tool.root)


def test_a_section_left_out_is_said_and_runs_again_when_the_tool_is_there(mini_course, monkeypatch):
    monkeypatch.delenv(tools.DEMAND, raising=False)
    path = mini_course.notebook("a", CELLS, tools=["dvc"])
    result = mini_course.run(path)
    assert (result.passed, result.left_out) == (True, ("dvc",))
    [said] = mini_course.executed(path)["cells"][2]["outputs"]
    assert "`make tools` makes it" in "".join(said["text"])
    assert mini_course.run(path).cached
    monkeypatch.setenv(tools.DEMAND, "demanded")
    [failure] = mini_course.run(path).failures
    assert (failure.kind, "make tools" in failure.message) == ("tools", True)
    make_environment(mini_course.root)
    assert mini_course.why(path) == ["the tool dvc is new"]
    result = mini_course.run(path)
    assert (result.passed, result.left_out) == (True, ())
    assert "versioned" in "".join(mini_course.executed(path)["cells"][3]["outputs"][0]["text"])


def pytest_in(root: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "notebook_runner.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-rs",
    ]
    return subprocess.run([*command, *options], cwd=root, env=environment(tools.DEMAND), capture_output=True, text=True)


def test_pytest_skips_what_needs_a_missing_tool_and_with_tools_fails_it_instead(mini_course):
    mini_course.write("test_toy.py", TESTS)
    plain = pytest_in(mini_course.root)
    assert plain.returncode == 0
    assert "1 passed, 2 skipped" in plain.stdout
    assert "`make tools` makes it" in plain.stdout
    demanding = pytest_in(mini_course.root, "--tools")
    assert demanding.returncode == 1
    assert "1 passed, 2 errors" in demanding.stdout
    assert "--tools permits no skip" in demanding.stdout
    make_environment(mini_course.root)
    with_tools = pytest_in(mini_course.root, "--tools", "-n", "2")
    assert "this test said: Skipped: not today" in with_tools.stdout
    assert "1 failed, 2 passed" in with_tools.stdout


def test_pytest_chooses_the_notebooks_that_name_a_tool(mini_course):
    for name, needed in {"a": ["dvc"], "b": []}.items():
        mini_course.notebook(name, CELLS, tools=needed)
    source = (Path(__file__).with_name("test_notebooks.py")).read_text()
    mini_course.write("test_notebooks.py", source)
    text = pytest_in(mini_course.root, "-m", "tools", "--collect-only", "-q").stdout
    assert "chapters/a.ipynb" in text
    assert "chapters/b.ipynb" not in text
    assert "reading_order" not in text


@pytest.mark.tools("dvc")
def test_dvc_versions_a_pipeline_and_is_told_to_send_nothing(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    run_tool("dvc", "init", "--no-scm", folder=folder)
    (folder / "in.txt").write_text("1\n")
    copies = "python -c \"import shutil; shutil.copy('in.txt', 'out.txt')\""
    run_tool("dvc", "stage", "add", "-n", "copies", "-d", "in.txt", "-o", "out.txt", copies, folder=folder)
    run_tool("dvc", "repro", folder=folder)
    assert (folder / "out.txt").read_text() == "1\n"
    assert "didn't change, skipping" in run_tool("dvc", "repro", folder=folder)
    settings = run_tool("dvc", "config", "--list", "--show-origin", folder=folder)
    assert "core.analytics=false" in settings
    assert "core.check_update=false" in settings
