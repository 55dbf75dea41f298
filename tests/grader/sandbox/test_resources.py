"""What a session uses is counted from outside and over its whole family: no way of using more goes unseen."""

import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import psutil
import pytest

from grader.sandbox import Level, Limits, best_level, make_sandbox
from grader.sandbox.preload_server import PreloadServer
from grader.sandbox.probe import missing
from notebook_runner import process_stats

# Wall seconds are many, for a busy machine; a test of them sets its own.
LIMITS = Limits(wall_s=300, cpu_s=40, total_s=600, memory_mb=200, output_bytes=50_000, files_mb=8, processes=24)

MEMORY = {
    "a shared mapping": """
import mmap, time
held = mmap.mmap(-1, 400 * 2**20)
for at in range(0, len(held), 4096): held[at] = 1
time.sleep(99)""",
    "a shared mapping that only a child touched, which ended": """
import mmap, os, time
held = mmap.mmap(-1, 400 * 2**20)
if os.fork() == 0:
    for at in range(0, len(held), 4096): held[at] = 1
    os._exit(0)
os.wait()
time.sleep(99)""",
    "a shared mapping given to helpers and let go of by the answer": """
import mmap, os, time
held = mmap.mmap(-1, 400 * 2**20)
if os.fork() == 0:
    for at in range(0, len(held), 4096): held[at] = 1
    time.sleep(99)
held.close()
time.sleep(99)""",
    "private memory of helpers whose first thread has ended": """
import ctypes, os, threading, time
def hold():
    time.sleep(0.5)
    held = b"x" * (80 * 2**20)
    time.sleep(99)
for _ in range(4):
    if os.fork() == 0:
        threading.Thread(target=hold).start()
        ctypes.CDLL(None).pthread_exit(None)
time.sleep(99)""",
    "sockets full of data": """
import os, socket, time
for _ in range(4):
    if os.fork() == 0:
        pairs = []
        try:
            while True:
                pairs.append(socket.socketpair())
                for end in pairs[-1]:
                    end.setblocking(False)
                    try:
                        while True: end.send(bytes(65536))
                    except BlockingIOError: pass
        except OSError: pass
        time.sleep(99)
time.sleep(99)""",
}

CPU = {
    "helpers of helpers": """
import os, time
if os.fork() == 0:
    for _ in range(2):
        if os.fork() == 0:
            while True: pass
    time.sleep(99)
time.sleep(99)""",
    "helpers that end one after the other": """
import os, time
while True:
    if os.fork() == 0:
        end = time.process_time() + 0.2
        while time.process_time() < end: pass
        os._exit(0)
    os.wait()""",
    "helpers that nobody waits for": """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    child = os.fork()
    if child == 0:
        end = time.process_time() + 0.2
        while time.process_time() < end: pass
        os._exit(0)
    while os.path.exists(f"/proc/{child}"): time.sleep(0.01)""",
}


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(["json"], limits=LIMITS) as sandbox:
        yield sandbox


@pytest.mark.parametrize("way", MEMORY)
def test_memory_is_counted_over_the_family_however_it_is_held(sandbox, way):
    with sandbox.open() as session:
        run = session.run_cell(MEMORY[way])
        assert run.verdict == "memory", run
        assert "the limit is 200 MB" in run.error[1]


HIDES = "import ctypes\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"  # its open files are nobody's to read but root's


@pytest.mark.parametrize("way", ["sockets full of data", "a shared mapping"])
def test_memory_is_counted_of_who_hides_what_it_has_open(sandbox, way):
    with sandbox.open() as session:
        assert session.run_cell(HIDES + MEMORY[way]).verdict == "memory"


@pytest.mark.parametrize("way", CPU)
def test_cpu_time_is_counted_over_the_family(sandbox, way):
    with sandbox.open(limits=replace(LIMITS, cpu_s=1.0)) as session:
        run = session.run_cell(CPU[way])
        assert (run.verdict, run.error[1]) == ("timeout", "It used more than 1 s of CPU time.")


def test_the_limit_on_cpu_counts_what_helpers_use_while_a_later_cell_only_sleeps(sandbox):
    with sandbox.open(limits=replace(LIMITS, cpu_s=0.5)) as session:
        started = "import os, time\nif os.fork() == 0:\n    while True: pass"
        assert session.run_cell(started).verdict == "ok"
        assert session.run_cell("time.sleep(99)").error[1] == "It used more than 0.5 s of CPU time."


@pytest.mark.skipif(os.getuid() != 0, reason="the kernel counts the processes of everybody but root")
def test_processes_are_counted_from_outside_where_the_kernel_does_not():
    bomb = "import os, time\nfor _ in range(60):\n    if os.fork() == 0: time.sleep(99)\ntime.sleep(99)"
    with make_sandbox(["json"], Level.NONE, limits=LIMITS) as sandbox, sandbox.open() as session:
        run = session.run_cell(bomb)
        assert (run.verdict, session.alive) == ("memory", False)
        assert "24 are allowed" in run.error[1]


