"""How the workers of `mlsd test` share the tests out: what a module prepares for its tests is prepared once."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PREPARES = """
import pathlib
import pytest

@pytest.fixture(scope="module")
def course():
    with pathlib.Path(__file__).with_name("prepared").open("a") as file:
        file.write("once ")

@pytest.mark.parametrize("number", range(6))
def test_looks_at_it(course, number):
    pass
"""
PREPARES_NOTHING = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_of_its_own(number):
    pass
"""
FILES = {"test_alone.py": PREPARES_NOTHING, "test_together.py": PREPARES}


def test_a_module_that_prepares_something_stays_on_one_worker_and_other_tests_go_to_both(tmp_path):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    options = ["-n", "2", "--dist", "loadscope", "--no-loadscope-reorder", "-v", "-p", "no:cacheprovider"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", *options]
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert "12 passed" in ran.stdout, ran.stdout
    assert (tmp_path / "prepared").read_text() == "once "
    workers = {name: set(re.findall(rf"\[(gw\d)\] .* {name}", ran.stdout)) for name in FILES}
    assert [len(workers[name]) for name in FILES] == [2, 1], ran.stdout
