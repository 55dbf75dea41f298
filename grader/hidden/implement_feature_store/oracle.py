"""A store that is right and slow: it keeps every row that came, in a list, and asks each rule of each of them.

Small methods, one rule each, so that a planted bug (`planted`) breaks exactly one.
"""

from typing import Any

FAR = 10**15
Row = dict[str, Any]


class View:
    """Columns with their defaults, time to live, everything that came (kind, known_s, row), what is online."""

    def __init__(self, columns: list[str], time_to_live_s: int | None) -> None:
        self.defaults: dict[str, Any] = dict.fromkeys(columns)
        self.time_to_live_s = time_to_live_s
        self.log: list[tuple[str, int, Row]] = []
        self.online: dict[str, tuple[int, Row]] = {}
        self.published_s = -FAR


class ListStore:
    """Of two rows with the same entity, event and knowledge time the one that came last holds."""

    def __init__(self, size: int = 0) -> None:
        self.views: dict[str, View] = {}
        self.size = size

    def define(self, name: str, columns: list[str], time_to_live_s: int | None = None) -> None:
        self.views[name] = View(columns, time_to_live_s)

    def write(self, name: str, rows: list[Row], known_s: int) -> None:
        self.take(self.views[name], "write", rows, known_s)

    def backfill(self, name: str, rows: list[Row], known_s: int) -> None:
        self.take(self.views[name], "backfill", rows, known_s)

    def as_of(self, name: str, requests: list[Row]) -> list[Row]:
        view = self.views[name]
        return [self.answer(view, self.found(view, request)) for request in requests]

    def materialise(self, name: str, now_s: int) -> None:
        view = self.views[name]
        if now_s < view.published_s:
            return
        view.published_s = now_s
        view.online = {}
        for entity in {row["entity"] for _, _, row in view.log}:
            found = self.latest(view, entity, now_s, now_s)
            if found is not None:
                view.online[entity] = found

    def online(self, name: str, entity: str, now_s: int) -> Row:
        view = self.views[name]
        found = view.online.get(entity)
        return self.answer(view, found if found and self.lives(view, found[0], now_s) else None)

    def add_column(self, name: str, column: str, default: Any = None) -> None:
        view = self.views[name]
        if view.defaults.get(column, default) != default:
            raise ValueError(f"column {column!r} is there with another default")
        view.defaults[column] = default

    def refused(self, kind: str, name: str, rows: list[Row], known_s: int) -> None:
        """A batch was refused before it came here; `rows` are those before the bad one. Nothing of it stays."""

    # The rules, one a method.

    def take(self, view: View, kind: str, rows: list[Row], known_s: int) -> None:
        for row in rows:
            self.check(view, row)
        view.log += [(kind, known_s, dict(row)) for row in rows]

    def check(self, view: View, row: Row) -> None:
        if unknown := set(row) - {"entity", "event_s"} - set(view.defaults):
            raise ValueError(f"unknown columns {sorted(unknown)}")

    def found(self, view: View, request: Row) -> tuple[int, Row] | None:
        at_s: int = request["at_s"]
        found = self.latest(view, request["entity"], at_s, request.get("known_s", at_s))
        return found if found and self.lives(view, found[0], at_s) else None

    def latest(self, view: View, entity: str, at_s: int, known_s: int) -> tuple[int, Row] | None:
        """The event that holds at `at_s`, and its values, as known at `known_s`."""
        seen = [
            entry for entry in view.log
            if entry[2]["entity"] == entity and self.happened(entry[2]["event_s"], at_s) and self.known(entry, known_s)
        ]  # fmt: skip
        if not seen:
            return None
        event_s = self.newest(seen)
        return event_s, self.merged([entry for entry in seen if entry[2]["event_s"] == event_s])

    def happened(self, event_s: int, at_s: int) -> bool:
        return event_s <= at_s

    def known(self, entry: tuple[str, int, Row], known_s: int) -> bool:
        return entry[1] <= known_s

    def newest(self, seen: list[tuple[str, int, Row]]) -> int:
        return int(max(row["event_s"] for _, _, row in seen))

    def merged(self, versions: list[tuple[str, int, Row]]) -> Row:
        values: Row = {}
        for kind, _, row in sorted(versions, key=lambda entry: (entry[1], entry[0] == "backfill")):
            values = dict(row) if kind == "write" else {**values, **row}
        return values

    def lives(self, view: View, event_s: int, now_s: int) -> bool:
        return view.time_to_live_s is None or event_s > now_s - view.time_to_live_s

    def answer(self, view: View, found: tuple[int, Row] | None) -> Row:
        if found is None:
            return dict.fromkeys(view.defaults)
        return {column: found[1].get(column, default) for column, default in view.defaults.items()}


class FirstOfTies(ListStore):
    """Right as well: of two such rows the one that came first holds."""

    def take(self, view: View, kind: str, rows: list[Row], known_s: int) -> None:
        for row in rows:
            self.check(view, row)
        view.log[:0] = [(kind, known_s, dict(row)) for row in reversed(rows)]


def expected(steps: list[list[Any]]) -> list[Any]:
    """What is right at each step of a script: see `Script`."""
    return [
        last if last == first else {"any": [last, first]}
        for last, first in zip(_answers(ListStore(), steps), _answers(FirstOfTies(), steps), strict=True)
    ]


def _answers(store: ListStore, steps: list[list[Any]]) -> list[Any]:
    found = []
    for method, arguments, _ in steps:
        try:
            found.append(getattr(store, method)(*arguments))
        except (KeyError, ValueError):
            found.append("refused")
    return found
