"""What a request to a store must look like, and the words in which every store that a test gets refuses another.

A store with a bug must not be told from a right one by what it says of a bad request, so a request is held to its form
here before a store sees it, and where a store refuses it by a rule, the words are those from here.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Row = dict[str, Any]
Views = dict[str, dict[str, Any]]  # columns with their defaults, by view
FARTHEST_S = 2**62
PLACES = ("entity", "event_s")
FORMS = {
    "define": ("view", "columns", "time_to_live_s"),
    "write": ("view", "rows", "known_s"),
    "as_of": ("view", "requests"),
    "materialise": ("view", "now_s"),
    "online": ("view", "entity", "now_s"),
    "add_column": ("view", "column", "default"),
    "backfill": ("view", "rows", "known_s"),
}


def well_formed(method: str, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments as copies that are a store's own, times as whole numbers, values plain.

    Raises AttributeError for a method that no store has, ValueError for arguments of another form.
    """
    if method not in FORMS:
        raise AttributeError(f"a store has no method {method!r}; it has {', '.join(FORMS)}")
    names = FORMS[method]
    if not isinstance(arguments, list | tuple) or len(arguments) != len(names):
        raise ValueError(f"{method} takes {len(names)} arguments: {', '.join(names)}")
    return tuple(_PARTS[name](name, one) for name, one in zip(names, arguments, strict=True))


def refusal(method: str, arguments: tuple[Any, ...], views: Views) -> Exception | None:
    """Why the rules of the task have every store refuse a well-formed request, None if it is to be done."""
    view, *rest = arguments
    if method == "define":
        return None
    if view not in views:
        return KeyError(f"no view is called {view!r}: define it first")
    if method in ("write", "backfill"):
        unknown = [column for row in rest[0] for column in row if column not in (*PLACES, *views[view])]
        return ValueError(f"the view {view!r} has no column {unknown[0]!r}: add it first") if unknown else None
    if method == "add_column" and rest[0] in views[view] and views[view][rest[0]] != rest[1]:
        return ValueError(f"the view {view!r} has a column {rest[0]!r} with another default: take another name")
    return None


def note(method: str, arguments: tuple[Any, ...], views: Views) -> None:
    """Keeps in `views` what a request that was done has changed there."""
    view, *rest = arguments
    if method == "define":
        views[view] = dict.fromkeys(rest[0])
    elif method == "add_column":
        views[view].setdefault(rest[0], rest[1])


class TestedStore:
    """A store in the hands of a student's tests: asked also what it must refuse, for it may not.

    Where it refuses that, it does so in the words of all stores.
    """

    def __init__(self, store: Any) -> None:
        self.store = store
        self.views: Views = {}

    def call(self, method: str, arguments: Sequence[Any]) -> Any:
        """One operation."""
        plain = well_formed(method, arguments)
        refused = refusal(method, plain, self.views)
        try:
            given = getattr(self.store, method)(*plain)
        except NotImplementedError:
            raise
        except Exception:
            if refused is None:
                raise
            raise refused from None
        note(method, plain, self.views)
        return given


def _name(what: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} must be a string, not {_kind(value)}")
    return str(value)


def _columns(what: str, value: Any) -> list[str]:
    columns = [_name("each column", one) for one in _list(what, value)]
    if len(set(columns)) < len(columns) or set(columns) & set(PLACES):
        raise ValueError(f"{what} must be different names, and none of them {' or '.join(PLACES)}")
    return columns


def _time(what: str, value: Any) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float | np.floating) and float(value).is_integer()):
        raise ValueError(f"{what} must be whole seconds, not {_kind(value)}")
    if abs(int(value)) > FARTHEST_S:
        raise ValueError(f"{what} must be at most 2**62 seconds from 0")
    return int(value)


def _life(what: str, value: Any) -> int | None:
    return None if value is None else _time(what, value)


def _entity(what: str, value: Any) -> str | int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return int(value) if whole and abs(int(value)) <= FARTHEST_S else _name(what, value)


def _value(what: str, value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is not None and not isinstance(plain, bool | int | float | str):
        raise ValueError(f"{what} must be a plain value or None, not {_kind(value)}")
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ValueError(f"{what} must be finite, not {plain}")
    return plain


def _rows(what: str, value: Any) -> list[Row]:
    return [_row(one) for one in _list(what, value)]


def _row(value: Any) -> Row:
    row = _fields("a row", value, PLACES)
    values = {name: _value("a value", one) for name, one in row.items() if name not in PLACES}
    return {"entity": _entity("entity", row["entity"]), "event_s": _time("event_s", row["event_s"]), **values}


def _requests(what: str, value: Any) -> list[Row]:
    return [_request(one) for one in _list(what, value)]


def _request(value: Any) -> Row:
    request = _fields("a request", value, ("entity", "at_s"))
    times: Row = {name: _time(name, request[name]) for name in ("at_s", "known_s") if name in request}
    return {"entity": _entity("entity", request["entity"]), **times}


def _fields(what: str, value: Any, wanted: Sequence[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{what} must be a dictionary with names, not {_kind(value)}")
    for name in wanted:
        if name not in value:
            raise ValueError(f"{what} must have {' and '.join(wanted)}; {name} is missing")
    return value


def _list(what: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{what} must be a list, not {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.40}" if isinstance(value, int | float | str) else type(value).__name__


_PARTS = {
    "view": _name,
    "columns": _columns,
    "time_to_live_s": _life,
    "rows": _rows,
    "known_s": _time,
    "requests": _requests,
    "now_s": _time,
    "entity": _entity,
    "column": _name,
    "default": _value,
}
