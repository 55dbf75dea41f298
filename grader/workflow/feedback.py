"""Feedback: nbgrader's HTML of each graded submission, with marks and comments as they stand in the gradebook.

Pages are made by workers (`grader.workflow.feedback_worker`) in a pool as grading's; one that dies or does not end
costs its student's page, no other. What must not be shown or run is taken out by `grader.workflow.feedback_page`.
"""

import os
import pickle
from collections.abc import Iterator
from functools import partial
from typing import Any

from grader.course import Course, reason
from grader.errors import GraderError
from grader.grading.batch import matching, processors
from grader.grading.output.gradebook import Book
from grader.grading.worker import Task
from grader.grading.worker_pool import Forked, Pool
from grader.workflow.feedback_worker import RECEIPT, Feedback, FeedbackSpec, work
from grader.workflow.marks import catch_up
from grader.workflow.release import local_exchange

MOST_S = 30.0  # and as long again before a worker is taken for stuck; a page takes a tenth of a second
PRELOADED = ["grader.workflow.feedback_preload"]


def graded_students(course: Course, name: str, pattern: str = "*") -> list[str]:
    """The students who match, of those whose submission of `name` was graded; also one whose graded notebook is away.

    Raises `GraderError` for none.
    """
    with course.gradebook() as book:
        course.require_known(book, name)
        recorded = Book(course, book, name).digests if os.access(course.database, os.W_OK) else {}
    students = sorted({*course.students(name, "autograded"), *recorded})
    if not students:
        raise GraderError(f"no submission of {name} was graded yet. First: {course.command(f'grade {name}')}")
    return matching(students, pattern, name)


def give_feedback(
    course: Course, name: str, students: list[str], jobs: int = 0, force: bool = False
) -> Iterator[Feedback]:
    """Each student's feedback as it is written, by `jobs` workers (0: one a processor).

    Pages that were made from the same notebook, marks, comments and code stay, unless `force`.
    """
    with course.gradebook():  # brings an older gradebook up to date, which workers only read
        pass
    catch_up(course, name, "feedback")
    tasks = [Task(student, course.folder("autograded", student, name)) for student in students]
    spec = FeedbackSpec(course.root, _sendable(course), name, force)
    with Pool(lambda core: Forked(core, PRELOADED, work, spec), jobs or processors(), MOST_S) as pool:
        for answers in pool.run(tasks):
            yield from (_feedback(answer) for answer in answers)


def publish_feedback(course: Course, name: str, students: list[str]) -> int:
    """For how many students JupyterLab now finds it: those who handed in through an exchange inside this course.

    Raises `GraderError` that names whose feedback nbgrader could not put out, after that of all others.
    """
    if local_exchange(course) is None:
        return 0
    through = [student for student in students if (course.folder("feedback", student, name) / RECEIPT).is_file()]
    if failed := course.call(partial(_release, name, through)):
        listed = "; ".join(f"{student}: {reason(result)}" for student, result in failed.items())
        raise GraderError(f"nbgrader could not put the feedback on {name} out of {listed}")
    return len(through)


def _feedback(answer: Any) -> Feedback:
    """A worker's answer, or what the pool says of a student whose worker was lost twice."""
    return answer if isinstance(answer, Feedback) else Feedback(answer.student, failure=answer.failure)


def _sendable(course: Course) -> Any:
    """The configuration as a worker gets it; a function in it cannot be sent, and the worker then reads the file."""
    try:
        pickle.dumps(course.config)
    except Exception:
        return None
    return course.config


def _release(name: str, students: list[str], api: Any) -> dict[str, Any]:
    """nbgrader's results, of the students whose feedback it could not put out."""
    results = {student: api.release_feedback(name, student) for student in students}
    return {student: result for student, result in results.items() if not result["success"]}
