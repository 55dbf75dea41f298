"""A changed test is tried on the class first: old beside new, marks by hand stand, nothing is written before --yes."""

import json
import shutil

import pytest
from sqlalchemy import text

from grader.errors import GraderError
from grader.grading.records import Options
from grader.workflow import regrade as work
from grader.workflow import stock
from grader.workflow.class_report import page
from grader.workflow.marks import catch_up, logged_marks
from grader.workflow.release import release
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, copied, disagreements, dump, edit_source, outputs, run
from tests.grader.grading.plain_grader import plain_worker
from tests.grader.grading.test_worker_pool import killed

EVERYONE = ["empty", "no-test", "right", "untouched", "wrong"]


@pytest.fixture
def course(marked):
    """A class that was graded."""
    return marked


def change(course, old, new):
    """A change of the source, released."""
    edit_source(course, old, new)
    release(course, toy.NAME)


def regrade(course, write=False, settings=None, said=None, force=False, **given):
    report = work.Report()
    options, say = Options(jobs=1, force=force), [].append if said is None else said.append
    students = work.chosen(course, toy.NAME, "*")
    list(work.regrade(course, toy.NAME, students, options, say, report, write, given, start=plain_worker(settings)))
    return report


def rows(report):
    return [
        (change.student, change.item.removeprefix("halves/"), change.old, change.new, change.by_hand)
        for change in report.changes
    ]


def test_a_dry_run_shows_what_changes_and_writes_nothing(course):
    change(course, "assert spread([half(2), half(6)]) == 2", "assert spread([half(2), half(6)]) == 0")
    before = dump(course), outputs(course), logged_marks(course, toy.NAME)
    report = regrade(course)
    assert rows(report) == [
        ("no-test", "both-test", 1, 0, None),
        ("right", "both-test", 1, 0, None),
        ("wrong", "both-test", 0, 1, None),
    ]
    assert {change.why for change in report.changes} == {"a test changed"}
    assert report.summary() == "1 up, 2 down, 2 the same; mean of 5 students: 2.60 before, 2.40 after."
    assert (dump(course), outputs(course), logged_marks(course, toy.NAME)) == before


def test_yes_records_what_the_dry_run_showed_without_running_it_again(course):
    change(course, "assert spread([half(2), half(6)]) == 2", "assert spread([half(2), half(6)]) == 0")
    shown = regrade(course)
    toy.submit(course, "wrong", toy.answered(course, **toy.RIGHT))
    written = regrade(course, write=True, settings={"faulty": [student for student in EVERYONE if student != "wrong"]})
    assert written.failures == {}
    assert (shown.ran, written.ran, written.kept, written.written) == (4, 1, 3, 4)  # one had nothing readable
    assert next(change for change in written.changes if change.student == "wrong").why == "a new text; a test changed"
    again = copied(course, course.root.with_name("alone"))
    assert regrade(course).ran == 0
    run(again, jobs=1, force=True)  # what grading everybody anew gives
    assert dump(course) == dump(again)
    changed = [
        mark for mark in logged_marks(course, toy.NAME) if mark.command == "regrade" and mark.after != mark.before
    ]
    assert len(changed) == 2 + 2  # right and no-test lose a point each; wrong wins two marks
    assert not list((course.home / "regrades").rglob("*.pickle"))


def test_a_mark_by_hand_stands_and_is_named_where_its_text_is_older(course):
    by_hand(course, {"right": 1.5}, "reflection")
    by_hand(course, {"wrong": 1.0}, "half-test")
    catch_up(course, toy.NAME, "export")
    toy.submit(course, "right", toy.answered(course, **toy.RIGHT, reflection="Another text."))
    change(course, "assert half(4) == 2", "assert half(6) == 3")
    report = regrade(course, write=True)
    older = "the mark by hand was given for an older text"
    assert [(change.student, change.item, change.by_hand, change.why) for change in report.changes] == [
        ("right", "halves/reflection", 1.5, f"a new text; a test changed; {older}"),
        ("wrong", "halves/half-test", 1.0, f"a test changed; {older}"),
    ]
    grades = {(who, item): by_hand for who, item, _, by_hand, _ in dump(course)[0] if by_hand is not None}
    assert grades == {("right", "reflection"): 1.5, ("wrong", "half-test"): 1.0}
    assert {change.why for change in regrade(course).changes} == {older}  # until a person looks again
    by_hand(course, {"wrong": 0.5}, "half-test")
    assert [change.student for change in regrade(course).changes] == ["right"]


