"""Which tests are repeated, what is told of them, and that neither load nor notes outlive the command."""

import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from mlsd_lib.serving import ServerProcess
from notebook_runner.errors import CourseError
from tests.nested_pytest import environment
from tests.repeated import reach
from tests.repeated.book import Book, Run
from tests.repeated.load import busy
from tests.waiting import until

ROOT = Path(__file__).parents[2]
TESTS = """
import pathlib, time
import pytest

ROUNDS = pathlib.Path(__file__).with_name("rounds")

@pytest.fixture
def round():
    time.monotonic()
    ROUNDS.write_text(ROUNDS.read_text() + "x" if ROUNDS.exists() else "x")
    return len(ROUNDS.read_text())

def test_of_a_clock_that_fails_in_the_second_round(round):
    assert round != 2, "a fault of the second round"

def test_of_a_clock():
    time.sleep(0)

def test_of_arithmetic():
    assert False
"""
OF_EVERY_TEST = """
import time
import pytest

@pytest.fixture(autouse=True)
def every_test_waits():
    time.sleep(0)
"""
ENDLESS = """
import pathlib, time

def test_a_quick_one():
    time.monotonic()

def test_one_that_waits():
    while not pathlib.Path("go-on").exists():
        time.sleep(0.01)
"""


@pytest.fixture
def course(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "mlsd"\n[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n'
    )
    (tmp_path / "tests").mkdir()
    return tmp_path


def often(course, *words, **options):
    command = [sys.executable, "-m", "tests.repeated", *words, "--workers", "0"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=course, env=environment(PYTHONPATH=str(ROOT)), **streams, **options)


def test_what_failed_is_told_with_how_often_and_its_first_message(course):
    (course / "tests" / "test_some.py").write_text(TESTS)
    (course / "tests" / "conftest.py").write_text(OF_EVERY_TEST)  # what all have tells nothing of one
    process = often(course, "2", "--load", "0")
    told = process.communicate()[0]
    assert process.returncode == 1, told
    assert "tests/test_some.py: 2 tests, each 2 times\n2 tests, 4 runs; 1 tests failed at least once" in told
    assert "1 of 2  tests/test_some.py::test_of_a_clock_that_fails_in_the_second_round" in told
    assert "AssertionError: a fault of the second round" in told
    assert "test_of_arithmetic" not in told


def test_an_interrupt_ends_the_load_keeps_the_notes_and_can_be_gone_on_from(course):
    (course / "tests" / "test_some.py").write_text(ENDLESS)
    book = Book(course / ".mlsd" / "often" / "results.jsonl")
    as_in_the_background = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    process = often(course, "1", "--load", "1", **as_in_the_background)
    until(lambda: book.runs() or process.poll() is not None, "the end of the first test")
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) == 2  # pytest and the load
    process.send_signal(signal.SIGTERM)
    text = process.communicate()[0]
    assert "KeyboardInterrupt" in text  # pytest ended by itself
    assert process.returncode == 130, text
    assert "To go on: python -m tests.repeated 1 --resume" in text
    assert psutil.wait_procs(family, timeout=60)[1] == []
    (course / "go-on").touch()
    process = often(course, "1", "--load", "0", "--resume")
    assert process.communicate()[0].count("1 passed, 1 deselected") == 1
    assert process.returncode == 0
    outcomes = {run.test.partition("::")[2]: run.outcome for run in book.runs()}
    assert outcomes == {"test_a_quick_one": "passed", "test_one_that_waits": "passed"}


def test_the_load_ends_with_its_parent_whatever_ended_that():
    code = (
        "import os, signal\nfrom tests.repeated.load import busy\nwith busy(2) as pids:\n    print(*pids, flush=True)\n"
    )
    code += "    os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    load = [psutil.Process(int(pid)) for pid in done.stdout.split() if psutil.pid_exists(int(pid))]
    _, alive = psutil.wait_procs(load, timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    with busy(2) as pids:
        assert all(map(psutil.pid_exists, pids))
    assert not any(map(psutil.pid_exists, pids))


def sums():
    return sum(range(3))


def sleeps():
    time.sleep(1)


def sleeps_below():
    return [sleeps() for _ in range(2)]


def imports_late():
    import subprocess as started

    return started


@pytest.mark.parametrize("function", [sleeps, sleeps_below, imports_late, partial(sleeps), ServerProcess.start])
def test_a_process_or_clock_is_found_below_what_is_called(function):
    assert reach.reason(iter([function]))


def test_arithmetic_and_a_date_are_neither_process_nor_clock():
    assert reach.reason(iter([sums, Book._add, lambda: time.time()])) == ""


def test_a_notebook_is_read_by_what_its_cells_call():
    cells = ["%matplotlib inline\nfrom mlsd_lib.serving import ServerProcess", "ServerProcess(['x'])"]
    assert "kept_process" in reach.reason(iter([reach.of_cells(cells)]))  # which ServerProcess starts
    assert reach.reason(iter([reach.of_cells(["import numpy as np\nnp.arange(3).sum()"])])) == ""


def test_a_book_that_was_cut_off_is_read_up_to_there_and_resumed_only_for_the_same(tmp_path):
    book = Book(tmp_path / "often" / "results.jsonl")
    book.begin(["tests/mlsd_lib/serving"], resume=False)
    book.add(Run(1, "a", "passed"))
    with book.path.open("a") as file:
        file.write(json.dumps({"round": 1})[:-4])
    assert book.done(1) == ["a"]
    book.begin(["tests/mlsd_lib/serving"], resume=True)
    with pytest.raises(CourseError, match=r"it keeps `tests/mlsd_lib/serving`, and you ask for `the chosen tests`"):
        book.begin([], resume=True)
