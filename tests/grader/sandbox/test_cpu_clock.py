"""Marks come from CPU clocks, the student's own measurements too: the sandbox must leave them exact."""

from grader.sandbox import make_sandbox

STEPS = """
import time
steps, first = 0, time.process_time()
last = first
while last - first < 0.05:
    now = time.process_time()
    steps, last = steps + (now != last), now
print(steps)
"""


def test_the_sandboxs_cpu_clock_moves_in_smaller_steps_than_the_kernels_ticks():
    with make_sandbox() as sandbox, sandbox.open() as session:
        run = session.run_cell(STEPS)
    assert int(run.outputs[0]["text"]) > 1000, run.error
