"""Feedback: nbgrader's HTML of each graded submission, with marks and comments as they stand in the gradebook.

What must not be shown or run is taken out by `grader.workflow.feedback_page`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from grader.course import STAMP, Course, reason
from grader.errors import GraderError
from grader.workflow.release import local_exchange

RECEIPT = "submission_secret.txt"


@dataclass
class Feedback:
    """Where one student's HTML lies, or why there is none."""

    student: str
    pages: list[Path] = field(default_factory=list)
    failure: str = ""


def graded_students(course: Course, name: str) -> list[str]:
    """The students whose submission of `name` was graded. Raises `GraderError` if there are none."""
    students = course.students(name, "autograded")
    if not students:
        raise GraderError(f"no submission of {name} was graded yet. First: mlsd grade {name}")
    return students


def give_feedback(course: Course, name: str, students: list[str]) -> Iterator[Feedback]:
    """Each student's feedback as it is written; always anew, because marks by hand change it."""
    harmless = _harmless(course)
    for student in students:
        result = harmless.call(partial(_generate, name, student))
        one = Feedback(student)
        if result["success"]:
            _only_pages(course, name, student)
            one.pages = sorted(course.folder("feedback", student, name).glob("*.html"))
        else:
            one.failure = reason(result)
        yield one


def publish_feedback(course: Course, name: str, students: list[str]) -> int:
    """For how many students JupyterLab now finds it: those who handed in through an exchange inside this course."""
    if local_exchange(course) is None:
        return 0
    through = [one for one in students if (course.folder("feedback", one, name) / RECEIPT).is_file()]
    for student in through:
        result = course.call(partial(_release, name, student))
        if not result["success"]:
            raise GraderError(f"nbgrader could not put the feedback on {name} of {student} out: {reason(result)}")
    return len(through)


def _only_pages(course: Course, name: str, student: str) -> None:
    """Take out what nbgrader copied beside the pages: files of the student's, which may be pages that run something."""
    notebooks = course.folder("autograded", student, name).glob("*.ipynb")
    kept = {RECEIPT, STAMP, *(f"{one.stem}.html" for one in notebooks)}
    place = course.folder("feedback", student, name)
    for path in sorted(place.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        elif path.parent != place or path.name not in kept:
            path.unlink()


def _harmless(course: Course) -> Course:
    """The course configured so that nbgrader's pages show no hidden test and hold nothing that runs."""
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
    from nbgrader.preprocessors import GetGrades

    from grader.grading.intake.instructor_notebook import hidden_marks
    from grader.workflow.feedback_page import FeedbackPage, Harmless

    begin, end = hidden_marks(course)
    steps = [GetGrades, Harmless, CSSHTMLHeaderPreprocessor]
    return course.configured(
        GenerateFeedback={"preprocessors": steps, "exporter_class": FeedbackPage},
        Harmless={"begin": begin, "end": end},
    )


def _generate(name: str, student: str, api: Any) -> dict[str, Any]:
    result: dict[str, Any] = api.generate_feedback(name, student, force=True)
    return result


def _release(name: str, student: str, api: Any) -> dict[str, Any]:
    result: dict[str, Any] = api.release_feedback(name, student)
    return result
