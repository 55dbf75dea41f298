"""Hostile and broken cells: each has the verdict it must get, and the next session starts as if nothing had been."""

import json
import os
from dataclasses import replace

import pytest

from grader.sandbox import Level, Limits, SandboxError, best_level, describe, make_sandbox, resource_monitor

# Wall seconds are many, for a busy machine; a test of them sets its own.
LIMITS = Limits(wall_s=300, cpu_s=20, total_s=600, memory_mb=200, output_bytes=50_000, files_mb=8, processes=24)
SHORT = replace(LIMITS, wall_s=0.3)

# Source, the verdicts that are right, whether the session may go on afterwards.
GOES_ON = {
    "exit": ("import sys; sys.exit(1)", "error"),
    "signal to itself": ("import os; os.kill(os.getpid(), 2)", "error"),
    "signal to all": ("import os\ntry: os.kill(-1, 9)\nexcept OSError: pass", "ok"),
    "one big array": ("x = bytearray(10**9)", "memory"),
    "a growing list": ("x = [0]\nwhile True: x = x + x", "memory"),
    "one big file": ("with open('x', 'wb') as f:\n    while True: f.write(b'x' * 10**6)", "error"),
    "memory files": ("import os; os.memfd_create('x')", "error"),
    "shared memory": ("import multiprocessing.shared_memory as m\nm.SharedMemory(create=True, size=10**9)", "error"),
    "many threads": (
        """
import threading, time
def many():
    while True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
many()""",
        "error",
    ),
    "a fork that returns": ("import os; p = os.fork(); p and os.waitpid(p, 0); print('twice')", "ok"),
    "a daemon": (
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    time.sleep(999)""",
        "ok",
    ),
    "a busy thread": (
        """
import threading
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()""",
        "ok",
    ),
    "a flood from a child": ("import subprocess; subprocess.Popen(['yes'])", "ok"),
    "no standard output": ("import sys; sys.stdout = None; print(1)", "ok"),
    "a replaced shell": ("get_ipython().run_cell = lambda *a, **k: None", "ok"),
    "a broken hook": ("import sys; sys.displayhook = None; 5", "error"),
    "a broken trace": ("import sys; sys.settrace(lambda *a: 1 / 0); int('1')", "error"),
    "emptied containers": ("import gc\nfor o in gc.get_objects():\n    if type(o) is list: o.clear()", "ok"),
    "a new namespace": ("import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == -1", "ok"),
    "higher limits": ("import resource as r; r.setrlimit(r.RLIMIT_NPROC, (9999, 9999))", "error"),
    "a device": ("import os; os.mknod('device', 0o060600, 0x0800)", "error"),
    "an error without text": ("class E(Exception):\n    def __str__(self): raise RuntimeError\nraise E()", "error"),
    "a null character": ("x = '\0'", "error"),
    "too many brackets": ("(" * 10_000 + ")" * 10_000, "error"),
    "a very long line": ("x = '" + "y" * 5_000_000 + "'", "ok"),
    "half a character": ("x = '\ud800'", "ok"),
    "a huge error": ("raise ValueError('x' * 10**7)", "error"),
}
ENDS = {
    "exit of the process": ("import os; os._exit(7)", "crashed"),
    "quiet exit of the process": ("import os; os._exit(0)", "crashed"),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "abort": ("import os; os.abort()", "crashed"),
    "closed files": ("import os; os.closerange(0, 100)", "crashed"),
    "memory of children": (
        """
import os, time
for i in range(10):
    if os.fork() == 0:
        x = bytes(50 * 10**6) + b'x'
        time.sleep(99)
time.sleep(99)""",
        "memory",
    ),
    "a forged reply": (
        """
import os, struct
reply = b'{"error": null, "count": 1, "truncated": false}'
for fd in range(3, 30):
    try: os.write(fd, struct.pack('<IBH', len(reply), ord('D'), 9) + reply)
    except OSError: pass""",
        "crashed",
    ),
    "a forged length": (
        """
import os, struct, time
for fd in range(3, 30):
    try: os.write(fd, struct.pack('<IBH', 2**31, ord('o'), 1))
    except OSError: pass
time.sleep(99)""",
        "crashed",
    ),
    "emptied modules": ("import json, builtins\njson.dumps = None; builtins.isinstance = None\nprint(1)", "crashed"),
}
NEVER_ENDS = {
    "a loop": "while True: pass",
    "a sleep": "import time; time.sleep(99)",
    "a loop in C": "sum(range(10**13))",
    "a swallowed interrupt": "import time\nwhile True:\n    try: time.sleep(0.01)\n    except KeyboardInterrupt: pass",
    "an ignored interrupt": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "an interrupt that kills": "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL)\nwhile True: pass",
    "a flood of prints": "while True: print('x' * 1000)",
    "a flood round python": "import os\nwhile True: os.write(1, b'y' * 65536)",
    "a fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "a pipe that nobody writes": "import os; os.mkfifo('p'); open('p')",
    "a repr": "class R:\n    def __repr__(self):\n        while True: pass\nR()",
    "the text of an error": "class X(Exception):\n    def __str__(self):\n        while True: pass\nraise X",
    "a muted channel": "import sys; sys.modules['grader.sandbox.protocol'].send = lambda *a: None",
}
MANY = {"many threads", "a fork bomb"}
SIGNAL_TO_THE_PARENT = "import os\ntry: os.kill(os.getppid() or -1, 9)\nexcept OSError: pass"


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(["json"], limits=LIMITS) as sandbox:
        yield sandbox
        assert sandbox.starts == 1


@pytest.fixture(autouse=True)
def short_grace(monkeypatch):
    monkeypatch.setattr(resource_monitor, "GRACE_S", 0.3)


def gives_42(session):
    outputs = session.run_cell("40 + 2").outputs  # what an earlier cell's child writes may stand beside it
    return [output.get("data", {}).get("text/plain") for output in outputs if output["output_type"] != "stream"] == [
        "42"
    ]


def next_session_works(sandbox):
    with sandbox.open() as session:
        run = session.run_cell("import os; print('fresh', os.listdir('.'), 40 + 2)")
        assert run.outputs == [{"output_type": "stream", "name": "stdout", "text": "fresh [] 42\n"}]
        assert session.helpers() == 0
    return True


def limits(name, limits=LIMITS):
    """Below namespaces the kernel counts all processes of a user: one that takes all it may must leave some to others,
    who are tested at the same time."""
    return replace(limits, processes=8) if name in MANY else limits


def right(verdict, name):
    """The verdicts that are right. Where others end meanwhile, more is left before the kernel refuses than before the
    watch ends the session."""
    together = name in MANY and os.getuid() != 0 and best_level() < Level.NAMESPACES
    return {verdict, "memory"} if together else {verdict}


@pytest.mark.parametrize("name", GOES_ON)
def test_a_bad_cell_costs_only_itself(sandbox, name):
    source, verdict = GOES_ON[name]
    with sandbox.open(limits=limits(name)) as session:
        run = session.run_cell(source)
        assert run.verdict in right(verdict, name), run
        json.dumps(run.outputs)
        assert len(str(run.outputs)) < 400_000
        if not session.alive:  # the watch was faster than the kernel's own limit
            assert run.verdict == "memory"
        elif len(right(verdict, name)) == 1:
            assert gives_42(session)
    assert next_session_works(sandbox)


def test_a_signal_to_the_parent_costs_at_most_the_own_session():
    with make_sandbox(["json"], limits=LIMITS) as sandbox:
        with sandbox.open() as session:
            session.run_cell(SIGNAL_TO_THE_PARENT)
            # Limits alone leave open the processes of the same user, and say so.
            assert gives_42(session) or (not session.alive and "can end its processes" in describe(sandbox.level))
        assert next_session_works(sandbox)


@pytest.mark.parametrize("name", ENDS)
def test_a_cell_that_ends_its_process_is_told_and_buried(sandbox, name):
    source, verdict = ENDS[name]
    with sandbox.open() as session:
        run = session.run_cell(source)
        assert (run.verdict, session.alive) == (verdict, False)
        assert run.outputs[-1]["output_type"] == "error"
        assert session.run_cell("1").verdict == "crashed"
    assert next_session_works(sandbox)


@pytest.mark.parametrize("name", NEVER_ENDS)
def test_a_cell_that_never_ends_is_interrupted_or_killed(sandbox, name):
    with sandbox.open(limits=limits(name, SHORT)) as session:
        run = session.run_cell(NEVER_ENDS[name])
        assert run.verdict in right("timeout", name), run
        assert run.error is not None
        if session.alive:
            assert gives_42(session)
    assert next_session_works(sandbox)


def test_the_exit_status_and_the_signal_are_named(sandbox):
    for name, words in (("exit of the process", "exit status 7"), ("segmentation fault", "SIGSEGV")):
        with sandbox.open() as session:
            assert words in session.run_cell(ENDS[name][0]).error[1]


def test_cpu_time_is_limited_apart_from_wall_time(sandbox):
    with sandbox.open(limits=replace(LIMITS, cpu_s=0.2)) as session:
        run = session.run_cell("while True: pass")
    assert run.verdict == "timeout"
    assert run.cpu_s < 10


def test_the_time_of_all_cells_is_limited(sandbox):
    with sandbox.open(limits=replace(LIMITS, total_s=0.3)) as session:
        verdicts = [session.run_cell("import time; time.sleep(0.2)").verdict for _ in range(4)]
    assert verdicts[-1] == "timeout"


def test_files_are_bounded_together(sandbox):
    with sandbox.open() as session:
        run = session.run_cell("for n in range(100): open(f'f{n}', 'wb').write(b'x' * 10**6)")
        assert run.verdict in ("error", "memory")
        assert "No space left" in run.error[1] or "MB" in run.error[1]


def test_what_is_left_running_is_told(sandbox):
    with sandbox.open() as session:
        session.run_cell("import subprocess, threading, time; subprocess.Popen(['sleep', '99'])")
        session.run_cell("threading.Thread(target=time.sleep, args=(99,), daemon=True).start()")
        assert session.helpers() == 1
        left = session.close()
    assert left.processes == ("sleep 99",)
    assert left.threads == 1


def test_a_file_cannot_be_put_outside_of_the_folder(sandbox):
    with pytest.raises(SandboxError, match="outside"):
        sandbox.open({"../../etc/passwd": b"x"})
    assert next_session_works(sandbox)
