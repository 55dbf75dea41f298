"""Late days over a term: what is taken where, what is left, and that no command takes a day twice."""

import csv
import json

import pytest

from grader.course import STAMP
from grader.grading.output.lateness import deadlines
from grader.workflow.deadline import extend, set_policy, shown
from grader.workflow.late_days import set_budget, take_late_days, taken
from tests import toy_course as toy
from tests.grader.grading.engine_course import charged, copied, mlsd, run

FIRST, SECOND = "2027-01-15 23:59", "2027-02-15 23:59"


def hand_in(course, name: str, student: str, stamp: str) -> None:
    place = course.folder("submitted", student, name)
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.ipynb").write_text(json.dumps(toy.answered(course, **toy.RIGHT)))
    (place / STAMP).write_text(stamp)


@pytest.fixture
def course(released_once, tmp_path):
    """Two exercises that are due a month apart and cost a tenth a day; three late days for the term."""
    course = copied(released_once, tmp_path / "course")
    with course.gradebook() as book:
        book.add_assignment("thirds")
    for name, due in ((toy.NAME, FIRST), ("thirds", SECOND)):
        set_policy(course, name, due, "UTC", penalty="10%/day")
    set_budget(course, 3)
    return course


def days(course, name: str = "") -> dict[str, tuple[int, int]]:
    take_late_days(course)
    with course.gradebook() as book:
        return {who: (account.days, account.left) for who, account in taken(book.db.connection(), name).items()}


def extensions(course, name: str = toy.NAME) -> dict[str, str]:
    with course.gradebook() as book:
        return deadlines(book.db.connection(), course.config, name, None).extensions


def test_exercises_take_days_in_the_order_of_their_due_dates_until_none_is_left(course):
    hand_in(course, "thirds", "ann", "2027-02-18 12:00:00 UTC")  # three days begun, and one is left
    hand_in(course, toy.NAME, "ann", "2027-01-17 10:00:00 UTC")  # two days begun
    hand_in(course, toy.NAME, "bob", "2027-01-15 23:59:00 UTC")
    assert days(course, toy.NAME) == {"ann": (2, 0)}
    assert days(course, "thirds") == {"ann": (1, 0)}
    assert (extensions(course), extensions(course, "thirds")) == ({"ann": "2d"}, {"ann": "1d"})


@pytest.mark.parametrize(
    "stamp", [bytes(range(128, 256)), b"yesterday", b"Tue", b"10:00", b"9999-12-31 23:59:59 UTC", b"0001-01-01 +1400"]
)
def test_a_time_stamp_that_no_clock_wrote_stops_nobodys_late_days_and_no_mark(course, stamp):
    hand_in(course, toy.NAME, "ann", "2027-01-17 10:00:00 UTC")
    hand_in(course, toy.NAME, "eve", "")
    (course.folder("submitted", "eve", toy.NAME) / STAMP).write_bytes(stamp)
    assert days(course)["ann"] == (2, 1)
    assert [outcome.failure for outcome in run(course).values()] == ["", ""]
    with course.gradebook() as book:
        due = book.find_assignment(toy.NAME).duedate
        known = deadlines(book.db.connection(), course.config, toy.NAME, due)
        handed_in = {one.student.id: one for one in book.assignment_submissions(toy.NAME)}
        told = {student: known.told_of(student, one) for student, one in handed_in.items()}
        assert (handed_in["eve"].timestamp is None) != stamp.startswith(b"9999")
    assert (told["ann"], bool(told["eve"])) == ("", stamp.startswith(b"9999"))


def test_only_what_the_days_do_not_cover_is_charged_and_a_regrade_takes_no_day_again(course):
    hand_in(course, toy.NAME, "ann", "2027-01-17 10:00:00 UTC")
    hand_in(course, toy.NAME, "bob", "2027-01-20 10:00:00 UTC")  # five days begun, three covered
    for force in (False, True):
        take_late_days(course)
        run(course, force=force)
        assert charged(course) == {"ann": 0.0, "bob": pytest.approx(1.6)}  # of 8 points, a tenth for each of two days
    assert days(course) == {"ann": (2, 1), "bob": (3, 0)}


def test_an_extension_that_a_person_gives_saves_days_and_stays_when_the_budget_goes(course):
    hand_in(course, toy.NAME, "ann", "2027-01-17 10:00:00 UTC")
    assert days(course) == {"ann": (2, 1)}
    extend(course, toy.NAME, "ann", "1d")
    assert days(course) == {"ann": (1, 2)}
    assert extensions(course) == {"ann": "2d"}
    assert "1 late day of 3 taken for this, 2 left in the term" in "\n".join(shown(course, toy.NAME))
    hand_in(course, toy.NAME, "ann", "2027-01-16 10:00:00 UTC")  # the time is corrected
    assert (days(course), extensions(course)) == ({}, {"ann": "1d"})
    set_budget(course, 0)
    assert (days(course), extensions(course)) == ({}, {"ann": "1d"})


@pytest.mark.parametrize(("penalty", "wanted"), [("0%", {}), ("50%", {"ann": (2, 1)})])
def test_days_are_taken_only_where_they_save_points(course, penalty, wanted):
    set_policy(course, toy.NAME, penalty=penalty)
    hand_in(course, toy.NAME, "ann", "2027-01-17 10:00:00 UTC")
    hand_in(course, toy.NAME, "bob", "2027-01-25 10:00:00 UTC")  # a penalty that is charged once is not avoided
    assert days(course) == wanted


def test_commands_say_who_took_how_many(course, tmp_path):
    hand_in(course, toy.NAME, "ann", "2027-01-17 10:00:00 UTC")
    run(course)
    assert mlsd(course, "deadline", "--late-days", "4").output.splitlines() == [
        "late days for the term: 4 a student, 1 have taken some",
        f"ann: {toy.NAME} 2; 2 left",
    ]
    mlsd(course, "grade", toy.NAME)
    mlsd(course, "export", toy.NAME, "--to", tmp_path / "marks.csv")
    row = next(csv.DictReader((tmp_path / "marks.csv").open()))
    assert (row["late_days_used"], row["late_days_left"], row["late_submission_penalty"]) == ("2", "2", "0.0")
    mlsd(course, "feedback", toy.NAME)
    page = (course.folder("feedback", "ann", toy.NAME) / f"{toy.NAME}.html").read_text()
    assert "2 late days of 4 taken for this, 2 left in the term." in page
