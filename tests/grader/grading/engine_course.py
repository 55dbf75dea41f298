"""Grading the toy course by plain workers, and what a gradebook and its outputs then hold."""

import shutil
from pathlib import Path

from typer.testing import CliRunner

from grader.course import Course
from grader.grading import batch
from grader.grading.batch import grade as with_engine
from grader.grading.output.gradebook import Book
from grader.grading.records import Options
from grader.workflow.marks import logged_marks
from mlsd.cli import app
from tests import toy_course as toy
from tests.grader.grading.plain_grader import plain_worker


def run(course, students=None, settings=None, say=lambda told: None, start=None, **options):
    """The outcomes by student."""
    students = batch.chosen(course, toy.NAME, "*") if students is None else students
    chosen = Options(**{"jobs": 2, **options})
    start = start or plain_worker(settings)
    outcomes = with_engine(course, toy.NAME, students, chosen, say, start=start)
    return {outcome.student: outcome for outcome in outcomes}


def edit_source(course, old, new):
    """Change a text in the exercise's source."""
    path = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def copied(course, place):
    """That course, in a folder of one's own."""
    return Course.open(shutil.copytree(course.root, place))


def mlsd(course, *words, catch_exceptions=False):
    """What a command of an instructor says of the course, and the status it ends with; an error of it is raised."""
    command = [*map(str, words), "--course", str(course.root)]
    return CliRunner().invoke(app, command, catch_exceptions=catch_exceptions)


def by_hand(course, points, item="reflection", comment=None, extra=None, of=(toy.NAME, toy.NAME)):
    """Give students points as formgrader does, the same comment and extra credit to each; `of`: notebook, exercise."""
    with course.gradebook() as book:
        for student, given in points.items():
            grade = book.find_grade(item, *of, student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = given, extra, False
            if comment:
                book.find_comment(item, *of, student).manual_comment = comment
        book.db.commit()


def charged(course):
    """What the deadlines charge each student, after they were applied."""
    with course.gradebook() as book:
        Book(course, book, toy.NAME).apply_deadlines(course.students(toy.NAME))
        submissions = book.assignment_submissions(toy.NAME)
        return {submission.student.id: submission.late_submission_penalty for submission in submissions}


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


def disagreements(course):
    """Automatic marks of the gradebook that are not what the log says last, and steps of the log that do not join."""
    chain, wrong = {}, []
    rows = logged_marks(course, toy.NAME)
    for row in (row for row in rows if row.way == "automatic"):
        key = (row.student, row.item)
        wrong += [row] if row.before != chain.get(key) or row.command not in ("grade", "regrade") else []
        chain[key] = row.after
    with course.gradebook() as book:
        for whole in book.assignment_submissions(toy.NAME):
            grades = [grade for notebook in whole.notebooks for grade in notebook.grades]
            wrong += [grade.name for grade in grades if grade.auto_score != chain.get((whole.student.id, grade.name))]
    return wrong


def outputs(course):
    """Every file of the output by relative name, with its content where that is the same each time."""
    found = {}
    for folder in (course.folder("autograded", ".", "."), course.home / "reports"):
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                timed = path.name == "results.json"
                found[path.relative_to(course.home).as_posix()] = "" if timed else path.read_bytes()
    return found
