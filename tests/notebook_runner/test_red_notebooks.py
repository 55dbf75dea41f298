"""Notebooks that must turn the runner red, each for its own reason, and one that does all that is allowed."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from notebook_runner import Budget, isolation, process_stats
from notebook_runner.result import report
from notebook_runner.verdict import TOLERANCE, too_expensive
from tests.waiting import PATIENCE_S

IMPORTS = "import asyncio, os, socket, subprocess, sys, threading, time"


def kinds(result) -> list[str]:
    return [failure.kind for failure in result.failures]


def test_an_error_is_told_with_its_cell_its_lines_and_the_command_that_runs_it_again(mini_course):
    mini_course.write("chapters/prices.py", "def price(x):\n    return 1 / x\n")
    cells = {"imports": "import prices", "fails": "x = 0\nprices.price(x)", "after": "1"}
    result = mini_course.run(mini_course.notebook("raises", cells))
    assert kinds(result) == ["error"]
    text = report(result)
    assert "cell fails" in text
    assert "->  2  prices.price(x)" in text
    assert "     chapters/prices.py:2 in price" in text
    assert "ZeroDivisionError: division by zero" in text
    assert text.endswith("Run it again: mlsd check chapters/raises.ipynb")
    assert "papermill" not in text
    assert "\x1b" not in text


OWN_SECONDS = 10**6 + os.getpid()  # no other test process starts a sleep as long as this
CROWD = {
    "imports": IMPORTS
    + """
async def fails_early():
    raise LookupError("in the first cell")
kept_early = asyncio.create_task(fails_early())""",
    "in-thread": """
        worker = threading.Thread(target=lambda: 1 / 0)
        worker.start()
        worker.join()""",
    "in-task": """
        async def fails():
            raise ValueError("in a task")
        kept = asyncio.create_task(fails())""",
    "in-lost-task": """
        async def lost():
            raise KeyError("lost")
        asyncio.create_task(lost())
        await asyncio.sleep(0)""",
    "reaches-out": """
        try:
            socket.create_connection(("192.0.2.1", 80))
        except OSError:
            pass""",
    "leaves-one": """
        left = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)""",
    "orphans-one": f"""
        subprocess.run("sleep {OWN_SECONDS} & disown", shell=True, executable="/bin/bash", check=True)""",
    "spends": """
        while time.process_time() < 1.6:
            pass""",
}


BUDGET_S = 0.2  # far below what the crowd spends, on a machine several times as slow as that of the budgets, too


@pytest.fixture(scope="module")
def crowd(shared_course):
    """One run in which no cell fails, and much else does; its limit is far off, so that nothing ends it early."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Budget, "stop_s", 60)
        return shared_course.run(shared_course.notebook("crowd", CROWD, cpu_s=BUDGET_S))


def of_kind(result, kind: str) -> list:
    found = [failure for failure in result.failures if failure.kind == kind]
    assert found, f"no failure of kind {kind} in {result}"
    return found


def test_an_exception_in_a_thread_fails(crowd):
    (failure,) = of_kind(crowd, "thread")
    assert (failure.cell_id, failure.line) == ("in-thread", 1)
    assert "ZeroDivisionError" in failure.message


def test_an_exception_in_an_asyncio_task_fails_kept_or_lost(crowd):
    found = {failure.cell_id: failure for failure in of_kind(crowd, "task")}
    assert set(found) == {"imports", "in-task", "in-lost-task"}
    assert found["in-task"].line == 2
    assert "ValueError: in a task" in found["in-task"].message


def test_a_connection_beyond_loopback_fails_even_if_the_cell_swallows_the_error(crowd):
    (failure,) = of_kind(crowd, "network")
    if crowd.offline == isolation.NAMESPACE:
        assert failure.cell_id == "reaches-out"
    assert "beyond this machine" in failure.message


def test_processes_left_behind_fail_and_are_ended(crowd):
    (failure,) = of_kind(crowd, "process")
    assert "left 2 process(es)" in failure.message
    assert "input()" in failure.message
    assert f"sleep {OWN_SECONDS}" in failure.message
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if str(OWN_SECONDS) in (process.info["cmdline"] or [])
    ]


def test_more_cpu_seconds_than_the_budget_fail(crowd):
    (failure,) = of_kind(crowd, "cpu")
    assert crowd.cpu_s > TOLERANCE * BUDGET_S * crowd.slowness
    assert f"its budget is {BUDGET_S}" in failure.message
    assert "times as slow" in failure.message


def test_a_slow_machine_takes_more_cpu_seconds_for_the_same_work(crowd):
    assert (crowd.budget_s, crowd.remarks()) == (BUDGET_S, [])
    assert too_expensive(240, 60, 1.0) == too_expensive(480, 60, 2.0) == []
    assert [failure.kind for failure in too_expensive(240.1, 60, 1.0)] == ["cpu"]
    assert "up to 480 pass here" in too_expensive(480.1, 60, 2.0)[0].message


def test_what_the_crowd_did_not_do_is_not_told(crowd):
    assert set(kinds(crowd)) == {"thread", "task", "network", "process", "cpu"}


