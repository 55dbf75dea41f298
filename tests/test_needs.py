"""What cannot be had on a machine is left out by name, one line says so, and CI leaves out nothing that it installs."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).parents[1]
PROGRAMS = """
import pytest
from tests.needs import skip_without

@pytest.mark.needs("promtool")
@pytest.mark.parametrize("number", range(2))
def test_of_figures(number):
    pass

@pytest.fixture(scope="module")
def page():
    skip_without("chromium")

@pytest.mark.parametrize("number", range(3))
def test_of_a_page(page, number):
    pass

@pytest.mark.skipif(True, reason="needs root")
def test_of_a_user():
    pass

def test_of_nothing():
    pass
"""
NO_LEVEL = """
import subprocess, sys
from typer.testing import CliRunner
from grader.sandbox import SandboxError, best_level, make_sandbox, probe

probe.found_missing = lambda level: "this machine has none"

def test_student_code():
    make_sandbox()

def test_a_command_that_reports():
    try:
        best_level()
    except SandboxError:
        reported = 2
    assert reported == 0

def test_a_process_that_reports():
    said = "the sandbox level limits is not available here: this machine has none"
    done = subprocess.run([sys.executable, "-c", f"print({said!r})"], capture_output=True, text=True)
    assert done.stdout == "6 points"

def test_that_fails_by_itself():
    assert 1 == 2

def test_of_nothing():
    pass
"""


@pytest.fixture
def ran(tmp_path):
    """Runs a module of tests in a process of its own that finds no program; its output without colours."""

    def run(text, *options, **more):
        shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
        (tmp_path / "test_machine.py").write_text(text)
        env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "MLSD_SANDBOX"))}
        env = {**env, "PATH": "/nothing", "PYTHONPATH": str(ROOT), "CI": "", **more}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *options, "test_machine.py"]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True).stdout

    return run


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_lacks_a_program_is_skipped_by_name_and_one_line_says_what_brings_it(ran, options):
    text = ran(PROGRAMS, *options)
    assert "1 passed, 6 skipped" in text
    assert "SKIPPED [2] test_machine.py:5: no promtool: promtool is not on PATH" in text
    assert text.splitlines()[-2] == (
        "left out: 5 tests: 3 for lack of chromium, 2 for lack of promtool. "
        "To run them too: apt-get install chromium prometheus"
    )


def test_ci_leaves_out_nothing_that_it_installs(ran):
    text = ran(PROGRAMS, CI="true")
    assert "1 passed, 1 skipped, 5 errors" in text
    assert "with CI set nothing may be left out: no promtool: promtool is not on PATH" in text
    assert "To run them too" not in text


def test_a_level_that_the_machine_may_not_use_is_left_out_in_ci_too(ran):
    above = 'import pytest\n@pytest.mark.needs("namespaces")\ndef test_of_it(): pass\n'
    text = ran(above, CI="true", MLSD_SANDBOX_LEVEL="limits")
    assert "1 skipped" in text
    assert "left out: 1 tests: 1 for lack of namespaces (" in text
    assert "Unset MLSD_SANDBOX_LEVEL)" in text


def test_where_no_level_works_what_asks_for_one_is_skipped_and_the_rest_runs(ran):
    text = ran(NO_LEVEL)
    assert "1 failed, 1 passed, 3 skipped" in text, text
    assert "FAILED test_machine.py::test_that_fails_by_itself" in text
    assert "left out: 3 tests: 3 for lack of sandbox" in text


def test_a_need_that_nobody_knows_is_refused(ran):
    text = ran('import pytest\n@pytest.mark.needs("docker")\ndef test_of_it(): pass\n')
    assert "a test needs 'docker', which is not known. Known: chromium, java" in text


def test_each_package_is_named_once_and_what_it_is_needed_for_comes_after(monkeypatch):
    lacks = {
        "proxy": needs.Lack("it is not installed", ("npm",), "npm install"),
        "level": needs.Lack("the kernel has none"),
        "npm": needs.Lack("it is not on PATH", ("npm",)),
    }
    monkeypatch.setattr(needs, "NEEDS", {name: lambda lack=lack: lack for name, lack in lacks.items()})
    line = needs.closing_line(Counter(proxy=2, level=1, npm=1))
    assert line == (
        "left out: 4 tests: 1 for lack of level (the kernel has none), 1 for lack of npm, 2 for lack of proxy. "
        "To run them too: apt-get install npm && npm install"
    )
