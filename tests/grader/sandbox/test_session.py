"""Questions to a session, its clocks, and what survives the death of a student's process, a warmed one."""

import os
import signal
from dataclasses import replace

import psutil
import pytest

from grader.sandbox import Limits, SessionDead, make_sandbox
from grader.suite_kit.answer import Exposed, Handle, InKernel, StudentError
from grader.suite_kit.codec import decode, encode
from notebook_runner.process_stats import descendants, state
from tests.waiting import until

# Wall seconds are many, for a busy machine; a test of them sets its own.
LIMITS = Limits(wall_s=300, memory_mb=300)
NULL = encode({"do": "null", "target": "", "calls": [["", []]], "watch": False})


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(["numpy"], limits=LIMITS) as sandbox:
        yield sandbox


def call(session, name, *arguments, patience_s=120.0, serve=None, export=None):
    request = {"do": "call", "target": name, "calls": [["", arguments]], "watch": False}
    reply = decode(session.ask(encode(request, export=export), patience_s, serve), resolve=Handle)
    if "error" in reply:
        raise StudentError(*reply["error"])
    return reply["values"][0]


def test_an_exposed_object_kept_for_later_is_of_no_use(session):
    session.run_cell("def keep(store):\n    global kept\n    kept = store")
    kernel = InKernel({})
    call(session, "keep", Exposed(Total(), ["add", "total"]), serve=kernel.serve, export=kernel.export)
    assert session.run_cell("kept.total()").error[0] == "RuntimeError"
    assert session.run_cell("40 + 2").verdict == "ok"


def test_a_large_frame_crosses_both_ways(session):
    session.run_cell("def same(values): return values")
    assert call(session, "same", "x" * 10**7) == "x" * 10**7


def test_what_is_said_during_questions_is_kept_apart_from_cells(session):
    session.run_cell("def loud():\n    print('heard'); import os; os.system('echo below')")
    call(session, "loud")
    (output,) = session.run_cell("1").outputs
    assert output["output_type"] == "execute_result"


def test_a_question_that_cannot_be_interrupted_is_killed(session):
    session.run_cell("def stuck(): return sum(range(10**13))")
    with pytest.raises(SessionDead) as caught:
        call(session, "stuck", patience_s=0.2)
    assert (caught.value.verdict, session.alive) == ("timeout", False)
    with pytest.raises(SessionDead):
        session.ask(NULL, 1)


def test_a_process_that_is_dead_before_it_is_asked_does_not_hold_the_grader(session):
    os.kill(session.process, signal.SIGKILL)
    with pytest.raises(SessionDead):
        session.ask(encode({"x": "y" * 10**7}), 120)


def test_a_stopped_process_is_killed_when_its_time_is_over(session):
    os.kill(session.process, signal.SIGSTOP)
    with pytest.raises(SessionDead) as caught:
        session.ask(encode({"x": "y" * 10**7}), 0.2)
    assert caught.value.verdict == "timeout"


def test_memory_taken_during_a_question_is_watched(sandbox):
    with sandbox.open(limits=replace(LIMITS, memory_mb=100)) as session:
        session.run_cell(GRAB)
        session.run_cell("held = b'x' * 60_000_000")
        with pytest.raises(SessionDead) as caught:
            call(session, "grab", patience_s=120)
    assert caught.value.verdict == "memory"


def test_cpu_time_is_read_from_outside_whatever_the_process_says(session):
    session.run_cell("import time\ntime.process_time = time.clock_gettime = lambda *a: 0.0\n"
                     "def work(n):\n    for _ in range(n): pass\nwork(10**6)")  # fmt: skip
    before = session.cpu_s()
    call(session, "work", 2 * 10**6)
    between = session.cpu_s()
    session.ask(NULL, 5)
    assert session.cpu_s() - between < between - before


STEPS = """
import time
steps, first = 0, time.process_time()
last = first
while last - first < 0.05:
    now = time.process_time()
    steps, last = steps + (now != last), now
print(steps)
"""