def test_a_loop_without_end_is_stopped(mini_course):
    path = mini_course.notebook("spins", {"imports": IMPORTS, "spins": "while True:\n    pass"}, cpu_s=0.9)
    result = mini_course.run(path)
    assert kinds(result) == ["cpu"]
    assert "its budget is 0.9" in result.failures[0].message


def test_standing_still_for_five_budgets_is_stopped(mini_course):
    path = mini_course.notebook("sleeps", {"imports": IMPORTS, "sleeps": "time.sleep(1000)"}, cpu_s=0.8)
    assert kinds(mini_course.run(path)) == ["wall"]


def test_more_memory_than_the_budget_is_stopped_in_a_child_too(mini_course):
    eats = """
        code = "x = bytearray(500 * 2**20); input()"
        child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
        child.wait()"""
    path = mini_course.notebook("eats", {"imports": IMPORTS, "eats": eats}, peak_mb=400)
    result = mini_course.run(path)
    assert kinds(result) == ["memory"]
    assert result.failures[0].cell_id == "eats"
    assert result.peak_mb > 400


def test_a_killed_kernel_fails_in_the_cell_that_killed_it(mini_course):
    cells = {"imports": IMPORTS, "dies": "os.kill(os.getpid(), 9)", "after": "1"}
    result = mini_course.run(mini_course.notebook("dies", cells))
    assert kinds(result) == ["kernel"]
    assert result.failures[0].cell_id == "dies"


@pytest.mark.parametrize("after", [{"after": "1"}, {}], ids=["in the middle", "in the last cell"])
def test_sys_exit_0_is_not_a_run(mini_course, after):
    result = mini_course.run(mini_course.notebook("exits", {"imports": IMPORTS, "exits": "sys.exit(0)", **after}))
    assert kinds(result) == ["not run"]
    assert result.failures[0].cell_id == "exits"


@pytest.mark.parametrize(
    ("cells", "tags", "told"),
    [
        ({"imports": IMPORTS, "skipped": "1 / 0"}, {"skipped": ["skip-execution"]}, "skip-execution"),
        ({"imports": IMPORTS, "expected": "1 / 0"}, {"expected": ["raises-exception"]}, "raises-exception"),
        ({"imports": IMPORTS, "shell": "!false"}, {}, "'!false' runs a shell"),
    ],
    ids=["skip tag", "raises tag", "shell line"],
)
def test_what_would_be_green_without_having_run_fails_before_it_runs(mini_course, cells, tags, told):
    result = mini_course.run(mini_course.notebook("form", cells, tags=tags))
    assert kinds(result) == ["not run"]
    assert told in result.failures[0].message
    assert result.failures[0].cell_id == list(cells)[-1]
    assert result.cpu_s == 0


def test_a_notebook_is_run_whatever_a_front_end_left_in_it_and_is_not_written(mini_course):
    """Outputs and counts, an empty cell, one without an id and two with the same; then only what was saved changes."""
    data = mini_course.data({"imports": IMPORTS, "twice": "print(1)", "second": "print(2)", "empty": "", "own": "3"})
    data["cells"][3]["id"] = "twice"
    del data["cells"][5]["id"]
    path = mini_course.write("chapters/soiled.ipynb", json.dumps(data))
    assert mini_course.run(path).passed
    outputs = [cell.get("outputs") for cell in mini_course.executed(path)["cells"]]
    assert [bool(shown) for shown in outputs] == [False, False, True, True, False, True]
    data["cells"][1] |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}]}
    path.write_text(json.dumps(data))
    assert mini_course.run(path).cached
    assert json.loads(path.read_text()) == data


def test_faulty_metadata_fails(mini_course):
    assert kinds(mini_course.run(mini_course.notebook("faulty", {"imports": IMPORTS}, minutes=0))) == ["metadata"]


ALLOWED = {
    "imports": IMPORTS
    + """
import gc
import joblib
from ipykernel.connect import get_connection_info
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path""",
    "parameters": "n_jobs = 2",
    "where-it-runs": """
        assert Path.cwd().name == "chapters"
        assert os.environ["MLSD_RUN"] == "headless"
        assert os.environ["MLSD_HOME"] != "the-readers-own"
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert "planted" not in globals()
        assert gc.isenabled() and gc.get_freeze_count() > 0  # what the first cell imports
        assert "pydevd" not in sys.modules  # the debugger, a fifth of a kernel's start
        if os.name != "nt":  # no other process can take its address
            assert get_connection_info(unpack=True)["transport"] == "ipc"
            assert Path(get_connection_info(unpack=True)["ip"]).parent == Path(os.environ["JUPYTER_RUNTIME_DIR"])""",
    "loopback-server": """
        server = HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with socket.create_connection(server.server_address) as client:
            client.sendall(b"GET /no HTTP/1.0\\r\\n\\r\\n")
            answer = client.makefile("rb").read()
        server.shutdown()
        assert b" 404 " in answer""",
    "two-processes": """
        sizes = joblib.Parallel(n_jobs=n_jobs)(joblib.delayed(len)("x" * n) for n in (1, 2))
        assert sizes == [1, 2]""",
    "handled": """
        async def fails():
            raise ValueError
        results = await asyncio.gather(fails(), return_exceptions=True)
        worker = threading.Thread(target=sys.exit)
        worker.start()""",
    "ends-what-it-starts": """
        child = subprocess.Popen(["sleep", "1000"])
        child.terminate()""",
    "shows": "print('shown')",
}


