"""Processes forked from a warmed one: what they hold, and how they end."""

import json
import os
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from grader.grading import batch, warm_start
from grader.grading.records import Options
from grader.sandbox import Level, best_level, make_sandbox
from grader.sandbox.preload_server import PreloadServer
from tests import toy_course as toy
from tests import waiting

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux 5.3")
CALLS = "tests.grader.sandbox.preload_calls"


@pytest.fixture(scope="module")
def preload():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_TEST_SECRET", "do not tell")
        with PreloadServer(["html.parser"]) as process:
            yield process


def told_by(preload, setting=None, modules=()):
    """What a fork of it says of itself."""
    with tempfile.TemporaryFile() as file:
        born = preload.fork(f"{CALLS}:tell", setting or {}, [file.fileno()], modules)
        born.wait()
        file.seek(0)
        return json.load(file)


def test_a_fork_holds_what_was_imported_and_is_told_what_to_be(preload):
    report = told_by(preload, {"number": 3}, ["xml.dom"])
    assert report["setting"] == {"number": 3}
    assert {"html.parser", "xml.dom", "numpy"} <= set(report["modules"])
    assert "grader.suites" not in report["modules"]


def test_a_fork_finds_nothing_of_the_graders_environment_and_no_file_but_its_own(preload):
    report = told_by(preload)
    assert "do not tell" not in str(report)
    assert set(report["open"]) - {0, 1, 2} - set(report["files"]) <= {max(report["open"])}  # of looking


def test_what_cannot_be_imported_is_left_to_the_cell_that_needs_it(preload):
    assert told_by(preload, modules=["no_such_module"])["setting"] == {}


def test_a_fork_lives_until_it_is_ended_and_the_grader_knows_its_number(preload):
    born = preload.fork(f"{CALLS}:sleep", {}, [])
    process = psutil.Process(born.pid)
    assert born.poll() is None
    born.kill()
    assert born.wait() == born.poll() == 0
    assert not process.is_running()


def test_one_that_fails_ends_and_the_server_goes_on(preload):
    assert preload.fork(f"{CALLS}:fail", {}, []).wait() == 0
    assert told_by(preload)["setting"] == {}


def test_threads_take_turns_and_each_gets_its_own_fork(preload):
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda number: told_by(preload, {"number": number}), range(12)))
    assert [report["setting"]["number"] for report in told] == list(range(12))


def test_a_fork_that_ends_at_once_is_known_before(tmp_path, monkeypatch):
    source = "import os, time\nopened = os.pidfd_open\nos.pidfd_open = lambda number: time.sleep(0.3) or opened(number)"
    (tmp_path / "opens_late.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with PreloadServer() as preload:
        assert told_by(preload, modules=["opens_late"])["setting"] == {}


def test_a_library_with_threads_cannot_be_forked_and_the_sandbox_starts_by_itself(tmp_path, monkeypatch):
    source = "import threading, time\nthreading.Thread(target=time.sleep, args=[600], daemon=True).start()\n"
    (tmp_path / "starts_a_thread.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with PreloadServer([], [] if best_level() == Level.NAMESPACES else None, [tmp_path]) as preload:
        assert preload.fork(f"{CALLS}:sleep", {}, [], ["starts_a_thread"]) is None
        with make_sandbox(preload=preload) as sandbox, sandbox.open() as session:
            assert session.run_cell("1 + 1").verdict == "ok"


@pytest.mark.needs("bubblewrap")
def test_a_server_serves_only_the_level_that_it_stands_in():
    with PreloadServer([], []) as behind, PreloadServer() as in_the_open:
        assert behind.serves(Level.NAMESPACES)
        assert not in_the_open.serves(Level.NAMESPACES)
        for preload in (behind, in_the_open):
            with make_sandbox(level=Level.NONE, preload=preload) as sandbox, sandbox.open() as session:
                assert session.run_cell("1 + 1").verdict == "ok"


@pytest.mark.needs("bubblewrap")
def test_a_server_that_is_ended_while_it_begins_leaves_no_process():
    groups = []
    for _ in range(12):  # the moment in which one was left is met by one in four
        with PreloadServer([], []) as preload:
            waiting.until(psutil.Process(preload.process.pid).children, "a child of bubblewrap's", look_s=0)
            groups.append(preload.process.pid)
    waiting.until(lambda: not any(map(has_processes, groups)), "the end of all that had begun")


def has_processes(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_preload_server_that_died_is_done_without(course):
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    with PreloadServer() as preload:
        os.kill(preload.process.pid, signal.SIGKILL)
        preload.process.wait()
        assert preload.fork(f"{CALLS}:sleep", {}, []) is None
        students = batch.chosen(course, toy.NAME, "*")
        options = Options(jobs=1)
        (graded,) = list(batch.grade(course, toy.NAME, students, options, lambda told: None, preload=preload))
        assert graded.points == 6


def test_what_was_begun_ahead_has_ended_afterwards(course):
    with warm_start.begun_early(course.root, toy.NAME) as begun:
        assert begun.process.poll() is None
        folder = Path(begun.folder)
        assert folder.is_dir()
        family = [child.pid for child in psutil.Process(begun.process.pid).children(recursive=True)]
    assert not folder.exists()
    assert begun.process.poll() is not None
    waiting.until(lambda: waiting.ended(family), "the end of all that had begun")


def test_imports_are_guessed_from_notebooks_and_no_broken_one_is_in_the_way(course):
    folder = course.root / "source" / "guess"
    folder.mkdir(parents=True)
    cells = [{"cell_type": "code", "source": "import pandas as pd, this\nfrom unittest import mock"}]
    (folder / "a.ipynb").write_text(json.dumps({"cells": cells}))
    for name, text in {"b": "", "c": "[]", "d": '{"cells": [3]}', "e": '{"cells": [{"cell_type": "code"}]}'}.items():
        (folder / f"{name}.ipynb").write_text(text)
    found = warm_start.imports_of(course.root, "guess")
    assert {"pandas", "unittest.mock"} <= set(found)
    assert "this" not in found
    assert all(isinstance(module, str) for module in found)
    assert warm_start.imports_of(course.root, "no such exercise") == []
