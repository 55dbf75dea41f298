import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path

from mlsd.instructors.formgrader import formgrader_command, formgrader_environment
from mlsd.lab import check_port, chosen_port, lab_command, lab_environment, open_lab
from notebook_runner import course_root
from notebook_runner.errors import CourseError


@pytest.mark.parametrize(
    ("options", "port"),
    [([], None), (["--no-browser"], None), (["--port=8899"], 8899), (["--port", "8899"], 8899)],
)
def test_the_chosen_port_is_read_from_the_options(options, port):
    assert chosen_port(options) == port


@pytest.mark.parametrize("options", [["--port=high"], ["--port"], ["--port=70000"]])
def test_a_senseless_port_is_refused_with_an_example(options):
    with pytest.raises(CourseError, match="--port=8899"):
        chosen_port(options)


def test_a_taken_port_is_named_with_the_fix():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CourseError, match=rf"port {port} cannot be used .*--port={port + 1}"):
            check_port(port)


def test_a_missing_start_page_is_said_before_anything_opens(tmp_path):
    with pytest.raises(CourseError, match="git checkout"):
        open_lab(tmp_path, [])


def test_the_command_opens_the_start_page_and_passes_options_on():
    command = lab_command(course_root(), ["--no-browser"])
    assert "--no-browser" in command
    assert any(part.endswith("/lab/tree/chapters/00_start_here.ipynb") for part in command)


def test_a_readers_file_named_as_a_module_keeps_nothing_from_opening(tmp_path):
    (tmp_path / "random.py").write_text("raise SystemExit('a reader's file was imported')")
    command = lab_command(tmp_path, ["--version"])
    opened = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert opened.returncode == 0, opened.stderr


def test_the_environment_adds_to_the_readers_own():
    found = lab_environment({"PATH": "/usr/bin", "JUPYTER_CONFIG_PATH": "/etc/mine"})
    assert found["PATH"].endswith(":/usr/bin")
    assert found["JUPYTER_CONFIG_PATH"].startswith("/etc/mine:")
    assert found["OMP_NUM_THREADS"] == "1"


PAGE_CONFIG = """
import json
from jupyter_core.paths import jupyter_path
from jupyterlab_server.config import get_page_config
print(json.dumps(get_page_config(jupyter_path("labextensions"))))
"""


def page_config_in(environment):
    """What JupyterLab tells its page where it is started in `environment`."""
    command = [sys.executable, "-c", PAGE_CONFIG]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


def test_a_student_sees_no_tool_that_makes_assignments_and_an_instructor_does():
    students = page_config_in(lab_environment(os.environ))
    instructors = page_config_in(formgrader_environment(os.environ))
    tool = "@jupyter/nbgrader:create-assignment"
    assert "@jupyter/nbgrader" in [extension["name"] for extension in students["federated_extensions"]]
    assert tool in students["disabledExtensions"]
    assert tool not in instructors["disabledExtensions"]
    assert not [name for name in students["disabledExtensions"] if "validate" in name]
    assert "@jupyterlab/apputils-extension:announcements" in students["disabledExtensions"]
    assert "@jupyterlab/apputils-extension:announcements" in instructors["disabledExtensions"]


def test_the_name_of_the_disabled_tool_is_one_that_nbgrader_gives():
    for folder in map(Path, jupyter_path("labextensions", "@jupyter", "nbgrader", "static")):
        if any("@jupyter/nbgrader:create-assignment" in file.read_text("utf-8") for file in folder.glob("*.js")):
            return
    pytest.fail("nbgrader's extension of JupyterLab no longer names the tool so: look its new name up")


def test_formgrader_imports_no_module_that_lies_in_the_course_folder(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('a file of this folder ran')\n")
    done = subprocess.run(formgrader_command(tmp_path, ["--version"]), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
