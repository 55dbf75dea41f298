"""The planted bugs in stores of the checker's: each is the oracle with one rule broken, by the public bug's name."""

from typing import Any

from grader.hidden.implement_feature_store.oracle import FAR, ListStore, Row, View

Entry = tuple[str, int, Row]


class SeesAhead(ListStore):
    def found(self, view: View, request: Row) -> tuple[int, Row] | None:
        at_s: int = request["at_s"]
        return super().found(view, {"known_s": at_s, **request, "at_s": at_s + self.size})


class MissesTheMoment(ListStore):
    def found(self, view: View, request: Row) -> tuple[int, Row] | None:
        at_s: int = request["at_s"]
        found = self.latest(view, request["entity"], at_s - 1, request.get("known_s", at_s))
        return found if found and self.lives(view, found[0], at_s) else None


class LastArrivalHolds(ListStore):
    def newest(self, seen: list[Entry]) -> int:
        written = [row["event_s"] for kind, _, row in seen if kind == "write"]
        return int(written[-1]) if written else super().newest(seen)


class IgnoresKnowledge(ListStore):
    def found(self, view: View, request: Row) -> tuple[int, Row] | None:
        return super().found(view, {**request, "known_s": FAR})


class KnowsTooLate(ListStore):
    def found(self, view: View, request: Row) -> tuple[int, Row] | None:
        at_s: int = request["at_s"]
        return super().found(view, {**request, "known_s": request.get("known_s", at_s) - 1})


class IgnoresTheRequest(ListStore):
    def found(self, view: View, request: Row) -> tuple[int, Row] | None:
        return super().found(view, {"entity": request["entity"], "at_s": request["at_s"]})


class KeepsTheFirst(ListStore):
    def take(self, view: View, kind: str, rows: list[Row], known_s: int) -> None:
        there = {(row["entity"], row["event_s"]) for kept, _, row in view.log if kept == "write"}
        new = [row for row in rows if kind != "write" or (row["entity"], row["event_s"]) not in there]
        super().take(view, kind, new, known_s)


class NeverForgets(ListStore):
    def lives(self, view: View, event_s: int, now_s: int) -> bool:
        return True


class ForgetsLate(ListStore):
    def lives(self, view: View, event_s: int, now_s: int) -> bool:
        return view.time_to_live_s is None or event_s > now_s - view.time_to_live_s - self.size


class AlwaysForgets(ListStore):
    def lives(self, view: View, event_s: int, now_s: int) -> bool:
        return event_s > now_s - (self.size if view.time_to_live_s is None else view.time_to_live_s)


class ZeroForMissing(ListStore):
    def answer(self, view: View, found: tuple[int, Row] | None) -> Row:
        return {column: 0 if value is None else value for column, value in super().answer(view, found).items()}


class InOrderOfTime(ListStore):
    def as_of(self, name: str, requests: list[Row]) -> list[Row]:
        return super().as_of(name, sorted(requests, key=lambda request: int(request["at_s"])))


class KeepsPartOfABatch(ListStore):
    def refused(self, kind: str, name: str, rows: list[Row], known_s: int) -> None:
        self.take(self.views[name], kind, rows, known_s)


class FillsFromBefore(ListStore):
    def merged(self, versions: list[Entry]) -> Row:
        values = super().merged(versions)
        return {**values, **{name: self.before.get(name) for name, value in values.items() if value is None}}

    def latest(self, view: View, entity: str, at_s: int, known_s: int) -> tuple[int, Row] | None:
        self.before: Row = {}
        for kind, _, row in view.log:
            if kind == "write" and row["entity"] == entity:
                self.before |= {name: value for name, value in row.items() if value is not None}
        return super().latest(view, entity, at_s, known_s)


class ShowsUnpublished(ListStore):
    def online(self, name: str, entity: str, now_s: int) -> Row:
        self.materialise(name, now_s)
        return super().online(name, entity, now_s)


class TakesBack(ListStore):
    def materialise(self, name: str, now_s: int) -> None:
        self.views[name].published_s = now_s
        super().materialise(name, now_s)


class AgesAtPublication(ListStore):
    def online(self, name: str, entity: str, now_s: int) -> Row:
        published_s = self.views[name].published_s
        return super().online(name, entity, now_s if published_s == -FAR else published_s)


class LosesTheDefault(ListStore):
    def answer(self, view: View, found: tuple[int, Row] | None) -> Row:
        return {column: found[1].get(column) if found else None for column in view.defaults}


class DefaultForNone(ListStore):
    def answer(self, view: View, found: tuple[int, Row] | None) -> Row:
        given = super().answer(view, found)
        return {name: view.defaults[name] if found and one is None else one for name, one in given.items()}


class BackfillReplaces(ListStore):
    def backfill(self, name: str, rows: list[Row], known_s: int) -> None:
        self.write(name, rows, known_s)


class BackfillCountsFromNow(ListStore):
    def backfill(self, name: str, rows: list[Row], known_s: int) -> None:
        written = [entry[1] for entry in self.views[name].log if entry[0] == "write"]
        super().backfill(name, rows, max([known_s, *written]))


class BackfillRewritesThePast(ListStore):
    def backfill(self, name: str, rows: list[Row], known_s: int) -> None:
        for row in rows:
            super().backfill(name, [row], min(known_s, row["event_s"]))


STORES: dict[str, Any] = {
    "sees ahead": SeesAhead,
    "misses the moment": MissesTheMoment,
    "last arrival holds": LastArrivalHolds,
    "ignores knowledge": IgnoresKnowledge,
    "knows too late": KnowsTooLate,
    "ignores the request": IgnoresTheRequest,
    "keeps the first": KeepsTheFirst,
    "never forgets": NeverForgets,
    "forgets late": ForgetsLate,
    "always forgets": AlwaysForgets,
    "zero for missing": ZeroForMissing,
    "in order of time": InOrderOfTime,
    "keeps part of a batch": KeepsPartOfABatch,
    "fills from before": FillsFromBefore,
    "shows unpublished": ShowsUnpublished,
    "takes back": TakesBack,
    "ages at publication": AgesAtPublication,
    "loses the default": LosesTheDefault,
    "default for None": DefaultForNone,
    "backfill replaces": BackfillReplaces,
    "backfill counts from now": BackfillCountsFromNow,
    "backfill rewrites the past": BackfillRewritesThePast,
}
