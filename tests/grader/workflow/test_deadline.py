"""Due dates, extensions and penalties: set by commands or the configuration, charged without running code again."""

import json

import pytest
from nbformat import v4
from nbgrader.preprocessors import AssignLatePenalties

from grader.course import STAMP
from grader.errors import GraderError
from grader.grading.output.gradebook import Book
from grader.workflow import feedback, stock
from grader.workflow.deadline import extend, next_round, set_policy, shown
from grader.workflow.export import export
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, charged, copied, mlsd, run

STAMPS = {"early": "2027-01-15 22:59:00 UTC", "late": "2027-01-17 10:00:00 UTC", "later": "2027-01-20 10:00:00 UTC"}
DUE = {"due": "2027-01-15 23:59", "zone": "Europe/Berlin"}
PLUGIN = "grader.grading.output.late_penalty.LatePenalty"


def hand_in(course, student: str, stamp: str) -> None:
    (toy.submit(course, student, toy.answered(course, **toy.RIGHT)).parent / STAMP).write_text(stamp)


@pytest.fixture(scope="module")
def marked_once(released_once, tmp_path_factory):
    """Three students who handed in at different times and have 6 of 8 points; zoe is known and handed in nothing."""
    course = copied(released_once, tmp_path_factory.mktemp("deadline") / "course")
    for student, stamp in STAMPS.items():
        hand_in(course, student, stamp)
    with course.gradebook() as book:
        book.add_student("zoe")
    run(course)
    return course


def rounds(course) -> dict[str, int]:
    """The round in which each student was graded."""
    with course.gradebook() as book:
        results = [json.loads(text)["extra_data"] for text in Book(course, book, toy.NAME).all_results()]
    return {result["student"]: result["round"] for result in results}


def test_who_hands_in_after_feedback_is_told_of_and_meets_the_next_rounds_cases(marked):
    list(feedback.give_feedback(marked, toy.NAME, ["early"]))
    said = []
    toy.submit(marked, "early", toy.answered(marked, **{**toy.RIGHT, "half": "def half(x): return x / 2 + 1"}))
    run(marked, say=said.append)
    (told,) = [line for line in said if "after feedback" in line]
    assert told == (
        "1 handed in again after feedback, and met the same hidden tests. Release others before the next ones."
    )
    assert next_round(marked, toy.NAME) == 2
    toy.submit(marked, "late", toy.answered(marked, **{**toy.RIGHT, "half": "def half(x): return x / 2 + 2"}))
    toy.submit(marked, "new", toy.answered(marked, **toy.RIGHT))
    run(marked, force=True)
    assert rounds(marked) == {"early": 1, "late": 2, "later": 1, "new": 2}
    run(marked, force=True, timeout_s=20.0)
    assert rounds(marked) == {"early": 1, "late": 2, "later": 1, "new": 2}
    assert any(line.startswith("round      2") for line in shown(marked, toy.NAME))


def test_a_changed_deadline_or_extension_is_charged_without_running_code_again(marked):
    by_hand(marked, {"late": 1.5})
    set_policy(marked, toy.NAME, **DUE, late_days=1, penalty="10%/day")
    extend(marked, toy.NAME, "later", "2d")
    extend(marked, toy.NAME, "zoe", "1w")
    assert "2 submissions to be charged anew: mlsd grade halves" in shown(marked, toy.NAME)[-1]
    text: list[str] = []
    outcomes = run(marked, say=text.append)
    assert all(outcome.skipped for outcome in outcomes.values())
    assert "deadlines changed the late penalties of 2, in points: late 0.8, later 1.6" in text
    assert charged(marked) == {"early": 0, "late": pytest.approx(0.8), "later": pytest.approx(1.6)}
    hand_in(marked, "zoe", "2027-01-22 22:59:01 UTC")  # a second after her week; the first day late is free
    run(marked)
    with marked.gradebook() as book:
        zoe = book.find_submission(toy.NAME, "zoe")
        assert (str(zoe.duedate), zoe.late_submission_penalty) == ("2027-01-22 22:59:00", 0)
        assert book.find_grade("reflection", toy.NAME, toy.NAME, "late").manual_score == 1.5
    (page,) = feedback.give_feedback(marked, toy.NAME, ["later"])
    html = page.pages[0].read_text()
    assert "Handed in 2 days 11 hours late: received 2027-01-20 11:00 CET, due 2027-01-17 23:59 CET" in html
    assert "Penalty: 1.6 points." in html


def test_a_penalty_that_is_not_charged_yet_is_not_called_none(marked, tmp_path):
    set_policy(marked, toy.NAME, **DUE, penalty="10%/day")
    place = tmp_path / "moodle.csv"
    texts = []
    for step in (lambda: None, lambda: charged(marked)):
        step()
        export(marked, toy.NAME, place, "moodle")
        texts.append(place.read_text())
    assert [text.count("The penalty is still to be worked out") for text in texts] == [2, 0]
    assert [text.count("Penalty: ") for text in texts] == [0, 2]
    assert "no penalty" not in "".join(texts)
    list(feedback.give_feedback(marked, toy.NAME, ["late"], jobs=1))
    page = marked.folder("feedback", "late", toy.NAME) / f"{toy.NAME}.html"
    assert "Penalty: " in page.read_text()


