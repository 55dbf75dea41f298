"""`mlsd grade` over the whole engine: sandbox, checker, record."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from grader.errors import GraderError
from grader.grading.worker import WorkerProcess
from grader.sandbox import Level, best_level, probe
from tests import toy_course as toy
from tests.grader.grading.engine_course import dump, mlsd, run


def test_everyone_gets_exactly_their_marks_and_who_needs_a_look_has_a_line_also_the_next_time(course):
    toy.hand_in(course)
    for earlier in (0, 8):
        result = mlsd(course, "grade", toy.NAME, "--jobs", 2, "--timeout", 2)
        points = {(who, item): earned for who, item, earned, _, _ in dump(course)[0] if item != "reflection"}
        items = ("half-test", "spread-test", "both-test")
        assert points == {(who, item): marks[i] for who, marks in toy.MARKS.items() for i, item in enumerate(items)}
        assert result.exit_code == 0
        lines = result.output.splitlines()
        assert sum(line.startswith("sandbox: ") for line in lines) == 1 or earlier
        named = {line.partition(":")[0] for line in lines} & {*toy.MARKS}
        assert named == {"empty", "no-test", "endless", "stubborn", "deadly"}
        counts = f"8 of 8 graded ({earlier} of them earlier), 5 need a look, 1 wait for points by hand"
        assert counts in result.output


def test_a_level_that_is_not_there_is_refused_if_it_is_required(course, without_bubblewrap):
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    with pytest.raises(GraderError, match="namespaces is not available here"):
        mlsd(course, "grade", toy.NAME, "--sandbox", "namespaces", "--require-sandbox")
    if not probe.missing(Level.LIMITS):
        said = []
        (outcome,) = run(course, say=said.append, start=WorkerProcess, jobs=1, level="namespaces").values()
        assert outcome.points == 6
        assert said[0].startswith("sandbox: ")
        assert "namespaces is not available here: bubblewrap is not installed. It needs" in said[0]
        assert sum("not available" in line for line in said) == 1


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
    result = mlsd(course, "grade", toy.NAME)
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
