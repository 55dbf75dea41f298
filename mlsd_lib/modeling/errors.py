"""The one error class of this room."""

from notebook_runner.errors import CourseError


class ModelingError(CourseError):
    """A model file that was changed, a version that is not in the registry, a folder without a complete run."""
