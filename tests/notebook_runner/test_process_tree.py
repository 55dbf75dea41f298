"""When a run is stopped: for what it uses and for standing still, never for a machine that is busy with others."""

import subprocess
import sys

import pytest

from notebook_runner import process_stats, process_tree
from notebook_runner.machine_speed import ALONE_S, Slowness
from notebook_runner.process_tree import LOOKING_SHARE, Watch
from tests.waiting import until

EVERY_S = 0.2


def watch_over(samples, limit_s=6.0):
    """A watch that saw `samples`: seconds since the last one, whether a process could go on, CPU seconds so far."""
    watch = Watch(peak_mb=1000, limit_s=limit_s, every_s=EVERY_S)
    for passed_s, could_go_on, cpu_s in samples:
        watch.cpu_s = cpu_s
        watch.judge(passed_s, could_go_on)
    return watch


def test_a_run_that_waits_for_a_busy_machine_is_not_stopped():
    assert watch_over([(EVERY_S, True, 0.01 * number) for number in range(500)]).stopped == ""


def test_a_run_that_stands_still_is_stopped_at_the_limit():
    assert watch_over([(EVERY_S, False, 0.5)] * 29).stopped == ""
    assert watch_over([(EVERY_S, False, 0.5)] * 31).stopped == "wall"


def test_standing_still_is_summed_over_the_run():
    assert watch_over([(EVERY_S, False, 0.5), (EVERY_S, True, 0.5)] * 31).stopped == "wall"


def test_a_sample_that_came_late_says_little_about_the_time_before_it():
    assert watch_over([(30.0, False, 0.5)] * 10).stopped == ""


def test_looks_become_rarer_where_each_costs_much():
    watch = Watch(peak_mb=1000, limit_s=6.0, every_s=EVERY_S)
    assert watch.next_look_s(0.001) == EVERY_S
    assert watch.next_look_s(0.05) == 0.05 / LOOKING_SHARE > EVERY_S


def test_a_run_that_uses_the_processor_without_end_is_stopped():
    assert watch_over([(EVERY_S, True, 5.9)]).stopped == ""
    assert watch_over([(EVERY_S, True, 6.1)]).stopped == "cpu"


def test_a_slow_machine_is_granted_more_cpu_seconds():
    watch = Watch(peak_mb=1000, limit_s=6.0)
    watch.slowness.spent_s, watch.slowness.times = 2 * ALONE_S, 1
    for watch.cpu_s, stopped in ((11.9, ""), (12.1, "cpu")):
        watch.judge(EVERY_S, True)
        assert watch.stopped == stopped


def test_slowness_is_measured_and_never_makes_a_fast_machine_fail():
    slowness = Slowness()
    assert slowness.factor == 1.0
    slowness.measure()
    assert (slowness.times, slowness.spent_s > 0) == (1, True)
    slowness.spent_s, slowness.times = 0.5 * ALONE_S, 1
    assert slowness.factor == 1.0


SPINS = "while True:\n    pass"
SPINS_IN_A_THREAD = (
    f"import threading, time\nthreading.Thread(target=lambda: exec({SPINS!r})).start()\ntime.sleep(1000)"
)


@pytest.mark.skipif(not process_stats.HAS_PROC, reason="only /proc tells what a thread waits for")
@pytest.mark.parametrize(
    ("code", "could"),
    [(SPINS, True), (SPINS_IN_A_THREAD, True), ("import time; time.sleep(1000)", False), ("input()", False)],
    ids=["spins", "spins in a thread", "sleeps", "waits for input"],
)
def test_who_has_the_processor_or_waits_for_it_could_go_on(code, could):
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    try:
        until(lambda: process_stats.could_go_on(child.pid) == could, "the child in its loop or its wait")
        if could:
            begun_s = process_tree.tree_cpu_s([child.pid])
            until(lambda: process_tree.tree_cpu_s([child.pid]) > begun_s + 0.1, "a tenth of a CPU second")
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
    assert not process_stats.could_go_on(child.pid)
