"""What is recorded: marks as stock nbgrader gives them, files that its other tools take, manual work kept."""

import csv
import json

import pytest

from grader.course import STAMP
from grader.workflow import stock
from grader.workflow.export import export
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, copied, dump, run

STUDENTS = ("empty", "no-test", "right", "untouched", "wrong")


@pytest.fixture(scope="module")
def done(released_once, tmp_path_factory):
    """A course graded by the engine, and the outcomes. Read it, do not change it."""
    toy.hand_in_five(course := copied(released_once, tmp_path_factory.mktemp("engine") / "course"))
    return course, run(course)


def test_points_and_comments_are_those_of_stock_nbgrader(done, course):
    (course, outcomes), other = done, course
    toy.hand_in_five(other)
    theirs = {outcome.student: outcome for outcome in stock.grade(other, toy.NAME, list(STUDENTS))}
    assert dump(course) == dump(other)
    for student, outcome in theirs.items():
        mine = outcomes[student]
        assert (mine.points, mine.maximum, mine.waiting) == (outcome.points, outcome.maximum, outcome.waiting)


def test_nbgraders_own_tools_take_the_result(done, tmp_path):
    course, _ = done
    found = course.call(lambda api: {"success": True, "rows": api.get_submissions(toy.NAME)})["rows"]
    assert {row["student"]: row["autograded"] for row in found} == dict.fromkeys(STUDENTS, True)
    scores = {row["student"]: row["score"] for row in found}
    assert scores == {student: sum(toy.MARKS[student]) for student in STUDENTS}
    aside = course.configured(CourseDirectory={"feedback_directory": str(tmp_path)})
    assert aside.call(lambda api: api.generate_feedback(toy.NAME, "right", force=True))["success"]
    assert export(course, toy.NAME, tmp_path / "marks.csv").rows == len(STUDENTS)


def test_each_test_cell_shows_a_table_and_bare_points_for_nbgrader(done):
    course, _ = done
    notebook = json.loads((course.folder("autograded", "wrong", toy.NAME) / "halves.ipynb").read_text())
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    (output,) = cells["spread-test"]["outputs"]
    assert output["data"]["text/plain"] == "1.0"
    assert "partial, 1 of 3 points" in output["data"]["text/html"]


def test_results_are_of_gradescopes_form_and_the_table_by_item_has_a_row_a_student_and_test(done):
    course, _ = done
    results = json.loads((course.home / "reports" / toy.NAME / "wrong" / "results.json").read_text())
    assert (results["score"], results["max_score"]) == (1, 6)
    assert {test["name"]: (test["score"], test["max_score"], test["status"]) for test in results["tests"]} == {
        "halves/half-test": (0, 2, "failed"),
        "halves/spread-test": (1, 3, "failed"),
        "halves/both-test": (0, 1, "failed"),
    }
    known = {"visible", "hidden", "after_published", "after_due_date"}
    assert {test["visibility"] for test in results["tests"]} <= known
    with (course.home / "reports" / "halves_items.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    points = {(row["student"], row["item"]): float(row["points"]) for row in rows}
    items = ("half-test", "spread-test", "both-test")
    assert points == {(who, item): toy.MARKS[who][i] for who in STUDENTS for i, item in enumerate(items)}


def test_a_changed_submission_or_seed_is_graded_anew_and_points_by_hand_are_kept(course):
    place = toy.submit(course, "bo", toy.answered(course, half=toy.RIGHT["half"], reflection="Because.")).parent
    (place / STAMP).write_text("2026-11-20 10:00:00 UTC")
    assert run(course)["bo"].waiting == 2
    by_hand(course, {"bo": 1.5}, comment="Good.")
    assert run(course)["bo"].skipped
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT, reflection="Because."))
    (again,) = run(course).values()
    assert (again.skipped, again.points, again.waiting) == (False, 7.5, 2)  # as formgrader: who marked looks again
    assert ("bo", "reflection", "Good.") in dump(course)[1]
    assert dump(course)[3] == [("bo", "2026-11-20 10:00:00")]
    assert not run(course, seed=1)["bo"].skipped
    assert not run(course, seed=1, force=True)["bo"].skipped


def test_the_students_files_lie_beside_the_notebook_and_the_courses_replace_them(course):
    place = toy.submit(course, "bo", toy.answered(course, **toy.RIGHT)).parent
    (place / "notes.txt").write_text("mine")
    (place / "values.csv").write_text("forged")
    (place / "link").symlink_to("/etc/passwd")
    outcome = run(course)["bo"]
    done = course.folder("autograded", "bo", toy.NAME)
    assert (done / "notes.txt").read_text() == "mine"
    assert (done / "values.csv").read_text() == "value\n1\n"
    assert not (done / "link").exists()
    assert "not taken, a link" in outcome.notes[0]


FORGED = "import builtins\n\n\ndef spread(values):\n    return type('All', (float,), {'__eq__': lambda a, b: True})(0)"


def test_a_mark_that_stock_nbgrader_wrote_since_is_not_taken_for_graded_earlier(course):
    toy.submit(course, "bo", toy.answered(course, half=toy.RIGHT["half"], spread=FORGED))
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    honest = {name: outcome.points for name, outcome in run(course).items()}
    assert course.call(lambda api: api.autograde(toy.NAME, "bo", force=True))["success"]
    again = run(course)
    assert {name: outcome.skipped for name, outcome in again.items()} == {"al": True, "bo": False}
    assert {name: outcome.points for name, outcome in again.items()} == honest
    assert run(course)["bo"].skipped


def test_changed_points_are_put_right_and_those_given_by_hand_are_kept(course):
    toy.submit(course, "bo", toy.answered(course, **toy.WRONG))
    run(course)
    with course.gradebook() as book:
        book.find_grade("half-test", toy.NAME, toy.NAME, "bo").auto_score = 2
        book.find_grade("spread-test", toy.NAME, toy.NAME, "bo").manual_score = 3
        book.db.commit()
    (again,) = run(course).values()
    assert (again.skipped, again.points) == (False, 3)
