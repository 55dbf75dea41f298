"""The one error class of this room."""

from mlsd_lib.errors import CourseError


class SimulationError(CourseError):
    """A policy that is not known, a service that refuses what is replayed to it."""
