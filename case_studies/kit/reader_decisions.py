"""What a reader decides in a case study, looked over where it is typed. None always means the default."""

from numbers import Integral, Real

from mlsd_lib.lesson.reader import LessonError


def must_be_one_of(name: str, value: object, *allowed: object) -> None:
    """Raise `LessonError` unless the decision `name` is left open or has one of the `allowed` values."""
    if value is not None and value not in allowed:
        raise _refused(name, value, f"one of {', '.join(map(repr, allowed))}")


def must_be_number(name: str, value: object, least: float, most: float, whole: bool = False) -> None:
    """Raise `LessonError` unless the decision `name` is left open or a number from `least` to `most`."""
    given = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
    if value is not None and not (given and least <= value <= most):  # type: ignore[operator]
        raise _refused(name, value, f"a {'whole ' if whole else ''}number from {least:,} to {most:,}")


def _refused(name: str, value: object, rule: str) -> LessonError:
    return LessonError(
        f"{name} is {value!r}; it must be {rule}, or None for the default. Correct it and run this cell again."
    )
