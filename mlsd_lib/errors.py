"""The base of every error that this course raises on purpose.

Each package derives one class from it; the command line prints such an error without a traceback.
"""


class CourseError(Exception):
    """An error that names the thing, the value, the rule and the fix."""
