"""What a process and all that it started used is read together, with real processes."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from grader.suite_kit.answer import InKernel
from grader.suite_kit.benchmark import cpu_of, family_cpu_of


@pytest.fixture
def ended_children():
    """Children that a test leaves are ended after it; those that were there before serve other tests."""
    before = set(psutil.Process().children(recursive=True))
    yield
    for child in set(psutil.Process().children(recursive=True)) - before:
        if child.name() == psutil.Process().name():
            child.kill()
            child.wait()


def in_a_child(work):
    """Has a child do something first; the child stays."""
    ready, done = os.pipe()
    if os.fork() == 0:
        try:
            held = work()
            os.write(done, b"." if held is not None else b"-")
            signal.pause()
        finally:
            os._exit(0)
    os.read(ready, 1)


def hold_300_mb():
    return bytearray(b"." * 300_000_000)


def work_half_a_second():
    while time.process_time() < 0.5:
        sum(range(10_000))


ENDED = """
import os
from grader.suite_kit import resources
before_mb = resources.family_peak_mb()
if child := os.fork():
    os.waitpid(child, 0)
else:
    b"." * int(4e8 + before_mb * 1e6)
    os._exit(0)
assert before_mb + 250 < resources.family_peak_mb() < before_mb + 600, (before_mb, resources.family_peak_mb())
"""


def test_memory_that_an_ended_child_held_is_the_answers_own():
    """In a process that has ended no others: the kernel remembers the largest of them."""
    ran = subprocess.run([sys.executable, "-c", ENDED], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_memory_that_a_child_holds_is_the_answers_own(ended_children, monkeypatch):
    monkeypatch.setattr("grader.suite_kit.resources._usage", None)  # of what other tests have ended
    answer = InKernel({})
    before_mb = answer.peak_mb()
    in_a_child(hold_300_mb)
    assert before_mb + 250 < answer.peak_mb() < before_mb + 600


def test_cpu_time_of_a_child_counts_in_that_of_the_family_alone(ended_children):
    answer = InKernel({})
    assert cpu_of(lambda: in_a_child(work_half_a_second), answer) < 0.4
    assert 0.4 < family_cpu_of(lambda: in_a_child(work_half_a_second), answer) < 2
