"""Grading a class, fed back and exported: exact marks for each kind of submission, none of which ends the batch."""

import json

import pytest

from grader.errors import GraderError
from grader.grading import batch
from grader.workflow import release, stock
from grader.workflow.stock_execute import ExecuteToTheEnd
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, dump, edit_source, run

ITEMS = ("half-test", "spread-test", "both-test")


NOTES = {
    "empty": ["halves: the file is empty (0 bytes); it earned no points"],
    "no-test": ["halves: the test cell 'spread-test' was missing; it was put back"],
    "endless": [
        "halves.ipynb: the cell 'spread-test': stopped after 2 seconds",
        "halves.ipynb: the cell 'both-test': stopped after 2 seconds",
    ],
    "deadly": [
        "halves.ipynb: the cell 'spread-test': the kernel died in this cell",
        "halves.ipynb: the cell 'both-test': not run: the kernel died in an earlier cell",
    ],
}


@pytest.mark.parametrize("student", toy.MARKS)
def test_each_student_gets_exactly_their_marks_and_a_page_and_who_needs_a_look_is_told_why(graded, student):
    course, outcomes, pages = graded
    outcome, marks = outcomes[student], toy.MARKS[student]
    points = {name: automatic for who, name, automatic, _, _ in dump(course)[0] if who == student}
    assert tuple(points[item] for item in ITEMS) == marks
    assert (outcome.points, outcome.maximum, outcome.failure) == (sum(marks), 8, "")
    assert outcome.waiting == (2 if student == "right" else 0)  # an answer in words waits for a person
    if student == "stubborn":  # its kernel swallows interrupts
        assert "the cell 'spread-test'" in outcome.notes[0]
    else:
        assert outcome.notes == NOTES.get(student, [])
    assert pages[student].failure == ""
    html = pages[student].pages[0].read_text()
    assert f"(Score: {float(sum(marks))} / 8.0)" in html
    assert ("From the grader" in html) >= (student in ("empty", "no-test"))
    assert ("stopped after 2 seconds" in html) == (student in ("endless", "stubborn"))
    assert "KeyboardInterrupt" not in html


def test_grading_again_changes_nothing_and_repeats_who_needs_a_look(graded, graded_own):
    course, outcomes = graded_own, graded[1]
    before = dump(course)
    again = {outcome.student: outcome for outcome in stock.grade(course, toy.NAME, batch.chosen(course, toy.NAME, "*"))}
    for name, outcome in outcomes.items():
        assert (again[name].skipped, again[name].notes) == (True, outcome.notes)
    assert dump(course) == before


def test_a_kernel_that_did_not_start_costs_no_student_a_mark(course, monkeypatch):
    """As when another program binds one of its ports first."""
    starts, start = [], ExecuteToTheEnd.start_new_kernel

    def second_time_only(self, **options):
        starts.append(self)
        if len(starts) == 1:
            raise RuntimeError("Kernel died before replying to kernel_info")
        start(self, **options)

    monkeypatch.setattr(ExecuteToTheEnd, "start_new_kernel", second_time_only)
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    (outcome,) = stock.grade(course, toy.NAME, ["bo"])
    assert (outcome.points, outcome.failure) == (6, "")


FORMS = {
    "another encoding": ("halves.ipynb", lambda nb: json.dumps(nb).encode("utf-16")),
    "metadata lost": ("halves.ipynb", lambda nb: stripped(nb)),
    "another name": ("halves (1).ipynb", lambda nb: json.dumps(nb).encode()),
    "cut off": ("halves.ipynb", lambda nb: json.dumps(nb).encode()[: json.dumps(nb).index('"metadata": {"kernelspec')]),
}


def stripped(notebook):
    return json.dumps(notebook | {"cells": [cell | {"metadata": {}} for cell in notebook["cells"]]}).encode()


@pytest.mark.parametrize(("name", "form"), FORMS.values(), ids=FORMS)
def test_what_was_handed_in_is_rebuilt_as_the_engine_does_it(course, name, form):
    path = toy.submit(course, "bo", form(toy.answered(course, **toy.RIGHT)))
    path.rename(path.with_name(name))
    (by_stock,) = stock.grade(course, toy.NAME, ["bo"])
    by_engine = run(course, ["bo"])["bo"]
    assert (by_stock.points, by_stock.notes) == (6, by_engine.notes)


def test_of_a_notebook_that_nobody_can_read_no_test_is_run(course):
    """A test that the starter passes would otherwise give points for nothing."""
    edit_source(course, "assert spread([half(2), half(6)]) == 2", "assert True")
    release.release(course, toy.NAME)
    toy.submit(course, "bo", b"%PDF-1.7")
    toy.submit(course, "untouched", toy.released(course))
    bo, untouched = stock.grade(course, toy.NAME, ["bo", "untouched"])
    assert (bo.points, bo.waiting, untouched.points) == (0, 0, 1)
    assert bo.notes == ["halves: the file is not a notebook (it is not JSON); it earned no points"]


def test_a_newer_submission_is_graded_and_a_point_by_hand_is_kept(course):
    place = toy.submit(course, "bo", toy.answered(course, half=toy.RIGHT["half"], reflection="Because.")).parent
    (place / stock.STAMP).write_text("2026-11-20 10:00:00 UTC")
    list(stock.grade(course, toy.NAME, ["bo"]))
    by_hand(course, {"bo": 1.5})
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT, reflection="Because."))
    (place / stock.STAMP).write_text("2026-11-21 10:00:00 UTC")
    (again,) = stock.grade(course, toy.NAME, ["bo"])
    assert (again.skipped, again.points) == (False, 7.5)


def test_what_nobody_handed_in_is_said(course):
    with pytest.raises(GraderError, match="First: mlsd collect halves"):
        batch.chosen(course, toy.NAME, "*")
