"""Feedback: what a page holds back, who is left alone, what a lost worker costs."""

import json
import os
import signal
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.course import STAMP, Course
from grader.errors import GraderError
from grader.grading.output.html_cleaner import PAGE_CHARACTERS
from grader.grading.output.render import VERDICT
from grader.grading.records import HELD
from grader.workflow import feedback, feedback_worker
from grader.workflow.feedback_page import A_PERSON_LOOKS, CODE_CUT, HELD_BACK, FeedbackPage
from grader.workflow.feedback_worker import RECEIPT
from grader.workflow.release import publish
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, run


@pytest.fixture
def two(course):
    """Two students graded by the engine."""
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT, reflection="Because."))
    toy.submit(course, "al", toy.answered(course, **toy.WRONG))
    run(course)
    return course


def give(course: Course, **options: object) -> dict[str, feedback.Feedback]:
    return {outcome.student: outcome for outcome in feedback.give_feedback(course, toy.NAME, ["al", "bo"], **options)}


def page(course: Course, student: str) -> Path:
    return course.folder("feedback", student, toy.NAME) / f"{toy.NAME}.html"


def edit(course: Course, student: str, name: str, **changes: object) -> None:
    """Change a cell of the autograded notebook."""
    path = course.folder("autograded", student, toy.NAME) / f"{toy.NAME}.ipynb"
    notebook = json.loads(path.read_text())
    cell = next(cell for cell in notebook["cells"] if cell["id"] == name)
    cell["metadata"] |= changes.pop("metadata", {})
    cell.update(changes)
    path.chmod(0o644)
    path.write_text(json.dumps(notebook))


def skipped(course: Course) -> list[str]:
    return sorted(name for name, outcome in give(course).items() if outcome.skipped)


def test_who_has_not_changed_is_left_alone_and_their_page_stays_as_it_is(two):
    assert not any(outcome.skipped for outcome in give(two).values())
    before = page(two, "bo").read_bytes(), page(two, "bo").stat().st_mtime_ns
    assert skipped(two) == ["al", "bo"]
    assert (page(two, "bo").read_bytes(), page(two, "bo").stat().st_mtime_ns) == before
    assert not any(outcome.skipped for outcome in give(two, force=True).values())
    assert page(two, "bo").read_bytes() == before[0]


def test_the_page_of_a_student_whose_graded_notebook_is_away_stays(two):
    give(two)
    before = page(two, "bo").read_bytes()
    (folder := two.folder("autograded", "bo", toy.NAME)).rename(folder.with_name("aside"))
    done = give(two, force=True)
    assert not done["al"].failure
    assert feedback.graded_students(two, toy.NAME) == ["al", "bo"]
    assert f"{folder} holds no notebook. First: mlsd grade {toy.NAME}" in done["bo"].failure
    assert page(two, "bo").read_bytes() == before


def test_a_point_or_a_comment_by_hand_makes_the_page_anew(two):
    give(two)
    by_hand(two, {"bo": 1.5}, comment="Well *said*.")
    assert skipped(two) == ["al"]
    assert "Well <em>said</em>." in page(two, "bo").read_text()
    assert "Score: 1.5 / 2.0" in page(two, "bo").read_text()


def test_a_changed_notebook_or_page_makes_the_page_anew(two):
    give(two)
    edit(two, "bo", "half", source="# changed")
    assert skipped(two) == ["al"]
    page(two, "al").write_text("overwritten")
    assert skipped(two) == ["bo"]


def test_outputs_after_a_hidden_test_are_held_back_from_the_student(two):
    said = {"output_type": "stream", "name": "stdout", "text": "the hidden input is 17"}
    edit(two, "bo", "spread", outputs=[said], metadata={HELD: True})
    edit(two, "al", "spread", outputs=[said])
    give(two)
    assert "the hidden input is 17" in page(two, "al").read_text()
    assert "the hidden input is 17" not in page(two, "bo").read_text()
    assert HELD_BACK in page(two, "bo").read_text()


def test_a_page_runs_nothing_and_no_file_of_a_students_lies_beside_it(two):
    edit(two, "al", "reflection", source="*fine*\n\n<script>window.ran = 1</script>")
    (two.folder("autograded", "al", toy.NAME) / "page.html").write_text("<script>window.ran = 1</script>")
    give(two)
    html = page(two, "al").read_text()
    assert "default-src 'none'" in html
    assert "<em>fine</em>" in html
    assert "<script" not in html
    assert [path.name for path in page(two, "al").parent.glob("*.html")] == [page(two, "al").name]


