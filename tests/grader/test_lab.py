import socket

import pytest

from grader.lab import check_port, chosen_port, lab_command, lab_environment, open_lab
from mlsd_lib.errors import CourseError
from mlsd_lib.notebooks import course_root


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


def test_a_taken_port_is_named_with_the_mend():
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


def test_the_environment_adds_to_the_readers_own():
    found = lab_environment({"PATH": "/usr/bin", "JUPYTER_CONFIG_PATH": "/etc/mine"})
    assert found["PATH"].endswith(":/usr/bin")
    assert found["JUPYTER_CONFIG_PATH"].startswith("/etc/mine:")
    assert found["OMP_NUM_THREADS"] == "1"
