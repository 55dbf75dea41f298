"""The checker's processes: warmed once, forked for each submission, bounded, and never a way for student code."""

import os
import signal
import tempfile
from pathlib import Path

import psutil
import pytest

from grader import secret
from grader.grading import sealed
from grader.grading.analysis.grading_plan import Plan, Plans
from grader.grading.analysis.name_analysis import Names
from grader.grading.sealed.checker import Checker, CheckerDied, CheckerError
from grader.sandbox import make_sandbox
from tests.grader.grading.patience_limits import PATIENCE_S, PATIENT, SERVER

STUDENT = """
import pickle, random
class Evil:
    def __reduce__(self): return exec, ("open('reached', 'w')",)
def blob(): return pickle.dumps(Evil())
def good(): return pickle.dumps([1, 2])
def one(): return 1
def draw(): return random.random()
def many(n): return ["x" * 100] * n
class Endless:
    def __iter__(self): return self
    def __next__(self): return "x" * 100_000
def endless(): return Endless()
"""
PREFIX = [("setup", "import pickle, random, os, time\nfrom helper import near\nready = os.getpid()"), ("bad", "1 / 0")]
FILES = {"helper.py": b"def near(a, b): return a == b\n", "data.txt": b"trusted"}


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(limits=PATIENT, server=SERVER) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def checker():
    plans = Plans({"nb": Plan("nb", PREFIX, names=Names())}, ["decimal"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed.checker, "LEAST_MB", 128)  # soon used up by a value that is too large
        with Checker(plans, FILES, memory_mb=64) as checker:
            yield checker


@pytest.fixture
def run(sandbox, checker):
    """Runs trusted cells in one fork against one session; the last outcome."""

    def run_cells(*cells, limit_s=PATIENCE_S, seed=0):
        with sandbox.open(seed=seed) as session, checker.open("nb", session, seed) as fork:
            session.run_cell(STUDENT)
            for number, cell in enumerate(cells):
                outcome = fork.run(session, f"cell-{number}", cell, 2.0, limit_s)
        return outcome

    return run_cells


def test_first_cells_run_once_in_the_warmed_process_and_their_faults_are_told(run, checker):
    first, second = (run("ready") for _ in range(2))
    assert first.shown == second.shown != str(os.getpid())
    assert len(checker.failed) == 1
    assert "ZeroDivisionError" in checker.failed[0]
    assert checker.ahead


def test_the_checker_of_a_round_draws_hidden_cases_of_that_round(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv(secret.VARIABLE, str(tmp_path / "secret"))
    secret.create(tmp_path / "secret")
    plans = Plans({"nb": Plan("nb", names=Names())}, ["grader.suites.implement_feature_store"])
    cell = "from grader.secret import derive\nderive('implement_feature_store', 'cases')"
    drawn = []
    for number in (1, 2, 1):
        with (
            Checker(plans, round_number=number) as checker, sandbox.open() as session,
            checker.open("nb", session) as fork,
        ):  # fmt: skip
            drawn.append(fork.run(session, "cell", cell, 1.0, PATIENCE_S).shown)
    assert drawn[0] == drawn[2] == str(secret.derive("implement_feature_store", "cases"))
    assert drawn[1].isdecimal()
    assert drawn[1] != drawn[0]


def test_a_cell_has_the_courses_files_beside_it_and_spoils_them_for_nobody(run):
    spoil = "assert open('data.txt').read() == 'trusted'\nopen('data.txt', 'w').write('spoiled')\nopen('new', 'w')"
    assert run(spoil).verdict == "pass"
    assert run(spoil, "assert os.path.exists('new') and near(one(), 1)").verdict == "pass"
    assert run("assert not os.path.exists('new')").verdict == "pass"


def test_names_of_one_submission_are_not_there_for_the_next(run):
    assert run("kept = 1", "assert kept == 1").verdict == "pass"
    assert run("kept").verdict == "fail"


@pytest.mark.parametrize("cell", [
    "pickle.loads(blob())",
    "import io\npickle.Unpickler(io.BytesIO(blob())).load()",
    "os.system('true')",
    "import subprocess\nsubprocess.run(['true'])",
])  # fmt: skip
def test_no_pickle_that_names_code_is_read_and_no_process_started(run, cell):
    last = cell.splitlines()[-1]
    outcome = run(cell, f"try:\n    {last}\nexcept RuntimeError as error: assert 'sealed' in str(error)")
    assert run(cell).points == 0
    assert outcome.verdict == "pass", outcome.message
    assert run(cell, "assert not os.path.exists('reached')").verdict == "pass"
    assert run("assert pickle.loads(good()) == [1, 2]").verdict == "pass"


def test_what_a_cell_seeds_is_seeded_on_both_sides(run):
    assert run("random.seed(5)\nassert draw() == random.Random(5).random()").verdict == "pass"
    assert run("draw()", seed=3).shown == run("draw()", seed=3).shown != run("draw()", seed=4).shown


def test_a_value_too_large_for_the_checker_ends_in_a_verdict(run):
    outcome = run("kept = [many(500_000) for _ in range(1000)]")
    assert (outcome.points, outcome.verdict) == (0, "memory")
    assert run("kept = list(endless())").verdict == "memory"
    assert run("assert one() == 1").verdict == "pass"


@pytest.mark.parametrize("character", ["x", "\u20ac", "\U0001f40d", "\x01"])
def test_a_cell_that_prints_more_than_is_read_of_it_keeps_its_points(run, character):
    outcome = run(f"print({character!r} * 3_000_000)\nassert one() == 1")
    assert (outcome.verdict, len(outcome.printed) > 1000) == ("pass", True)


def test_a_fork_that_is_stuck_or_dies_is_told_from_one_that_answers(run, monkeypatch):
    monkeypatch.setattr("grader.grading.sealed.checker.GRACE_S", 0.5)
    stuck = "import itertools, collections\ncollections.deque(itertools.repeat(one()), maxlen=0)"
    with pytest.raises(CheckerDied) as caught:
        run(stuck, limit_s=0.5)
    assert caught.value.verdict == "timeout"
    with pytest.raises(CheckerDied) as caught:
        run("one()\nos._exit(0)")
    assert caught.value.verdict == "crashed"
    assert run("assert one() == 1").verdict == "pass"


def test_a_warmed_process_that_died_is_started_again(run, checker):
    assert run("assert one() == 1").verdict == "pass"
    os.kill(checker._sandbox.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(checker._sandbox.pid)], timeout=120)
    assert run("assert one() == 1").verdict == "pass"


def test_nothing_that_a_fork_imports_is_there_for_the_next(run, checker):
    assert run("import sys\nassert 'wave' not in sys.modules\nimport wave").verdict == "pass"
    assert run("import sys\nassert 'wave' not in sys.modules").verdict == "pass"
    checker.modules.add("wave")  # as the instructor's own answers show
    assert run("import sys\nassert 'wave' in sys.modules").verdict == "pass"


def test_first_cells_that_start_threads_are_left_to_the_forks(sandbox):
    threads = [("setup", "import threading, time\nthreading.Thread(target=time.sleep, args=(5,), daemon=True).start()")]
    with Checker(Plans({"nb": Plan("nb", threads, names=Names())})) as checker:
        assert not checker.ahead
        with sandbox.open() as session, checker.open("nb", session) as fork:
            assert fork.ran_ahead == set()
            assert fork.run(session, "setup", threads[0][1], 0.0, PATIENCE_S).verdict == "pass"
            assert fork.run(session, "test", "assert threading", 1.0, PATIENCE_S).verdict == "pass"


def test_at_the_end_no_process_and_no_file_is_left(sandbox):
    with Checker(Plans({"nb": Plan("nb", PREFIX, names=Names())}), FILES) as checker, sandbox.open() as session:
        folder, warmed = Path(checker._folder), psutil.Process(checker._sandbox.pid)
        fork = checker.open("nb", session)
        fork.run(session, "cell", "1", 1.0, PATIENCE_S)
        forked = psutil.Process(fork.process.process)
        assert folder.is_dir()
    _, alive = psutil.wait_procs([warmed, forked], timeout=120)
    assert not alive
    assert not folder.exists()
    assert str(folder).startswith(tempfile.gettempdir())


def test_a_checker_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(CheckerError, match="could not be started"):
        Checker(Plans({})).start()
