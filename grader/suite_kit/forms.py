"""The form of calls that a student's tests make, held to before an object sees them, and refused in words of its own.

An object with a bug must not be recognised by what it says of a bad call. A form is a function of what a
value is called and the value: it gives a copy as plain data, or raises ValueError.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

FARTHEST = 2**62
Form = Callable[[str, Any], Any]


def text(what: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError(f"{what} must be a string, not {_kind(value)}")
    return str(value)


def seconds(what: str, value: Any) -> int:
    """A whole number of seconds, also as a float or a number of numpy's."""
    if not is_whole(value) and not (isinstance(value, float | np.floating) and float(value).is_integer()):
        raise ValueError(f"{what} must be whole seconds, not {_kind(value)}")
    if abs(int(value)) > FARTHEST:
        raise ValueError(f"{what} must be at most 2**62 seconds from 0")
    return int(value)


def plain_value(what: str, value: Any) -> Any:
    """None, a bool, text, or a finite number."""
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is not None and not isinstance(plain, bool | int | float | str):
        raise ValueError(f"{what} must be a plain value or None, not {_kind(value)}")
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ValueError(f"{what} must be finite, not {plain}")
    return plain


def is_whole(value: Any) -> bool:
    """Whether it is an integer, and no bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def optional(form: Form) -> Form:
    """None, or what `form` says."""
    return lambda what, value: None if value is None else form(what, value)


def list_of(each: Form, called: str = "each") -> Form:
    """A list; each of its values is `called` so."""

    def form(what: str, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{what} must be a list, not {_kind(value)}")
        return [each(called, part) for part in value]

    return form


def record(wanted: Mapping[str, Form], allowed: Mapping[str, Form] = {}, rest: Form | None = None) -> Form:
    """A dictionary with all `wanted` keys; of others those `allowed`, or all in the form of `rest`."""

    def form(what: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise ValueError(f"{what} must be a dictionary with names, not {_kind(value)}")
        for name in wanted:
            if name not in value:
                raise ValueError(f"{what} must have {' and '.join(wanted)}; {name} is missing")
        known = {**wanted, **allowed}
        held = {name: known[name](name, value[name]) for name in known if name in value}
        if rest is not None:
            held |= {name: rest("a value", part) for name, part in value.items() if name not in known}
        return held

    return form


def _kind(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.40}" if isinstance(value, int | float | str) else type(value).__name__


class Rules(Protocol):
    """What is known of one object from the calls that were done on it, by the rules of the task."""

    def refusal(self, method: str, arguments: tuple[Any, ...]) -> Exception | None:
        """Why every object refuses a well-formed call, None if it is to be done."""

    def note(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Keeps what a call that was done has changed."""


class InTests:
    """An object in the hands of a student's tests: asked also what it must refuse, for it may not.

    Where it refuses that, it does so in the words of all. `forms` are those of the arguments, by method.
    """

    def __init__(self, kind: str, target: Any, forms: Mapping[str, Mapping[str, Form]], rules: Rules) -> None:
        self.kind, self.target, self.forms, self.rules = kind, target, forms, rules

    def call(self, method: str, arguments: Sequence[Any]) -> Any:
        """One operation.

        Raises AttributeError for a method that no object has, ValueError for arguments of another form.
        """
        plain = self._well_formed(method, arguments)
        refused = self.rules.refusal(method, plain)
        try:
            given = getattr(self.target, method)(*plain)
        except NotImplementedError:
            raise
        except Exception:
            if refused is None:
                raise
            raise refused from None
        self.rules.note(method, plain)
        return given

    def _well_formed(self, method: str, arguments: Sequence[Any]) -> tuple[Any, ...]:
        if method not in self.forms:
            raise AttributeError(f"a {self.kind} has no method {method!r}; it has {', '.join(self.forms)}")
        names = self.forms[method]
        if not isinstance(arguments, list | tuple) or len(arguments) != len(names):
            raise ValueError(f"{method} takes {len(names)} arguments: {', '.join(names)}")
        return tuple(form(name, argument) for (name, form), argument in zip(names.items(), arguments, strict=True))