def test_stock_grading_charges_the_same(marked):
    set_policy(marked, toy.NAME, **DUE, penalty="10%/day")
    assert "Penalty: 4 points. Not charged yet." in shown(marked, toy.NAME)[3]
    assert all(outcome.skipped for outcome in stock.grade(marked, toy.NAME, sorted(STAMPS)))
    with marked.gradebook() as book:
        assert book.find_submission(toy.NAME, "later").late_submission_penalty == pytest.approx(4)


def test_what_is_not_named_stays_and_nothing_is_charged_without_a_due_date(marked):
    set_policy(marked, toy.NAME, **DUE, penalty="10%/day")
    assert charged(marked) == {"early": 0, "late": pytest.approx(1.6), "later": pytest.approx(4)}
    set_policy(marked, toy.NAME, late_days=2)
    with marked.gradebook() as book:
        assert Book(marked, book, toy.NAME).apply_deadlines(["late"]) == {"late": 0}
        assert book.find_submission(toy.NAME, "later").late_submission_penalty == pytest.approx(4)
    assert charged(marked)["later"] == pytest.approx(2.4)
    set_policy(marked, toy.NAME, penalty="50%")
    assert charged(marked) == {"early": 0, "late": 0, "later": 4}
    set_policy(marked, toy.NAME, penalty="100%/day")
    assert charged(marked)["later"] == 6  # no more than there is
    extend(marked, toy.NAME, "later", "5d")
    assert charged(marked)["later"] == 0
    extend(marked, toy.NAME, "later", "0")
    assert charged(marked)["later"] == 6
    extend(marked, toy.NAME, "later", "1h")
    set_policy(marked, toy.NAME, due="none")
    assert charged(marked) == {"early": 0, "late": 0, "later": 0}


def test_the_configuration_says_it_for_all_and_a_command_for_one(marked):
    late = {"timezone": "Europe/Berlin", "penalty": "10%/day", "due": {toy.NAME: DUE["due"]}}
    configured = marked.configured(LatePenalty=late)
    assert charged(configured)["late"] == pytest.approx(1.6)
    with marked.gradebook() as book:
        assert str(book.find_assignment(toy.NAME).duedate) == "2027-01-15 22:59:00"
    set_policy(configured, toy.NAME, due="2027-01-17 23:59", penalty="25%/day")
    assert charged(configured) == {"early": 0, "late": 0, "later": 6}


def test_a_plugin_that_the_course_configured_wins(marked):
    set_policy(marked, toy.NAME, **DUE, penalty="10%/day")
    own = marked.configured(LateSubmissionPlugin={"penalty_method": "zero"})
    assert charged(own) == {"early": 0, "late": 6, "later": 6}
    assert "the course's own plugin" in shown(own, toy.NAME)[1]


def test_nbgraders_own_step_charges_the_same_with_our_plugin(marked):
    set_policy(marked, toy.NAME, **DUE, penalty="10%/day")
    extend(marked, toy.NAME, "later", "1d")
    wanted = charged(marked)
    ours = marked.configured(AssignLatePenalties={"plugin_class": PLUGIN})
    for student in STAMPS:
        names = {"notebook": toy.NAME, "assignment": toy.NAME, "student": student}
        resources = {"nbgrader": names | {"db_url": marked.directory.db_url}}
        AssignLatePenalties(config=ours.config).preprocess(v4.new_notebook(), resources)
    with marked.gradebook() as book:
        submissions = book.assignment_submissions(toy.NAME)
        assert {submission.student.id: submission.late_submission_penalty for submission in submissions} == wanted
    assert charged(ours) == wanted


def test_an_extension_for_nobody_a_zone_alone_and_a_date_without_one_are_refused(marked):
    with pytest.raises(GraderError, match="whose clock is '2027-01-15 23:59' of"):
        set_policy(marked, toy.NAME, due="2027-01-15 23:59")
    assert shown(marked, toy.NAME)[:2] == ["halves: no due date", "late: no penalty"]
    with pytest.raises(GraderError, match=r"knows a student 'latter'\. Was later or late meant\?"):
        extend(marked, toy.NAME, "latter", "2d")
    set_policy(marked, toy.NAME, **DUE)
    with pytest.raises(GraderError, match="leave the due date where it was"):
        set_policy(marked, toy.NAME, zone="UTC")


def test_the_command_shows_everything_with_its_time_zone(marked):
    policy = ["--due", DUE["due"], "--timezone", DUE["zone"], "--late-days", "1", "--penalty", "10%/day"]
    for words in (policy, ["--student", "zoe", "--extend", "2d"], []):
        lines = mlsd(marked, "deadline", toy.NAME, *words).output.splitlines()
    assert lines[0] == "halves: due 2027-01-15 23:59 CET (Europe/Berlin), 2027-01-15 22:59:00 UTC"
    assert lines[1] == "late: 1 day free, then 10% of the maximum for each day begun"
    assert lines[2] == "extension  zoe: 2d, until 2027-01-17 23:59 CET, nothing handed in yet"
    assert lines[3].startswith("late       late: Handed in 1 day 11 hours late: received 2027-01-17 11:00 CET")
