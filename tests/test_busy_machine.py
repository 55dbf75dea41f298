"""A command runs on a busy machine, answers its own interrupt, and no load outlives it."""

import signal
import subprocess
import sys

import psutil

from tests.busy_machine import busy

WAITS = """
import os, psutil, sys, time
load = set(psutil.Process(os.getppid()).children()) - {psutil.Process()}
try:
    print(*[process.pid for process in load], flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    sys.exit(3)
"""


def begun():
    """A busy command that waits to be interrupted, and the processes that are its load."""
    command = [sys.executable, "-m", "tests.busy_machine", "2", sys.executable, "-c", WAITS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]


def ended(processes):
    gone, alive = psutil.wait_procs(processes, timeout=60)
    return len(gone) == 2 or all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


def test_a_command_beside_load_answers_the_end_by_itself_and_says_how_it_ended():
    process, load = begun()
    assert len(load) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 3
    assert ended(load)


def test_the_load_ends_with_its_parent_whatever_ended_that():
    process, load = begun()
    command = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    assert ended(load)
    for left in set(command) - set(load):
        left.kill()
    with busy(2) as pids:
        assert all(map(psutil.pid_exists, pids))
    assert not any(map(psutil.pid_exists, pids))