def test_grade_names_the_command_once_the_hidden_tests_are_drawn_anew(course):
    """The secret is in no job's digest: grading leaves everyone alone, and says so."""
    change(course, "Do not change the tests.", "from grader.suites.reduce_latency import suite")
    first = []
    run(course, jobs=1, say=first.append)
    assert not any("tests have changed" in line for line in first)
    course.secret_file.unlink()  # public cases, which students know, would decide
    with pytest.raises(GraderError, match="is gone, and the marks that stand were given by hidden tests drawn with it"):
        run(course, jobs=1)
    with pytest.raises(GraderError, match="is gone"):
        next(stock.grade(course, toy.NAME, ["right"]))
    course.secret_file.write_text("1" * 64)
    course.secret_file.chmod(0o600)
    said = []
    assert all(outcome.skipped for outcome in run(course, jobs=1, say=said.append).values())
    told = "the tests have changed since 4 students were graded. What that would change: mlsd regrade halves"
    assert any(told in line for line in said)
    report = regrade(course, settings={"faulty": ["wrong"]})
    assert (report.ran, report.changes, sorted(report.failures)) == (3, [], ["wrong"])
    text = (course.home / "reports" / toy.NAME / "right" / "results.json").read_text()
    assert json.loads(text)["extra_data"]["decided"]["secret"] not in ("", "1" * 64)
    assert regrade(course, write=True).written == 4
    said.clear()
    run(course, jobs=1, say=said.append)
    assert not any("tests have changed" in line for line in said)


def test_the_limits_are_those_that_the_class_was_graded_with(course):
    run(course, jobs=1, timeout_s=7.0, seed=3)
    assert regrade(course).ran == 0
    report = regrade(course, seed=4)
    assert (report.ran, report.changes) == (5, [])
    assert regrade(course, force=True).ran == 5


def test_what_an_earlier_version_recorded_is_read_and_no_reason_to_grade_again(course):
    run(course, jobs=1)
    with course.gradebook() as book:
        for student, found in book.db.execute(text("SELECT student, results FROM mlsd_record")).all():
            results = json.loads(found)
            results["extra_data"]["limits"] |= {"require_sealed": False, "trust": "beside"}
            results["tests"][0]["tags"] += ["unsealed", "disputed"]
            results["tests"][0]["extra_data"]["disputed"] = "0 of 2 points apart, 2 of 2 points beside"
            changed = {"new": json.dumps(results), "student": student}
            book.db.execute(text("UPDATE mlsd_record SET results = :new WHERE student = :student"), changed)
        book.db.commit()
    assert regrade(course).ran == 0
    report = regrade(course, force=True)
    assert (report.ran, report.changes) == (5, [])
    assert page.write(course, toy.NAME).is_file()


def test_who_is_gone_or_was_never_graded_is_named(course):
    shutil.rmtree(course.folder("submitted", "wrong", toy.NAME))
    toy.submit(course, "new", toy.released(course))
    report = regrade(course, force=True, write=True)
    assert (list(report.failures), report.ungraded, report.written) == (["wrong"], ["new"], 4)
    assert "what was handed in is gone" in report.failures["wrong"]
    assert disagreements(course) == []


@pytest.mark.parametrize("fault", ["staged:1", "commit:1", "committed:1", "aside:2", "published:2"])
def test_a_kill_while_it_is_recorded_leaves_log_and_marks_agreeing(course, fault):
    change(course, "assert spread([half(2), half(6)]) == 2", "assert spread([half(2), half(6)]) == 0")
    undisturbed = copied(course, course.root.with_name("undisturbed"))
    regrade(course)
    assert killed(course, fault=fault, act=lambda: regrade(course, write=True))
    assert disagreements(course) == []
    regrade(course, write=True)
    regrade(undisturbed, write=True)
    assert (dump(course), outputs(course)) == (dump(undisturbed), outputs(undisturbed))
    assert disagreements(course) == []
