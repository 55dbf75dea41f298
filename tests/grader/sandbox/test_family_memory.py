"""Memory that the processes of a session hold counts together, read from outside."""

from grader.sandbox import make_sandbox

HOLDS = """
import os, signal
ready, done = os.pipe()
if os.fork() == 0:
    kept = bytearray(b"." * 200_000_000)
    os.write(done, b".")
    signal.pause()
os.read(ready, 1)
"""


def test_memory_that_a_child_holds_is_the_sessions_own():
    with make_sandbox([]) as sandbox, sandbox.open() as session:
        before_mb = session.peak_mb()
        session.run_cell(HOLDS)
        assert before_mb + 180 < session.peak_mb() < before_mb + 450
