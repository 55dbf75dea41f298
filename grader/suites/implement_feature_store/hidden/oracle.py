"""A store that is right and slow: it keeps every row that came, in a list, and asks each rule of each of them."""

from typing import Any

FAR = 10**15
Row = dict[str, Any]
Entry = tuple[str, int, Row]  # kind, known_s, row


class View:
    """Columns with their defaults, time to live, everything that came, what is online."""

    def __init__(self, columns: list[str], time_to_live_s: int | None) -> None:
        self.defaults: dict[str, Any] = dict.fromkeys(columns)
        self.time_to_live_s = time_to_live_s
        self.log: list[Entry] = []
        self.online: dict[str, tuple[int, Row] | None] = {}
        self.published_s = -FAR

    def latest(self, entity: str, at_s: int, known_s: int) -> tuple[int, Row] | None:
        """The event that holds at `at_s`, and its values, as known at `known_s`."""
        seen = [
            entry for entry in self.log
            if entry[2]["entity"] == entity and entry[2]["event_s"] <= at_s and entry[1] <= known_s
        ]  # fmt: skip
        if not seen:
            return None
        event_s, values = max(row["event_s"] for _, _, row in seen), dict[str, Any]()
        versions = [entry for entry in seen if entry[2]["event_s"] == event_s]
        for kind, _, row in sorted(versions, key=lambda entry: (entry[1], entry[0] == "backfill")):
            values = dict(row) if kind == "write" else {**values, **row}
        return event_s, values

    def answer(self, found: tuple[int, Row] | None, now_s: int) -> Row:
        """Every column, of what was found, if it is young enough at `now_s`."""
        if found is None or (self.time_to_live_s is not None and found[0] <= now_s - self.time_to_live_s):
            return dict.fromkeys(self.defaults)
        return {column: found[1].get(column, default) for column, default in self.defaults.items()}


class ListStore:
    """Of two rows with the same entity, event and knowledge time the one that came last holds."""

    def __init__(self) -> None:
        self.views: dict[str, View] = {}

    def define(self, name: str, columns: list[str], time_to_live_s: int | None = None) -> None:
        self.views[name] = View(columns, time_to_live_s)

    def write(self, name: str, rows: list[Row], known_s: int) -> None:
        self.take(self.views[name], "write", rows, known_s)

    def backfill(self, name: str, rows: list[Row], known_s: int) -> None:
        self.take(self.views[name], "backfill", rows, known_s)

    def take(self, view: View, kind: str, rows: list[Row], known_s: int) -> None:
        if unknown := {column for row in rows for column in row} - {"entity", "event_s"} - set(view.defaults):
            raise ValueError(f"unknown columns {sorted(unknown)}")
        self.keep(view, [(kind, known_s, dict(row)) for row in rows])

    def keep(self, view: View, entries: list[Entry]) -> None:
        view.log += entries

    def as_of(self, name: str, requests: list[Row]) -> list[Row]:
        view, answers = self.views[name], []
        for request in requests:
            at_s: int = request["at_s"]
            answers.append(view.answer(view.latest(request["entity"], at_s, request.get("known_s", at_s)), at_s))
        return answers

    def materialise(self, name: str, now_s: int) -> None:
        view = self.views[name]
        if now_s >= view.published_s:
            view.published_s = now_s
            entities = {row["entity"] for _, _, row in view.log}
            view.online = {entity: view.latest(entity, now_s, now_s) for entity in entities}

    def online(self, name: str, entity: str, now_s: int) -> Row:
        view = self.views[name]
        return view.answer(view.online.get(entity), now_s)

    def add_column(self, name: str, column: str, default: Any = None) -> None:
        defaults = self.views[name].defaults
        if defaults.setdefault(column, default) != default:
            raise ValueError(f"column {column!r} is there with another default")


class FirstOfTies(ListStore):
    """Right as well: of two such rows the one that came first holds."""

    def keep(self, view: View, entries: list[Entry]) -> None:
        view.log[:0] = reversed(entries)


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
