"""Names of exercises, students and notebooks: each names one folder or file, and none is a path.

Text from a command line, an address, an archive or a table becomes a `Name` where it comes in; `Course.folder` takes
nothing else. Nothing here knows which names there are.
"""

import re

from grader.errors import GraderError

STUDENT = re.compile(r"[\w.@-]{1,100}")
MOST_BYTES = 200  # of a name; files beside it get a longer one
SHOWN = 60  # characters of a refused name


class Name(str):
    """The name of one folder or file. Raises `GraderError` for other text; `what` says whose name it is to be."""

    __slots__ = ()

    def __new__(cls, text: str, what: str = "a name") -> "Name":
        if not is_name(text):
            raise GraderError(
                f"{what} is {text[:SHOWN]!r}; it must name one folder: no '/' or '\\', no sign that cannot be seen, "
                f"no '.', '-' or space at its beginning, at most {MOST_BYTES} bytes. Give the name without a path."
            )
        return super().__new__(cls, text)


def is_name(text: str) -> bool:
    """Whether the text names one folder or file, whatever folder it is looked for in."""
    if not text.isprintable() or not text or len(text.encode()) > MOST_BYTES:  # what cannot be encoded is not printable
        return False
    return text[0] not in ".- " and text[-1] != " " and text[1:2] != ":" and not {"/", "\\"} & {*text}


def is_student_id(text: str) -> bool:
    """Whether the text can be a student's id: a name of letters, digits, `.`, `_`, `-` and `@`."""
    return is_name(text) and STUDENT.fullmatch(text) is not None


def exercise_name(text: str) -> Name:
    """The name of an exercise as somebody typed it. Raises `GraderError` for a path."""
    return Name(text, "the exercise")
