"""The one error class of this room."""

from notebook_runner.errors import CourseError


class SimulationError(CourseError):
    """A policy or scenario that is not known, a design that cannot be meant, a service that refuses a replay."""