def test_the_sandboxs_cpu_clock_moves_in_smaller_steps_than_the_kernels_ticks(session):
    """Marks come from CPU clocks, the student's own measurements too."""
    run = session.run_cell(STEPS)
    assert int(run.outputs[0]["text"]) > 1000, run.error


HANDED_OVER = """
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for one that ends, so that nobody is charged for it
(inbox, ask), (replies, back) = os.pipe(), os.pipe()
if os.fork() == 0:
    while os.read(inbox, 1):
        if os.fork():
            os._exit(0)
        os.write(back, b".")
"""


def test_a_helper_that_hands_its_work_to_another_is_a_new_process(session):
    session.run_cell(HANDED_OVER)
    counts = [session.started()]
    for _ in range(3):
        assert session.run_cell("os.write(ask, b'.'), os.read(replies, 1)").verdict == "ok"
        until(lambda: session.helpers() == 1, "the one before has ended")
        counts.append(session.started())
    assert counts[0] >= 1
    assert sorted({*counts}) == counts


def test_a_halted_session_and_all_that_it_started_stand_still_until_they_go_on(session):
    spin = "def spin():\n    while True: pass\n"
    threads = "threading.Thread(target=spin, daemon=True).start()"
    run = session.run_cell(f"import os, threading\n{spin}for _ in range(3):\n    if not os.fork(): spin()\n{threads}")
    assert run.verdict == "ok"
    assert session.helpers() == 3
    family = [session.process, *descendants(session.process)]
    with session.halted():
        until(lambda: {state(process) for process in family} == {"T"}, "all of it stands still")
    until(lambda: "T" not in {state(process) for process in family}, "all of it goes on")
    assert session.run_cell("1 + 1").verdict == "ok"


def test_the_peak_of_memory_is_the_processs_own(session):
    before = session.peak_mb()
    run = session.run_cell("x = b'x' * 50_000_000; del x")
    assert before + 40 < run.peak_mb == session.peak_mb()
    session.close()
    assert session.peak_mb() == run.peak_mb


def test_forbidden_modules_cannot_be_imported_even_if_loaded_ahead():
    forbidden = ["colorsys", "notebook_runner.errors"]
    with make_sandbox(forbidden, limits=LIMITS, forbids=forbidden) as sandbox, sandbox.open() as session:
        for source in (
            "import colorsys",
            "from notebook_runner.errors import CourseError",
            "import mlsd_lib; notebook_runner.errors",
        ):
            assert session.run_cell(source).verdict == "error", source
        assert "asks you to write it" in session.run_cell("import colorsys").error[1]


def test_a_killed_warmed_process_is_replaced_and_its_sessions_are_dead():
    with make_sandbox(limits=LIMITS) as sandbox:
        with sandbox.open() as session:
            [child] = psutil.Process(sandbox.pid).children()
            process = psutil.Process(session.process)  # by now: killed with its parent, it may be gone at once
            child.kill()
            process.wait(120)
            assert session.run_cell("1").verdict == "crashed"
            with sandbox.open() as fresh:
                assert fresh.run_cell("40 + 2").verdict == "ok"
        assert sandbox.starts == 2


def test_nothing_is_left_when_a_warmed_process_is_closed():
    with make_sandbox(limits=LIMITS) as sandbox:
        session = sandbox.open()
        session.run_cell("import subprocess; subprocess.Popen(['sleep', '999'])")
        family = psutil.Process(sandbox.pid).children(recursive=True)
        assert len(family) >= 3
    assert [process for process in family if process.is_running()] == []
    assert not session.alive
    assert not os.path.exists(sandbox._folder or "/nothing")


def test_sessions_of_several_threads_do_not_get_mixed_up(sandbox):
    from concurrent.futures import ThreadPoolExecutor

    def answer(number):
        with sandbox.open() as session:
            session.run_cell(f"number = {number}\ndef get(): return number")
            return call(session, "get")

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(answer, range(9))) == list(range(9))


GRAB = """
import subprocess, sys
def grab():
    subprocess.run([sys.executable, "-c", "import time; x = b'x' * 90_000_000; time.sleep(99)"])
"""


class Total:
    def __init__(self):
        self.value = 0

    def add(self, amount):
        self.value += amount

    def total(self):
        return self.value
