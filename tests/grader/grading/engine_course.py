"""Grading the toy course by plain workers, and what a gradebook and its outputs then hold."""

from pathlib import Path

from grader.grading import batch
from grader.grading.batch import grade as with_engine
from grader.grading.records import Options
from tests import toy_course as toy
from tests.grader.grading.plain_grader import plain_worker


def run(course, students=None, settings=None, say=lambda told: None, start=None, **options):
    """The outcomes by student."""
    students = batch.chosen(course, toy.NAME, "*") if students is None else students
    chosen = Options(**{"jobs": 2, **options})
    start = start or plain_worker(settings)
    outcomes = with_engine(course, toy.NAME, students, chosen, say, start=start)
    return {outcome.student: outcome for outcome in outcomes}


def hand_in(course):
    """Five students who differ."""
    toy.submit(course, "right", toy.answered(course, **toy.RIGHT, reflection="Because / divides."))
    toy.submit(course, "wrong", toy.answered(course, **toy.WRONG))
    toy.submit(course, "untouched", toy.released(course))
    toy.submit(course, "empty", b"")
    toy.submit(course, "no-test", toy.without(toy.answered(course, **toy.RIGHT), "spread-test"))


def dump(course):
    """The gradebook: student, item, automatic points, by hand, open; student, item, comment; penalties, time stamps."""
    with course.gradebook() as book:
        submissions = book.assignment_submissions(toy.NAME)
        notebooks = [notebook for submission in submissions for notebook in submission.notebooks]
        grades = [
            (notebook.student.id, grade.name, grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for notebook in notebooks
            for grade in notebook.grades
        ]
        comments = [
            (notebook.student.id, comment.name, comment.comment)
            for notebook in notebooks
            for comment in notebook.comments
        ]
        extra = [(notebook.student.id, notebook.late_submission_penalty, notebook.flagged) for notebook in notebooks]
        stamps = [(submission.student.id, str(submission.timestamp)) for submission in submissions]
    return [sorted(rows, key=str) for rows in (grades, comments, extra, stamps)]


def outputs(course):
    """Every file of the output by relative name, with its content where that is the same each time."""
    found = {}
    for folder in (course.folder("autograded", ".", "."), course.home / "reports"):
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                timed = path.name == "results.json"
                found[path.relative_to(course.home).as_posix()] = "" if timed else path.read_bytes()
    return found
