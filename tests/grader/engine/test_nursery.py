"""Processes forked from a warmed one: what they hold, how they end, and that without it the marks are the same."""

import json
import os
import signal
import tempfile
from pathlib import Path

import psutil
import pytest

from grader import grade
from grader.engine import ahead
from grader.engine.nursery import Nurseries, NurseryProcess
from grader.engine.sandbox import Zygote
from tests import toy_course as toy
from tests.grader.engine.engine_course import run

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux 5.3")
CALLS = "tests.grader.engine.nursery_calls"
SEAT = "grader.engine.seat:Seat"


@pytest.fixture(scope="module")
def nursery():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_TEST_SECRET", "do not tell")
        with NurseryProcess(["html.parser"]) as process:
            yield process


def told_by(nursery, setting=None, modules=()):
    """What a fork of it says of itself."""
    with tempfile.TemporaryFile() as file:
        born = nursery.fork(f"{CALLS}:tell", setting or {}, [file.fileno()], modules)
        born.wait()
        file.seek(0)
        return json.load(file)


def test_a_fork_holds_what_was_imported_and_is_told_what_to_be(nursery):
    told = told_by(nursery, {"number": 3}, ["xml.dom"])
    assert told["setting"] == {"number": 3}
    assert {"html.parser", "xml.dom", "numpy"} <= set(told["modules"])
    assert "grader.suites" not in told["modules"]


def test_a_fork_finds_nothing_of_the_graders_environment_and_no_file_but_its_own(nursery):
    told = told_by(nursery)
    assert "do not tell" not in str(told)
    assert set(told["open"]) - {0, 1, 2} - set(told["files"]) <= {max(told["open"])}  # of looking


def test_what_cannot_be_imported_is_left_to_the_cell_that_needs_it(nursery):
    assert told_by(nursery, modules=["no_such_module"])["setting"] == {}


def test_a_fork_lives_until_it_is_ended_and_the_grader_knows_its_number(nursery):
    born = nursery.fork(f"{CALLS}:sleep", {}, [])
    process = psutil.Process(born.pid)
    assert born.poll() is None
    born.kill()
    assert born.wait() == born.poll() == 0
    assert not process.is_running()


def test_one_that_fails_ends_and_the_nursery_goes_on(nursery):
    assert nursery.fork(f"{CALLS}:fail", {}, []).wait() == 0
    assert told_by(nursery)["setting"] == {}


def test_another_process_has_a_way_of_its_own(nursery):
    ways = Nurseries(nursery).joined()
    assert ways.behind_bubblewrap is None
    assert told_by(ways.open, {"way": 2})["setting"] == {"way": 2}
    ways.leave()
    assert told_by(nursery, {"way": 1})["setting"] == {"way": 1}


def test_a_library_with_threads_cannot_be_forked_and_the_sandbox_starts_by_itself(tmp_path, monkeypatch):
    source = "import threading, time\nthreading.Thread(target=time.sleep, args=[600], daemon=True).start()\n"
    (tmp_path / "starts_a_thread.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with NurseryProcess() as nursery:
        assert nursery.fork(f"{CALLS}:sleep", {}, [], ["starts_a_thread"]) is None
        with Zygote(nursery=nursery) as zygote, zygote.open() as session:
            assert session.run_cell("1 + 1").verdict == "ok"


def test_a_nursery_that_died_is_done_without(course):
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    with NurseryProcess() as nursery:
        os.kill(nursery.process.pid, signal.SIGKILL)
        nursery.process.wait()
        assert nursery.fork(f"{CALLS}:sleep", {}, []) is None
        students = grade.chosen(course, toy.NAME, "*")
        options = grade.Options(jobs=1)
        begun = Nurseries(nursery)
        (graded,) = list(grade.grade_sealed(course, toy.NAME, students, options, lambda told: None, begun))
        assert graded.points == 6


def test_with_and_without_a_nursery_the_marks_are_the_same(course, released_once, tmp_path):
    outcomes = []
    for nurseries in (False, True):
        own = released_once.open(course.root)
        for student, answers in {"right": toy.RIGHT, "wrong": toy.WRONG}.items():
            toy.submit(own, student, toy.answered(own, **answers))
        if nurseries:
            with ahead.ahead(own.root, toy.NAME) as begun:
                options = grade.Options(jobs=2, force=True)
                students = grade.chosen(own, toy.NAME, "*")
                graded = list(grade.grade_sealed(own, toy.NAME, students, options, lambda told: None, begun))
        else:
            graded = run(own, grader=SEAT).values()
        outcomes.append(sorted((one.student, one.points, tuple(one.notes)) for one in graded))
    assert outcomes[0] == outcomes[1] == [("right", 6, ()), ("wrong", 1, ())]


def test_what_was_begun_ahead_has_ended_afterwards(course):
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with ahead.ahead(course.root, toy.NAME) as begun:
        assert begun.open.process.poll() is None
        folder = Path(begun.open.folder)
        assert folder.is_dir()
    assert not folder.exists()
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    assert {" ".join(psutil.Process(pid).cmdline()) for pid in left if "nursery" in str(psutil.Process(pid))} == set()
    assert begun.open.process.poll() is not None


def test_imports_are_guessed_from_notebooks_and_no_broken_one_is_in_the_way(course):
    folder = course.root / "source" / "guess"
    folder.mkdir(parents=True)
    cells = [{"cell_type": "code", "source": "import math, pandas as pd\nfrom sklearn.tree import export_text"}]
    (folder / "a.ipynb").write_text(json.dumps({"cells": cells}))
    for name, text in {"b": "", "c": "[]", "d": '{"cells": [3]}', "e": '{"cells": [{"cell_type": "code"}]}'}.items():
        (folder / f"{name}.ipynb").write_text(text)
    found = ahead.imports_of(course.root, "guess")
    assert {"pandas", "sklearn.tree"} <= set(found)
    assert "math" not in found
    assert all(isinstance(one, str) for one in found)
    assert ahead.imports_of(course.root, "no such exercise") == []
