"""Hostile and broken cells: each has the verdict it must get, and the next session starts as if nothing had been.

What costs marks is in `tests/attacks/corpus/processes`: ends, hangs, bombs. Here is what only the session sees.
"""

import json
from dataclasses import replace

import pytest

from grader.sandbox import Limits, SandboxError, describe, make_sandbox

# Wall seconds are many, for a busy machine; a test of them sets its own.
LIMITS = Limits(wall_s=300, cpu_s=20, total_s=600, memory_mb=200, output_bytes=50_000, files_mb=8, processes=24)

# Source, and the verdict that is right.
GOES_ON = {
    "signal to all": ("import os\ntry: os.kill(-1, 9)\nexcept OSError: pass", "ok"),
    "memory files": ("import os; os.memfd_create('x')", "error"),
    "shared memory": ("import multiprocessing.shared_memory as m\nm.SharedMemory(create=True, size=10**9)", "error"),
    "a fork that returns": ("import os; p = os.fork(); p and os.waitpid(p, 0); print('twice')", "ok"),
    "a flood from a child": ("import subprocess; subprocess.Popen(['yes'])", "ok"),
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
}
ENDS = {
    "a forged reply": """
import os, struct
reply = b'{"error": null, "count": 1, "truncated": false}'
for fd in range(3, 30):
    try: os.write(fd, struct.pack('<IBH', len(reply), ord('D'), 9) + reply)
    except OSError: pass""",
    "emptied modules": "import json, builtins\njson.dumps = None; builtins.isinstance = None\nprint(1)",
}
NEVER_ENDS = {
    "an interrupt that kills": "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL)\nwhile True: pass",
    "a flood of prints": "while True: print('x' * 1000)",
    "a flood round python": "import os\nwhile True: os.write(1, b'y' * 65536)",
    "a pipe that nobody writes": "import os; os.mkfifo('p'); open('p')",
    "a repr": "class R:\n    def __repr__(self):\n        while True: pass\nR()",
    "the text of an error": "class X(Exception):\n    def __str__(self):\n        while True: pass\nraise X",
    "a muted channel": "import sys; sys.modules['grader.sandbox.protocol'].send = lambda *a: None",
}
SIGNAL_TO_THE_PARENT = "import os\ntry: os.kill(os.getppid() or -1, 9)\nexcept OSError: pass"


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(["json"], limits=LIMITS) as sandbox:
        yield sandbox
        assert sandbox.starts == 1


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


@pytest.mark.parametrize("name", GOES_ON)
def test_a_bad_cell_costs_only_itself(sandbox, name):
    source, verdict = GOES_ON[name]
    with sandbox.open() as session:
        run = session.run_cell(source)
        assert run.verdict == verdict, run
        json.dumps(run.outputs)
        assert len(str(run.outputs)) < 400_000
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
    with sandbox.open() as session:
        run = session.run_cell(ENDS[name])
        assert (run.verdict, session.alive) == ("crashed", False)
        assert run.outputs[-1]["output_type"] == "error"
        assert session.run_cell("1").verdict == "crashed"
    assert next_session_works(sandbox)


@pytest.mark.parametrize("name", NEVER_ENDS)
def test_a_cell_that_never_ends_is_interrupted_or_killed(sandbox, name):
    with sandbox.open(limits=replace(LIMITS, wall_s=0.3)) as session:
        run = session.run_cell(NEVER_ENDS[name])
        assert run.verdict == "timeout", run
        assert run.error is not None
        if session.alive:
            assert gives_42(session)
    assert next_session_works(sandbox)


def test_the_exit_status_and_the_signal_are_named(sandbox):
    for source, words in (("os._exit(7)", "exit status 7"), ("ctypes.string_at(0)", "SIGSEGV")):
        with sandbox.open() as session:
            assert words in session.run_cell(f"import ctypes, os\n{source}").error[1]


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
