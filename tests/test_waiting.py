"""What is waited for is waited for long enough, and a failure tells a busy machine from a fault."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.nested_pytest import environment
from tests.waiting import Machine, ended, until

ROOT = Path(__file__).parents[1]
STANDS_STILL = """
import pytest
from tests import waiting

@pytest.fixture
def standing(request, monkeypatch):
    clock = iter([0.0, 60.0])
    waited = iter([0.0, 55.0])
    machine = waiting.Machine(lambda: next(waited), lambda: next(clock))
    (key,) = [one for one in request.node.stash._storage if isinstance(request.node.stash[one], waiting.Machine)]
    request.node.stash[key] = machine

def test_one(standing):
    assert False

def test_other():
    assert False
"""


def test_it_waits_until_another_thread_has_brought_it_about():
    happened = threading.Event()
    threading.Timer(0.05, happened.set).start()
    until(happened.is_set, "the event")
    assert happened.is_set()


def test_what_never_comes_is_named_with_how_long_it_was_waited_for():
    with pytest.raises(AssertionError, match=r"a letter did not come within 0\.02 s\."):
        until(lambda: False, "a letter", within_s=0.02)


@pytest.mark.parametrize(("waited_s", "said"), [(55.0, "waited 55.0 s for a core"), (3.0, ""), (0.0, "")])
def test_a_machine_that_gave_no_core_is_named_and_one_that_did_is_not(waited_s, said):
    times, waits = iter([100.0, 160.0]), iter([7.0, 7.0 + waited_s])
    text = Machine(lambda: next(waits), lambda: next(times)).told()
    assert said in text
    assert bool(text) == bool(said)


def test_a_failure_on_a_machine_that_stood_still_says_so_and_no_other(tmp_path):
    (tmp_path / "tests").mkdir()
    for name in ("machine.py", "waiting.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    (tmp_path / "tests" / "test_two.py").write_text(STANDS_STILL)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.machine", "tests"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert "2 failed" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("The machine may be the reason and not the course: of 60.0 s") == 1


def test_a_process_has_ended_when_it_is_gone_or_only_waits_to_be_noted():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not ended([process.pid])
        process.stdin.close()
        until(lambda: ended([process.pid]), "the end of the process")  # nobody has noted it yet
        assert os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT).si_pid == process.pid
    assert ended([process.pid])
