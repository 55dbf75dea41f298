"""How the workers of `mlsd test` share the tests out: what several tests need is prepared once."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worker_scheduling import shared_by

ROOT = Path(__file__).parents[1]
SCALING = "chapters/02_design_a_machine_learning_system/09_scaling.ipynb"
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
MEETING = """
import os
import time

def meet(folder):
    folder.mkdir(exist_ok=True)
    (folder / os.environ["PYTEST_XDIST_WORKER"]).touch()
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
"""  # else a worker that starts late on a busy machine may find all work done
PREPARES_NOTHING = """
import pytest
from meeting import meet

@pytest.mark.parametrize("number", range(6))
def test_of_its_own(number, request):
    meet(request.config.rootpath / "alone")
"""
PREPARES_A_FOLDER = """
import pytest
from meeting import meet
from tests.prepared import once

@pytest.fixture(scope="session")
def folder(tmp_path_factory, request):
    def make(to):
        to.mkdir()
        with (request.config.rootpath / "folders").open("a") as file:
            file.write("once ")
        (to / "whole").touch()
    return once(tmp_path_factory, "course", make)

@pytest.mark.parametrize("number", range(6))
def test_reads_it(folder, number, request):
    meet(request.config.rootpath / "reading")
    assert (folder / "whole").exists()
"""
FILES = {"test_alone.py": PREPARES_NOTHING, "test_folder.py": PREPARES_A_FOLDER, "test_together.py": PREPARES}


def test_a_module_that_prepares_something_stays_on_one_worker(tmp_path):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    for name, text in {**FILES, "meeting.py": MEETING}.items():
        (tmp_path / name).write_text(text)
    options = ["-n", "2", "--dist", "loadscope", "--no-loadscope-reorder", "-v", "-p", "no:cacheprovider"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    env["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "pytest", *options]
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert "18 passed" in ran.stdout, ran.stdout
    assert (tmp_path / "prepared").read_text() == (tmp_path / "folders").read_text() == "once "
    workers = {name: set(re.findall(rf"\[(gw\d)\] .* {name}", ran.stdout)) for name in FILES}
    assert [len(workers[name]) for name in FILES] == [2, 2, 1], ran.stdout


@pytest.mark.parametrize(
    ("test", "shares"),
    [
        ("tests/case_studies/fraud/test_cli.py::test_report", "tests/case_studies/fraud"),
        ("tests/case_studies/test_contract.py::test_kill[fraud-serve]", "tests/case_studies/fraud"),
        ("tests/case_studies/test_watched_service.py::test_rings[fraud]", "tests/case_studies/fraud"),
        ("tests/mlsd/test_new.py::test_new", "tests/mlsd/test_new.py"),
        ("tests/notebook_runner/test_notebooks.py::test_runs[chapters/00_start_here.ipynb]", None),
        (f"tests/notebook_runner/test_notebooks.py::test_runs[{SCALING}]", "tests/notebook_runner/alone"),
        ("tests/grader/suites/test_contract_marks.py::test_b[reduce_latency-x]", "reduce_latency"),
        ("tests/grader/suites/test_contract_marks.py::test_b[reduce_latency]", "reduce_latency"),
        ("tests/grader/suites/test_contract.py::test_read[reduce_latency]", None),
        ("tests/attacks/test_feedback.py::test_no_script", "tests/attacks/test_feedback.py"),
    ],
)
def test_what_a_case_study_or_the_sandbox_of_an_exercise_prepares_is_shared(test, shares):
    path = test.partition("::")[0]
    assert shared_by(ROOT, test) == {None: test, "reduce_latency": f"{path}::reduce_latency"}.get(shares, shares)
