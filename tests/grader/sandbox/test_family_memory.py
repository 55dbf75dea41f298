"""Memory that the processes of a session hold counts together, read from outside."""

import pytest

from grader.sandbox import make_sandbox
from grader.sandbox.isolation.limits import Limits
from notebook_runner import process_stats

HOLDS = """
import os, signal
ready, done = os.pipe()
if os.fork() == 0:
    kept = bytearray(b"." * 200_000_000)
    os.write(done, b".")
    signal.pause()
os.read(ready, 1)
"""


HELD = """
import os
if child := os.fork():
    os.waitpid(child, 0)
else:
    bytearray(b"." * 400_000_000)
    os._exit(0)
"""


@pytest.mark.parametrize(("source", "most_mb"), [(HOLDS, 450), (HELD, 850)], ids=["a child", "one that has ended"])
def test_memory_that_a_child_holds_is_the_sessions_own(source, most_mb):
    with make_sandbox([]) as sandbox, sandbox.open() as session:
        before_mb = session.peak_mb()
        session.run_cell(source)
        assert before_mb + 180 < session.peak_mb() < before_mb + most_mb


BEGINS = """
import subprocess
kept = bytearray(b"." * 200_000_000)
try:
    subprocess.run(["nowhere"], env={"PATH": "/n:" * 500_000})  # its child asks each folder before it begins
except FileNotFoundError:
    pass
"""


@pytest.mark.skipif(not process_stats.compares_memory(), reason="the kernel does not compare memory")
def test_memory_counts_once_while_a_program_is_begun():
    with make_sandbox([], limits=Limits(memory_mb=400)) as sandbox, sandbox.open() as session:
        before_mb = session.peak_mb()
        run = session.run_cell(BEGINS)
        assert (run.verdict, run.error) == ("ok", None)
        assert session.peak_mb() < before_mb + 390
