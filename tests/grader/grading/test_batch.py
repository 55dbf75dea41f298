"""`mlsd grade` over the whole engine: sandbox, checker, record."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from typer.testing import CliRunner

from grader.grading.batch import grade as with_engine
from grader.grading.records import Options
from grader.grading.worker import WorkerProcess
from grader.sandbox import Level, best_level, probe
from mlsd.cli import app
from tests import toy_course as toy
from tests.grader.grading.engine_course import dump, run


@pytest.fixture(scope="module")
def class_of(released_once, tmp_path_factory):
    """The toy class graded by the command; the course and what the command told."""
    import shutil

    folder = tmp_path_factory.mktemp("engine") / "course"
    shutil.copytree(released_once.root, folder)
    course = released_once.open(folder)
    toy.hand_in(course)
    command = ["grade", toy.NAME, "--course", str(folder), "--jobs", "2", "--timeout", "2"]
    return course, CliRunner().invoke(app, command)


def test_everyone_gets_exactly_their_marks(class_of):
    course, result = class_of
    points = {(who, item): earned for who, item, earned, _, _ in dump(course)[0] if item != "reflection"}
    items = ("half-test", "spread-test", "both-test")
    assert points == {(who, item): marks[i] for who, marks in toy.MARKS.items() for i, item in enumerate(items)}
    assert result.exit_code == 0


def test_the_command_says_the_level_and_a_line_a_student_who_needs_a_look(class_of):
    _, result = class_of
    assert sum(line.startswith("sandbox: ") for line in result.output.splitlines()) == 1
    lines = [line for line in result.output.splitlines() if line.split(":")[0] in toy.MARKS]
    assert {line.split(":")[0] for line in lines} == {"empty", "no-test", "endless", "stubborn", "deadly"}
    assert "8 of 8 graded (0 of them earlier), 5 need a look, 1 wait for points by hand" in result.output


def test_a_level_that_is_not_there_is_refused_if_it_is_required(course, monkeypatch):
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    monkeypatch.setattr(probe, "_TRIED", ["bubblewrap is not installed"])
    probe.found_missing.cache_clear()
    try:
        command = ["grade", toy.NAME, "--course", str(course.root), "--sandbox", "namespaces"]
        result = CliRunner().invoke(app, [*command, "--require-sandbox"])
        assert result.exit_code != 0
        assert "namespaces is not available here" in str(result.exception) + result.output
        if not probe.missing(Level.LIMITS):
            said = []
            options = Options(jobs=1, level="namespaces")
            (outcome,) = with_engine(course, toy.NAME, ["bo"], options, said.append)
            assert outcome.points == 6
            assert said[0].startswith("sandbox: ")
            assert "namespaces is not available here: bubblewrap is not installed. It needs" in said[0]
            assert sum("not available" in line for line in said) == 1
    finally:
        probe.found_missing.cache_clear()


def test_a_weaker_level_gives_the_same_marks(course):
    if best_level() == Level.NONE:
        pytest.skip("there is one level on this system")
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    toy.submit(course, "wrong", toy.answered(course, **toy.WRONG))
    outcomes = run(course, start=WorkerProcess, level="limits", jobs=1)
    assert {name: outcome.points for name, outcome in outcomes.items()} == {"bo": 6, "wrong": 1}


def test_one_that_cannot_be_graded_is_named_and_the_exit_status_tells(course):
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    (course.root / "nbgrader_config.py").open("a").write("\nc.Autograde.create_student = False\n")
    result = CliRunner().invoke(app, ["grade", toy.NAME, "--course", str(course.root)])
    assert result.exit_code == 1
    assert "knows no student 'bo'" in result.output


def test_a_batch_loads_no_numpy():
    code = "import sys, grader.grading.batch; print('numpy' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"


@pytest.mark.parametrize("damaged", ["{", '{"tests": [], "extra_data": {}}', "[]"])
def test_who_has_a_record_that_cannot_be_read_is_graded_again(damaged, marked):
    before = dump(marked)
    with closing(sqlite3.connect(marked.database)) as book, book:
        book.execute("UPDATE mlsd_record SET results = ? WHERE student = 'right'", [damaged])
    outcomes = run(marked)
    assert [student for student, outcome in outcomes.items() if not outcome.skipped] == ["right"]
    assert not any(outcome.failure for outcome in outcomes.values())
    assert dump(marked) == before