TWO_CORES = pytest.mark.skipif(
    len(getattr(os, "sched_getaffinity", lambda _: [])(0)) < 2, reason="one core only: nothing to keep apart"
)
SPIN = """
import os
for core in range(os.cpu_count()):
    try: os.sched_setaffinity(0, {core})
    except OSError: pass
for _ in range(60):
    if os.fork() == 0:
        while True: pass
sorted(os.sched_getaffinity(0))"""


@contextmanager
def confined(cores):
    """This thread on `cores` meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@TWO_CORES
@pytest.mark.parametrize("preloaded", [False, True])
def test_sixty_spinning_processes_stay_on_the_core_of_their_worker(preloaded):
    first, second = sorted(os.sched_getaffinity(0))[:2]
    limits = replace(LIMITS, processes=200)  # below namespaces the kernel counts those of other tests, too
    with ExitStack() as ending:
        hidden = [] if best_level() == Level.NAMESPACES else None
        server = ending.enter_context(PreloadServer([], hidden)) if preloaded else None
        made = []
        for core in (first, second):
            with confined({core}):
                made.append(ending.enter_context(make_sandbox(["json"], limits=limits, preload=server)))
        spinning, neighbour = (ending.enter_context(sandbox.open()) for sandbox in made)
        assert shown(spinning.run_cell(SPIN)) == f"[{first}]"
        assert shown(neighbour.run_cell("import os; sorted(os.sched_getaffinity(0))")) == f"[{second}]"
        family = [spinning.process, *process_stats.descendants(spinning.process)]
        assert len(family) == 61
        assert {tuple(psutil.Process(process).cpu_affinity()) for process in family} == {(first,)}


def shown(run):
    return run.outputs[-1]["data"]["text/plain"]


def test_honest_memory_below_the_limit_is_left_alone(sandbox):
    forks = "import os, time\nheld = b'x' * (100 * 2**20)\nfor _ in range(8):\n    if os.fork() == 0: time.sleep(99)"
    with sandbox.open() as session:
        assert session.run_cell(forks).verdict == "ok"
        assert session.run_cell("time.sleep(0.3)").verdict == "ok"


def test_a_file_that_is_mapped_is_not_memory_of_the_answer(sandbox):
    reads = """
import mmap, time, glob, os
total = 0
for path in glob.glob("/usr/lib/x86_64-linux-gnu/*.so*") + glob.glob("/usr/bin/*"):
    if os.path.isfile(path) and os.path.getsize(path):
        held = mmap.mmap(os.open(path, os.O_RDONLY), 0, prot=mmap.PROT_READ)
        globals()[f"held{total}"] = held
        total += sum(1 for at in range(0, len(held), 4096) if held[at] or True) * 4096
    if total > 350 * 2**20: break
time.sleep(0.3)
total // 2**20"""
    with sandbox.open() as session:
        assert session.run_cell(reads).verdict == "ok"


# What is started so is nobody's child below the session, so no limit would count it. Each says how many it started.
LEAVES = {
    "a sister instead of a child": """
import ctypes, os, time
CLONE, CLONE_PARENT = {"x86_64": 56, "aarch64": 220}[os.uname().machine], 0x8000
made = ctypes.CDLL(None).syscall(CLONE, CLONE_PARENT | 17, 0, 0, 0, 0)
if made == 0:
    time.sleep(60)
    os._exit(0)
print(int(made > 0))
""",
    "an orphan that the session does not adopt": """
import ctypes, os, time
ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
os.wait()
print(1)
""",
}


@pytest.mark.parametrize("level", [Level.LIMITS, Level.LANDLOCK, Level.NAMESPACES], ids=lambda level: level.name)
@pytest.mark.parametrize("way", LEAVES)
def test_no_process_leaves_the_family_at_any_level(level, way):
    if why := missing(level):
        pytest.skip(why)
    with make_sandbox(["json"], level, limits=LIMITS) as sandbox, sandbox.open() as session:
        run = session.run_cell(LEAVES[way])
        assert [session.helpers()] == [int(output["text"]) for output in run.outputs], run.error


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
    with make_sandbox() as sandbox, sandbox.open() as session:
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
    with make_sandbox(limits=Limits(memory_mb=400)) as sandbox, sandbox.open() as session:
        before_mb = session.peak_mb()
        run = session.run_cell(BEGINS)
        assert (run.verdict, run.error) == ("ok", None)
        assert session.peak_mb() < before_mb + 390
