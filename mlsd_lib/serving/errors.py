"""The one error class of this room."""

from notebook_runner.errors import CourseError


class ServingError(CourseError):
    """A server that does not start, a load test pointed at the wrong host, a service put together wrongly."""