def test_servers_two_processes_and_handled_errors_stay_green(mini_course, monkeypatch):
    planted = mini_course.root / "planted"
    (planted / "profile_default" / "startup").mkdir(parents=True)
    (planted / "profile_default" / "startup" / "00.py").write_text("planted = 1\n")
    monkeypatch.setenv("IPYTHONDIR", str(planted))
    monkeypatch.setenv("MLSD_HOME", "the-readers-own")
    path = mini_course.notebook("allowed", ALLOWED)
    result = mini_course.run(path)
    assert result.passed, report(result)
    assert 0 < result.cpu_s < 30
    assert 30 < result.peak_mb < 900
    copy = mini_course.executed(path)
    assert copy["cells"][-1]["outputs"][0]["text"] == "shown\n"
    assert copy["metadata"]["mlsd_run"]["cpu_s"] == result.cpu_s


def test_without_a_namespace_the_hook_keeps_a_notebook_offline(mini_course, monkeypatch):
    monkeypatch.setenv("MLSD_OFFLINE", "hook")
    in_child = """
        connect = "import socket; socket.create_connection(('192.0.2.9', 80))"
        subprocess.run([sys.executable, "-c", connect])"""
    cells = {"imports": IMPORTS, "reaches-out": CROWD["reaches-out"], "in-child": in_child}
    result = mini_course.run(mini_course.notebook("hooked", cells))
    assert kinds(result) == ["network"]
    assert "192.0.2.1, 192.0.2.9" in result.failures[0].message
    assert result.offline == isolation.HOOK


def test_a_killed_worker_is_a_failure_and_what_it_ran_is_ended(mini_course):
    path = mini_course.notebook("waits", {"imports": IMPORTS, "waits": "time.sleep(1000)"})
    tree = []

    def kill_worker(index: int, total: int, cell_id: str) -> None:
        if cell_id == "waits":
            (worker,) = (
                child for child in psutil.Process().children() if str(path) in process_stats.command(child.pid)
            )
            tree.extend(worker.children(recursive=True))
            worker.kill()

    result = mini_course.run(path, on_cell=kill_worker)
    assert kinds(result) == ["runner"]
    _, alive = psutil.wait_procs(tree, timeout=PATIENCE_S)
    assert tree
    assert not alive


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process that its parent ended")
def test_a_killed_runner_leaves_no_process(mini_course):
    path = mini_course.notebook("waits", {"imports": IMPORTS, "waits": "time.sleep(1000)"})
    code = f"""
from pathlib import Path
from notebook_runner import runner
root, path = Path({str(mini_course.root)!r}), Path({str(path)!r})
runner.check(root, path, on_cell=lambda index, total, cell_id: print(cell_id))"""
    check = subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True)
    assert check.stdout.readline() == "imports\n"
    tree = psutil.Process(check.pid).children(recursive=True)
    assert len(tree) >= 2
    os.kill(check.pid, signal.SIGKILL)
    check.wait()
    _, alive = psutil.wait_procs(tree, timeout=PATIENCE_S)
    assert not alive, f"still there: {alive}"


PLOTS = {
    "imports": "from mlsd_lib.lesson import plotting as plot, predict\nplot.use_style()",
    "clear": 'plot.bars({"a": 1}, "A finding", "kB", guess=predict("p", "How large?", "kB"), along="x");',
    "overlapping": '(ax,) = plot.panels()\nax.text(0.5, 0.5, "one")\nax.text(0.5, 0.5, "other");',
    "no-room": 'plot.bars({"a": 1}, "A", "", guess=predict("q", "?", "kB"), along="x", size=(1, 0.9), form="1234567");',
}


def test_a_figure_whose_texts_overlap_fails_also_where_a_prediction_would_be_drawn(mini_course):
    path = mini_course.notebook("plots", PLOTS)
    found = of_kind(mini_course.run(path), "figure")
    assert {failure.cell_id for failure in found} == {"overlapping", "no-room"}
    assert "'one' lies over 'other'" in found[0].message
    (clear,) = [cell for cell in mini_course.executed(path)["cells"] if cell["id"] == "clear"]
    (picture,) = [output for output in clear["outputs"] if "image/png" in output["data"]]
    assert picture["metadata"]["image/png"]["alt"] == "A finding; x: kB; a, 1."
    assert '" alt="A finding; x: kB; a, 1.">' in "".join(picture["data"]["text/html"])  # what JupyterLab shows
    assert "".join(picture["data"]["image/png"]).strip() in "".join(picture["data"]["text/html"])
