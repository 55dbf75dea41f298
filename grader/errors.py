"""The one class of errors that the grader raises on purpose."""

from notebook_runner.errors import CourseError


class GraderError(CourseError):
    """An error of release, collecting, grading or reporting that names the thing, the rule and the fix."""
