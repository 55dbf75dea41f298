"""The planted bugs, as wrappers that distort a student's own store; no store of ours is in here.

They run on the student's side. The grader plants the same bugs, by name, in stores that it keeps. A bug that has a
size has its smallest or largest published one here: the hardest to notice.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from grader.suites.implement_feature_store.scripts import QUESTIONS

Row = dict[str, Any]
FAR = 10**15


class Own:
    """The student's store as it is; bugs override what they distort."""

    def __init__(self, own: Callable[[], Any], size: int) -> None:
        self.own, self.size, self.inner = own, size, own()
        self.past: list[tuple[str, tuple[Any, ...]]] = []
        self.remembered: dict[Any, Any] = {}

    def call(self, method: str, *arguments: Any) -> Any:
        """What the student's store gives; a call that changes the store is remembered if it came through.

        The store gets a copy: one that changes its arguments must not distort what is remembered of them.
        """
        given = getattr(self.inner, method)(*deepcopy(arguments))
        if method not in QUESTIONS:
            self.past.append((method, deepcopy(arguments)))
        return given

    def begin_again(self, replaced: Callable[[str, tuple[Any, ...]], tuple[Any, ...] | None]) -> None:
        """A new store of the student's in place of this one, after the same calls; `replaced` gives their arguments."""
        past, self.past, self.inner = self.past, [], self.own()
        for method, arguments in past:
            other = replaced(method, arguments)
            if other is not None:
                self.call(method, *other)

    def would_take(self, method: str, *arguments: Any) -> None:
        """Raises what the student's store raises for a call, on a store that is thrown away."""
        tried = Own(self.own, 0)
        for one in [*self.past, (method, arguments)]:
            tried.call(one[0], *one[1])

    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        return self.call("define", view, columns, time_to_live_s)

    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.call("write", view, rows, known_s)

    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, requests)

    def materialise(self, view: str, now_s: int) -> Any:
        return self.call("materialise", view, now_s)

    def online(self, view: str, entity: str, now_s: int) -> Any:
        return self.call("online", view, entity, now_s)

    def add_column(self, view: str, column: str, default: Any) -> Any:
        return self.call("add_column", view, column, default)

    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.call("backfill", view, rows, known_s)


# Right stores: what the task leaves open is decided one way and the other.


