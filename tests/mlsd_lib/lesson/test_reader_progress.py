"""Where a reader stands is read from the record, and nothing is claimed that it does not show."""

import json
import time

import pytest
from nbformat.v4 import new_code_cell

from grader.suite_kit import attempts
from mlsd_lib.lesson import predict
from mlsd_lib.lesson.predictions import Calibration
from mlsd_lib.lesson.reader_progress import Bar, standing
from tests.mlsd_lib.lesson.checked import checked
from tests.mlsd_lib.lesson.test_start_page import CASE, EXERCISE, FIRST, SECOND, START, write

MORE = "chapters/01_a/01b_more.ipynb"


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))


@pytest.fixture
def root(tmp_path):
    write(tmp_path, START, kind="start", minutes=30, cells=['check("start", 1)'])
    write(tmp_path, FIRST, requires=[START], cells=['predict("p", "?", "s")', 'check("c", 1)'])
    write(tmp_path, MORE, requires=[FIRST], cells=['check("d", 1)'])
    write(tmp_path, SECOND, requires=[FIRST], cells=['predict("q", "?", "s")', 'predict("r", "?", "s")'])
    write(tmp_path, "chapters/01_a/03_z.ipynb", requires=[FIRST])
    path = write(tmp_path, EXERCISE, kind="exercise", minutes=200, requires=[FIRST])
    notebook = json.loads(path.read_text())
    tests = {"one": 12, "two": 8}
    for name, points in {**tests, "by-hand": 5}.items():
        entry = {"grade": True, "solution": name not in tests, "grade_id": name, "points": points}
        notebook["cells"].append(new_code_cell("1", metadata={"nbgrader": entry}, id=name))
    path.write_text(json.dumps(notebook))
    write(tmp_path, CASE, kind="case_study", minutes=300, requires=[SECOND], cells=['check("k", 1)'])
    return tmp_path


def figures(root):
    return {bar.stage.removeprefix("Title of "): bar.figures for bar in standing(root).bars}


def ran(test, points, at_s):
    attempts._append(attempts.FILE, vars(attempts.Attempt("r", test, points, 20, at_s)))


def test_an_empty_record_has_done_nothing_and_begins_with_the_start_page(root):
    now = standing(root)
    assert {bar.done for bar in now.bars} == {0}
    assert (now.next.name, now.going_on) == (START, "Begin")
    assert repr(now).startswith("Begin: Title of 00_start_here")
    assert "No prediction has been measured yet" in repr(now)


def test_lessons_that_share_a_number_are_one_stage_and_one_that_asks_nothing_is_none(root):
    assert figures(root) == {
        "00_start_here | x": "0 of 1 done", "01_x | x": "0 of 3 done", "02_y | x": "0 of 2 done",
        "f | x": "0 of 1 done", "r | x": "0 of 20 points",
    }  # fmt: skip


def test_passed_checks_and_measured_predictions_count_and_others_do_not(root):
    checked("c")
    checked("d", passed=False)
    predict("p", "?", "s", 1, 2).measured(1.5)
    predict("q", "?", "s", 1, 2)
    predict("r", "?", "s").measured(3)
    assert figures(root)["01_x | x"] == "2 of 3 done"
    assert figures(root)["02_y | x"] == "0 of 2 done"


def test_points_are_those_of_each_tests_last_run_as_the_exercise_keeps_them(root):
    for at_s, (test, points) in enumerate([("one", 12), ("two", 3), ("one", 6)]):
        ran(test, points, at_s + 1)
    with (root / "record" / attempts.FILE).open("a") as file:
        file.write("{cut\n")
    assert figures(root)["r | x"] == "9 of 20 points"


def test_it_goes_on_with_the_notebook_of_the_newest_entry(root):
    predict("p", "?", "s", 1, 2)
    predict("q", "?", "s")
    assert (standing(root).next.name, standing(root).going_on) == (SECOND, "Continue where you were")
    ran("one", 3, time.time() + 60)
    assert standing(root).next.name == EXERCISE


def test_after_a_notebook_that_is_done_comes_the_next_one_that_asks_something(root):
    predict("q", "?", "s", 1, 2).measured(1)
    predict("r", "?", "s").measured(1)  # passed over: nothing is left to do there
    assert (standing(root).next.name, standing(root).going_on) == (CASE, "Continue with")  # 03_z asks nothing


def test_where_all_is_done_nothing_is_next(root):
    for id in ("p", "q", "r"):
        predict(id, "?", "s", 1, 2).measured(1)
    for id in ("start", "c", "d", "k"):
        checked(id)
    ran("one", 12, 1)
    assert standing(root).next.name == EXERCISE
    ran("two", 8, 2)
    assert standing(root).next is None
    assert "Continue" not in repr(standing(root)) + standing(root)._repr_html_()


def test_the_page_shows_bars_with_labels_and_a_link_that_opens_the_notebook(root):
    predict("p", "?", "s", 1, 2).measured(1.5)
    shown = standing(root)._repr_html_()
    assert "<a href='01_a/01_x.ipynb'>Title of 01_x | x</a>" in shown
    assert "<progress value='1' max='3' style='width:5em' aria-label='Title of 01_x | x'>" in shown
    assert "1 of 1 intervals held the measured value" in shown


@pytest.mark.parametrize(("done", "whole", "filled"), [(0, 3, 0), (1, 3, 6), (2.9, 3, 19), (3, 3, 20), (25, 20, 20)])
def test_a_bar_is_full_only_where_all_is_done(done, whole, filled):
    assert Bar("a", "b", done, whole, "done").drawn.count("#") == filled


def rows(*intervals):
    return Calibration(0, len(intervals), tuple(("?", "s", *interval) for interval in intervals))


def test_a_sharp_interval_scores_better_than_a_wide_one_and_a_miss_worse_than_both():
    sharp, wide = rows((9, 11, 10)).interval_score, rows((0, 40, 10)).interval_score
    missed, far = rows((10.5, 11, 10)).interval_score, rows((20, 21, 10)).interval_score
    assert sharp == pytest.approx(0.2)
    assert wide == pytest.approx(4)
    assert missed == pytest.approx(0.05 + 20 * 0.05)
    assert far == 20  # as bad as it gets, so that one wild guess does not decide
    assert sharp < missed < wide < far


def test_width_and_score_are_shares_of_the_measured_value_and_pass_over_zero():
    told = rows((1, 2, 0), (-12, -8, -10), (100, 300, 200), (0, 2000, 200))
    assert told.median_relative_width == pytest.approx(1.0)
    assert told.interval_score == pytest.approx((0.4 + 1 + 10) / 3)
    assert rows((1, 2, 0)).median_relative_width is None
    assert rows().interval_score is None
