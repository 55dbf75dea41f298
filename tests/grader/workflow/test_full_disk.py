"""A disk that is full when a command begins: one line that says so, and no traceback."""

import resource

import pytest
from typer.testing import CliRunner

from grader.errors import GraderError
from mlsd.cli import app
from tests import toy_course as toy

COMMANDS = {"grade": [], "deadline": ["--due", "none"], "export": []}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_is_full_from_the_start_is_one_line(course, command):
    """The limit of file sizes stands for a disk: every write to a file fails as one on a full disk does."""
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    arguments = [command, toy.NAME, *COMMANDS[command], "--course", str(course.root)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        result = CliRunner().invoke(app, arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert isinstance(result.exception, GraderError), result.exception
    assert "there is no room to write" in str(result.exception)
    assert "\n" not in str(result.exception)
