"""The one error class of this room."""

from notebook_runner.errors import CourseError


class OperationsError(CourseError):
    """A monitor without enough clean windows, a version that is not in the registry, nothing to roll back to."""
