"""What a request to a store must look like, and what every store refuses by the rules of the task, in which words."""

from typing import Any

from grader.suite_kit.forms import FARTHEST, Form, is_whole, list_of, optional, plain_value, record, seconds, text

Row = dict[str, Any]
PLACES = ("entity", "event_s")


def _columns(what: str, value: Any) -> list[str]:
    columns: list[str] = list_of(text, "each column")(what, value)
    if len(set(columns)) < len(columns) or set(columns) & set(PLACES):
        raise ValueError(f"{what} must be different names, and none of them {' or '.join(PLACES)}")
    return columns


def _entity(what: str, value: Any) -> str | int:
    return int(value) if is_whole(value) and abs(int(value)) <= FARTHEST else text(what, value)


ROWS = list_of(record({"entity": _entity, "event_s": seconds}, rest=plain_value), "a row")
REQUESTS = list_of(record({"entity": _entity, "at_s": seconds}, {"known_s": seconds}), "a request")
FORMS: dict[str, dict[str, Form]] = {
    "define": {"view": text, "columns": _columns, "time_to_live_s": optional(seconds)},
    "write": {"view": text, "rows": ROWS, "known_s": seconds},
    "as_of": {"view": text, "requests": REQUESTS},
    "materialise": {"view": text, "now_s": seconds},
    "online": {"view": text, "entity": _entity, "now_s": seconds},
    "add_column": {"view": text, "column": text, "default": plain_value},
    "backfill": {"view": text, "rows": ROWS, "known_s": seconds},
}


class Views:
    """The views of one store: columns with their defaults."""

    def __init__(self) -> None:
        self.views: dict[str, dict[str, Any]] = {}

    def refusal(self, method: str, arguments: tuple[Any, ...]) -> Exception | None:
        """Why the rules of the task have every store refuse a well-formed request, None if it is to be done."""
        view, *rest = arguments
        if method == "define":
            return None
        if view not in self.views:
            return KeyError(f"no view is called {view!r}: define it first")
        columns = self.views[view]
        if method in ("write", "backfill"):
            unknown = [column for row in rest[0] for column in row if column not in (*PLACES, *columns)]
            return ValueError(f"the view {view!r} has no column {unknown[0]!r}: add it first") if unknown else None
        if method == "add_column" and rest[0] in columns and columns[rest[0]] != rest[1]:
            return ValueError(f"the view {view!r} has a column {rest[0]!r} with another default: take another name")
        return None

    def note(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Keeps what a request that was done has changed."""
        view, *rest = arguments
        if method == "define":
            self.views[view] = dict.fromkeys(rest[0])
        elif method == "add_column":
            self.views[view].setdefault(rest[0], rest[1])