def test_of_code_longer_than_anybody_writes_the_page_shows_the_beginning(two):
    """To colour it would take minutes, for which the class would wait."""
    edit(two, "bo", "half", source="first = 1\n" + "1\n" * 1_000_000)
    edit(two, "al", "half", source="whole = 1\n" + "1\n" * 1_000)
    assert [outcome.failure for outcome in give(two).values()] == ["", ""]
    shown = page(two, "bo").read_text()
    assert len(shown) < PAGE_CHARACTERS
    assert ("first" in shown, CODE_CUT.strip() in shown, "both-test" in shown) == (True, True, True)
    assert ("whole" in page(two, "al").read_text(), CODE_CUT.strip() in page(two, "al").read_text()) == (True, False)


def test_two_outcomes_that_an_earlier_version_recorded_are_not_fed_back(two):
    table = {"text/html": "<p>sealed: fail, beside: pass</p>", "text/plain": "0.0"}
    output = {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": table}
    edit(two, "bo", "half-test", outputs=[output], metadata={VERDICT: {"verdict": "fail", "disputed": True}})
    give(two)
    assert A_PERSON_LOOKS in page(two, "bo").read_text()
    assert "sealed: fail" not in page(two, "bo").read_text()


def test_one_whose_notebook_cannot_be_shown_is_named_and_the_others_get_their_pages(two):
    path = two.folder("autograded", "al", toy.NAME) / f"{toy.NAME}.ipynb"
    path.chmod(0o644)
    path.write_text("not a notebook")
    given = give(two)
    assert "NotJSONError" in given["al"].failure
    assert given["bo"].pages == [page(two, "bo")]


def dies_at_one(pipe: object, spec: object) -> None:
    """A worker that is killed by whatever "al" handed in."""

    class Deadly(feedback_worker.PageMaker):
        def give(self, student: str) -> feedback.Feedback:
            if student == "al":
                os.kill(os.getpid(), signal.SIGKILL)
            return super().give(student)

    feedback_worker.PageMaker = Deadly
    feedback_worker.work(pipe, spec)


def test_a_worker_that_is_killed_costs_the_page_that_it_was_at_and_no_other(two, monkeypatch):
    monkeypatch.setattr(feedback, "work", dies_at_one)
    given = give(two, jobs=1)
    assert "the grader's process ended (-9)" in given["al"].failure
    assert given["bo"].pages == [page(two, "bo")]


def test_a_worker_cannot_write_into_the_gradebook(two):
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    with feedback_worker.reading(two) as session:
        assert session.execute(text("select count(*) from grade")).scalar() > 0
        with pytest.raises(OperationalError, match="readonly"):
            session.execute(text("delete from grade"))


def test_a_text_that_is_remembered_gets_no_other_notebooks_picture_or_colours():
    pages = FeedbackPage(template_name="classic")
    made = {}
    for name, lexer in {"QUJD": "python3", "REVG": "r"}.items():
        text = new_markdown_cell("![mine](attachment:a.png)", attachments={"a.png": {"image/png": name}})
        notebook = new_notebook(cells=[text, new_code_cell("x <- 1")], metadata={"language_info": {"name": lexer}})
        made[name], _ = pages.from_notebook_node(notebook)
    assert "base64,QUJD" in made["QUJD"]
    assert "hl-python3" in made["QUJD"]
    assert "base64,REVG" in made["REVG"]
    assert "QUJD" not in made["REVG"]
    assert "hl-python3" not in made["REVG"]


def test_feedback_that_cannot_be_put_out_keeps_nobody_elses_back(two):
    publish(two, toy.NAME)
    for student in ("al", "bo"):
        (two.folder("autograded", student, toy.NAME) / RECEIPT).write_text(f"of {student}")
    give(two)
    (two.folder("feedback", "al", toy.NAME) / STAMP).unlink(missing_ok=True)
    (two.folder("feedback", "bo", toy.NAME) / STAMP).write_text("2026-11-20 08:00:00 UTC")
    with pytest.raises(GraderError, match=r"out of al: .*timestamp"):
        feedback.publish_feedback(two, toy.NAME, ["al", "bo"])
    there = two.home / "exchange" / "mlsd" / "feedback"
    assert [path.read_bytes() for path in there.glob("*.html")] == [page(two, "bo").read_bytes()]
