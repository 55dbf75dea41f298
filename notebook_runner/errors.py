"""The base of every error that this course raises on purpose.

Each package derives one class from it; the command line prints such an error without a traceback.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from notebook_runner.visible import visible


class CourseError(Exception):
    """An error that names the thing, the value, the rule and the fix; what could steer a terminal is written out."""

    def __str__(self) -> str:
        return visible(super().__str__())


def was_meant(name: str, known: Iterable[str] | Mapping[str, str]) -> str:
    """The question which of `known` was meant by a name that is like some of them; empty where none is.

    A mapping holds the name of each under what people may write for it.
    """
    names = known if isinstance(known, Mapping) else {each: each for each in known}
    written = {each.casefold(): meant for each, meant in names.items()}
    alike = dict.fromkeys(written[each] for each in get_close_matches(name.casefold(), written, n=3, cutoff=0.7))
    return f"Was {' or '.join(alike)} meant?" if alike else ""


def require_one_of(what: str, value: object, known: Iterable[object], error: type[CourseError]) -> None:
    """Raises `error` unless `value` is one of `known`, two or more; the message says which there are."""
    *first, last = (repr(choice) for choice in known)
    if repr(value) not in (*first, last):
        raise error(f"{what} is {value!r}; it must be {', '.join(first)} or {last}.")
