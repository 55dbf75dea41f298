"""Programs written in cells: run by their tool's interpreter, measured, ended with whatever they started."""

import os
import time
from pathlib import Path

import pytest

from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.tool_scripts import ToolScripts, tool_scripts
from notebook_runner import NotebookError, tools

WORKS = """
import sys, time
began = time.process_time()
block = bytearray(120_000_000)
while time.process_time() - began < 0.4:
    pass
print("done", *sys.argv[1:])
"""
LEAVES_A_CHILD = """
# A child that would outlive its parent.
import subprocess, sys

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid)
"""


@pytest.fixture
def scripts(tmp_path):
    """No program yet, in a folder of its own."""
    return ToolScripts(tmp_path / "scripts")


def test_a_program_is_run_with_its_arguments_and_measured(scripts):
    scripts.write("works", WORKS)
    run = scripts.run("works", 3, "four")
    assert run.printed == "done 3 four\n"
    assert 0.4 <= run.cpu_s <= 5
    assert run.wall_s > 0.4
    assert 115 < run.peak_mb < 250
    assert scripts.lines == {"works": 6}
    assert [*scripts] == ["works"]


def test_what_a_program_started_ends_with_it(scripts):
    scripts.write("leaves", LEAVES_A_CHILD)
    child = int(scripts.run("leaves").printed)
    deadline = time.monotonic() + 20
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(child)


def _runs(process: int) -> bool:
    try:
        return "(" in Path(f"/proc/{process}/stat").read_text() and os.kill(process, 0) is None and not _zombie(process)
    except (OSError, ProcessLookupError):
        return False


def _zombie(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_program_that_bears_a_librarys_name_does_not_hide_it(scripts):
    scripts.write("json", "import json\nprint(json.dumps([1]))")
    assert scripts.run("json").printed == "[1]\n"


def test_a_program_that_fails_is_quoted(scripts):
    scripts.write("fails", "import sys\nprint('so far')\nsys.exit('no such column')")
    with pytest.raises(LessonError, match=r"'fails' ended with status 1.*\nno such column"):
        scripts.run("fails")


def test_a_program_that_is_no_python_is_refused_where_it_is_written(scripts):
    with pytest.raises(SyntaxError):
        scripts.write("broken", "def f(:\n")
    assert [*scripts] == []


def test_an_unknown_program_is_named_with_those_that_there_are(scripts):
    scripts.write("one", "pass")
    with pytest.raises(LessonError, match="no program 'two'; there are one"):
        scripts.run("two")


def test_nothing_is_left_in_the_readers_home(scripts, monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    scripts.write("writes", "from pathlib import Path\n(Path.home() / '.cache_of_a_tool').mkdir()\nprint(Path.home())")
    assert Path(scripts.run("writes").printed.strip()) != home
    assert [*home.iterdir()] == []


def test_a_program_of_a_missing_tool_is_left_out_and_no_longer_there(scripts, monkeypatch, tmp_path, capsys):
    scripts.write("spark", "pass", tool="core")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(tools.DEMAND, raising=False)
    assert scripts.write("spark", "pass") is None
    assert "`make tools` makes it" in capsys.readouterr().out
    assert [*scripts] == []
    with pytest.raises(NotebookError, match="'sparc' is not known"):
        scripts.write("spark_again", "pass", tool="sparc")


def test_a_cell_writes_its_program(tmp_path):
    from IPython.testing.globalipapp import start_ipython

    shell = start_ipython() or __import__("IPython").get_ipython()
    scripts = tool_scripts(tmp_path / "cells")
    shell.run_cell("%%tool_script first\nprint(1)\n").raise_error()
    shell.run_cell("%%tool_script second core\nprint(2)\n").raise_error()
    assert [scripts.run(name).printed for name in scripts] == ["1\n", "2\n"]
    with pytest.raises(LessonError, match="give a name, then perhaps a tool"):
        shell.run_cell_magic("tool_script", "", "pass")


@pytest.mark.tools("spark", "beam", "tensorflow", "kfp", "mlflow", "bentoml", "ray", "airflow", "feast", "evidently")
def test_each_tool_is_found_by_its_own_interpreter(scripts):
    modules = {name: tool.module for name, tool in tools.TOOLS.items()}
    find = "from importlib.util import find_spec\nprint(find_spec('{}') is not None)"
    for name, module in modules.items():
        scripts.write(name, find.format(module.partition(".")[0]))
    assert {name: scripts.run(name).printed.strip() for name in scripts} == dict.fromkeys(tools.TOOLS, "True")