class FirstOfTies(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        places = [(view, row["entity"], row["event_s"], known_s) for row in rows]
        kept = [row for i, row in enumerate(rows) if places[i] not in {*self.remembered, *places[:i]}]
        if len(kept) < len(rows):
            self.would_take("write", view, rows, known_s)
        given = self.call("write", view, kept, known_s)
        self.remembered |= dict.fromkeys(places)
        return given


class LastOfTies(Own):
    """Begins again without the row that came first; what was published of it is shown by the store as it was."""

    def __init__(self, own: Callable[[], Any], size: int) -> None:
        super().__init__(own, size)
        self.shown: dict[str, Any] = {}
        self.published_s: dict[str, int] = {}

    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        places = {(view, row["entity"], row["event_s"], known_s): row for row in rows}
        if len(places) < len(rows) or places.keys() & self.remembered.keys():
            self.would_take("write", view, rows, known_s)
            self.shown.setdefault(view, self.inner)
            self.begin_again(lambda method, arguments: _without(places, method, arguments))
        given = self.call("write", view, list(places.values()), known_s)
        self.remembered |= places
        return given

    def materialise(self, view: str, now_s: int) -> Any:
        given = self.call("materialise", view, now_s)
        if now_s >= self.published_s.get(view, -FAR):
            self.published_s[view] = now_s
            self.shown.pop(view, None)
        return given

    def online(self, view: str, entity: str, now_s: int) -> Any:
        return self.shown.get(view, self.inner).online(view, entity, now_s)

    def add_column(self, view: str, column: str, default: Any) -> Any:
        given = self.call("add_column", view, column, default)
        if view in self.shown:
            self.shown[view].add_column(view, column, default)
        return given


def _without(places: Any, method: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if method != "write":
        return arguments
    view, rows, known_s = arguments
    return view, [row for row in rows if (view, row["entity"], row["event_s"], known_s) not in places], known_s


# Time.


class SeesAhead(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, [{**one, "at_s": one["at_s"] + self.size, "known_s": _known(one)}
                                         for one in requests])  # fmt: skip


class MissesTheMoment(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        earlier = [{**one, "at_s": one["at_s"] - 1, "known_s": _known(one)} for one in requests]
        pairs = zip(self.call("as_of", view, requests), self.call("as_of", view, earlier), strict=True)
        return [before if any(value is not None for value in here.values()) else here for here, before in pairs]


class LastArrivalHolds(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        moved, newest = [], dict(self.remembered)
        for row in rows:
            place = view, row["entity"]
            newest[place] = max(row["event_s"], newest.get(place, -FAR))
            moved.append({**row, "event_s": newest[place]})
        given = self.call("write", view, moved, known_s)
        self.remembered = newest
        return given


# Knowledge.


class IgnoresKnowledge(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, [{**one, "known_s": FAR} for one in requests])


class KnowsTooLate(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, [{**one, "known_s": _known(one) - 1} for one in requests])


class IgnoresTheRequest(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, [{"entity": one["entity"], "at_s": one["at_s"]} for one in requests])


class KeepsTheFirst(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        new = [row for row in rows if (view, row["entity"], row["event_s"]) not in self.remembered]
        if len(new) < len(rows):
            self.would_take("write", view, rows, known_s)
        given = self.call("write", view, new, known_s)
        self.remembered |= {(view, row["entity"], row["event_s"]): True for row in new}
        return given


# Time to live.


class NeverForgets(Own):
    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        return self.call("define", view, columns, None)


class ForgetsLate(Own):
    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        return self.call("define", view, columns, None if time_to_live_s is None else time_to_live_s + self.size)


class AlwaysForgets(Own):
    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        return self.call("define", view, columns, self.size if time_to_live_s is None else time_to_live_s)


# Answers.


class ZeroForMissing(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return [_zeros(one) for one in self.call("as_of", view, requests)]

    def online(self, view: str, entity: str, now_s: int) -> Any:
        return _zeros(self.call("online", view, entity, now_s))


class InOrderOfTime(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, sorted(requests, key=lambda one: one["at_s"]))


class KeepsPartOfABatch(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        for row in rows:
            self.call("write", view, [row], known_s)


class FillsFromBefore(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        given = self.call("write", view, rows, known_s)
        for row in rows:
            known = {column: value for column, value in row.items() if value is not None}
            self.remembered[view, row["entity"]] = {**self.remembered.get((view, row["entity"]), {}), **known}
        return given

    def as_of(self, view: str, requests: list[Row]) -> Any:
        given = self.call("as_of", view, requests)
        return [self.filled(view, one["entity"], answer) for one, answer in zip(requests, given, strict=True)]

    def filled(self, view: str, entity: str, answer: Row) -> Row:
        if all(value is None for value in answer.values()):
            return answer
        before = self.remembered.get((view, entity), {})
        return {column: before.get(column) if value is None else value for column, value in answer.items()}


# Online.


class ShowsUnpublished(Own):
    def online(self, view: str, entity: str, now_s: int) -> Any:
        self.call("materialise", view, now_s)
        return self.call("online", view, entity, now_s)


class TakesBack(Own):
    def materialise(self, view: str, now_s: int) -> Any:
        if now_s < self.remembered.get(view, -FAR):
            self.begin_again(lambda method, one: None if method == "materialise" and one[0] == view else one)
        self.remembered[view] = now_s
        return self.call("materialise", view, now_s)


class AgesAtPublication(Own):
    def materialise(self, view: str, now_s: int) -> Any:
        self.remembered[view] = max(now_s, self.remembered.get(view, -FAR))
        return self.call("materialise", view, now_s)

    def online(self, view: str, entity: str, now_s: int) -> Any:
        return self.call("online", view, entity, self.remembered.get(view, now_s))


# Change.


class LosesTheDefault(Own):
    def add_column(self, view: str, column: str, default: Any) -> Any:
        if self.remembered.setdefault((view, column), default) != default:
            raise ValueError(f"column {column!r} is there with another default")
        return self.call("add_column", view, column, None)


class DefaultForNone(Own):
    def add_column(self, view: str, column: str, default: Any) -> Any:
        given = self.call("add_column", view, column, default)
        self.remembered[view, column] = True
        return given

    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        added = [column for name, column in self.remembered if name == view]
        said = [{name: one for name, one in row.items() if one is not None or name not in added} for row in rows]
        return self.call("write", view, said, known_s)


class BackfillReplaces(Own):
    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.call("write", view, rows, known_s)


class BackfillCountsFromNow(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        given = self.call("write", view, rows, known_s)
        self.remembered[view] = max(known_s, self.remembered.get(view, -FAR))
        return given

    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.call("backfill", view, rows, max(known_s, self.remembered.get(view, -FAR)))


class BackfillRewritesThePast(Own):
    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        self.would_take("backfill", view, rows, known_s)
        for row in rows:
            self.call("backfill", view, [row], min(known_s, row["event_s"]))


def _known(request: Row) -> int:
    at_s: int = request["at_s"]
    return int(request.get("known_s", at_s))


def _zeros(answer: Row) -> Row:
    return {column: 0 if value is None else value for column, value in answer.items()}


@dataclass(frozen=True)
class Bug:
    """A planted bug: its family, what the store does in words, the wrapper, its size here and the published range."""

    family: str
    does: str
    wrapper: type[Own]
    size: int = 0
    sizes: tuple[int, int] = (0, 0)


DAY_S = 86_400
TIES: dict[str, type[Own]] = {"first of ties": FirstOfTies, "last of ties": LastOfTies}
BUGS = {
    "sees ahead": Bug("time", "as_of sees events that come after the moment asked about", SeesAhead, 1, (1, 5)),
    "misses the moment": Bug("time", "as_of misses an event at the very moment asked about", MissesTheMoment),
    "last arrival holds": Bug("time", "the row that arrives last holds, whenever it happened", LastArrivalHolds),
    "ignores knowledge": Bug("knowledge", "as_of uses rows that were not known yet", IgnoresKnowledge),
    "knows too late": Bug("knowledge", "a row does not count at the moment when it becomes known", KnowsTooLate),
    "ignores the request": Bug("knowledge", "as_of does not look at the known_s of a request", IgnoresTheRequest),
    "keeps the first": Bug("knowledge", "a correction does not replace the row", KeepsTheFirst),
    "never forgets": Bug("time to live", "there is no time to live", NeverForgets),
    "forgets late": Bug("time to live", "an event as old as the time to live still counts", ForgetsLate, 1, (1, 3)),
    "always forgets": Bug(
        "time to live", "a view without a time to live gets one, of days", AlwaysForgets, 30 * DAY_S,
        (DAY_S, 30 * DAY_S),
    ),
    "zero for missing": Bug("answers", "a missing value is answered as 0", ZeroForMissing),
    "in order of time": Bug("answers", "answers come in the order of time, not of the requests", InOrderOfTime),
    "keeps part of a batch": Bug("answers", "of a refused batch the rows before the bad one stay", KeepsPartOfABatch),
    "fills from before": Bug("answers", "a value written as None is filled from another row", FillsFromBefore),
    "shows unpublished": Bug("online", "online shows rows that were not published", ShowsUnpublished),
    "takes back": Bug("online", "publishing an earlier moment takes values back", TakesBack),
    "ages at publication": Bug("online", "online judges the age at the publication", AgesAtPublication),
    "loses the default": Bug("change", "a new column answers None instead of its default", LosesTheDefault),
    "default for None": Bug("change", "a written None is answered as the default", DefaultForNone),
    "backfill replaces": Bug("change", "a backfill replaces the row and loses its other columns", BackfillReplaces),
    "backfill counts from now": Bug(
        "change", "a backfill that runs again undoes a correction that came since", BackfillCountsFromNow
    ),
    "backfill rewrites the past": Bug(
        "change", "a backfill counts from the event, before it was known", BackfillRewritesThePast
    ),
}  # fmt: skip
