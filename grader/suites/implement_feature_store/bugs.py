"""The planted bugs, each written once: a wrapper that distorts a store which keeps the rules.

On the student's side that is their own store, so no store of ours is in here; the grader wraps the oracle in the same
bugs. A bug with a size has its hardest published one where students try it.
"""

from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from grader.suite_kit.forms import InTests
from grader.suite_kit.planted_bugs import PlantedBugs
from grader.suites.implement_feature_store.requests import FORMS, Row, Views
from grader.suites.implement_feature_store.scripts import QUESTIONS

FAR = 10**15
DAY_S = 86_400


class Own:
    """The store as it is; bugs override what they distort. `remembered` is what a bug needs to know, by view."""

    def __init__(self, own: Callable[[], Any], size: int) -> None:
        self.own, self.size, self.inner = own, size, own()
        self.past: list[tuple[str, tuple[Any, ...]]] = []
        self.remembered: dict[str, dict[Any, Any]] = defaultdict(dict)

    def call(self, method: str, *arguments: Any) -> Any:
        """What the store gives; a call that changes the store is remembered if it came through.

        The store gets a copy: one that changes its arguments must not distort what is remembered of them.
        """
        given = getattr(self.inner, method)(*deepcopy(arguments))
        if method not in QUESTIONS:
            self.past.append((method, deepcopy(arguments)))
        return given

    def begin_again(self, replaced: Callable[[str, tuple[Any, ...]], tuple[Any, ...] | None]) -> None:
        """A new store in place of this one, after the same calls; `replaced` gives their arguments."""
        past, self.past, self.inner = self.past, [], self.own()
        for method, arguments in past:
            other = replaced(method, arguments)
            if other is not None:
                self.call(method, *other)

    def would_take(self, method: str, *arguments: Any) -> None:
        """Raises what the store raises for a call, on a store that is thrown away."""
        tried = Own(self.own, 0)
        for call in [*self.past, (method, arguments)]:
            tried.call(call[0], *call[1])

    def asked(self, view: str, request: Row) -> Row:
        """The request of as_of that is put in place of `request`."""
        return request

    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        given = self.call("define", view, columns, time_to_live_s)
        self.remembered.pop(view, None)
        return given

    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, [self.asked(view, request) for request in requests])

    def __getattr__(self, method: str) -> Any:
        if method not in FORMS:
            raise AttributeError(method)
        return partial(self.call, method)


# Right stores: what the task leaves open is decided one way and the other.


class FirstOfTies(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        there = self.remembered[view]
        places = [(row["entity"], row["event_s"], known_s) for row in rows]
        first = [row for i, row in enumerate(rows) if places[i] not in {*there, *places[:i]}]
        if len(first) < len(rows):
            self.would_take("write", view, rows, known_s)
        given = self.call("write", view, first, known_s)
        there |= dict.fromkeys(places)
        return given


class LastOfTies(Own):
    """Begins again without the row that came first; what was published of it is shown by the store as it was."""

    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        memory = self.remembered[view]
        places = {(row["entity"], row["event_s"], known_s): row for row in rows}
        if len(places) < len(rows) or places.keys() & memory.keys():
            self.would_take("write", view, rows, known_s)
            memory.setdefault("shown", self.inner)
            self.begin_again(lambda method, arguments: _without(view, places, method, arguments))
        given = self.call("write", view, list(places.values()), known_s)
        memory |= places
        return given

    def materialise(self, view: str, now_s: int) -> Any:
        given, memory = self.call("materialise", view, now_s), self.remembered[view]
        if now_s >= memory.get("published_s", -FAR):
            memory["published_s"] = now_s
            memory.pop("shown", None)
        return given

    def online(self, view: str, entity: str, now_s: int) -> Any:
        return self.remembered[view].get("shown", self.inner).online(view, entity, now_s)

    def add_column(self, view: str, column: str, default: Any) -> Any:
        given = self.call("add_column", view, column, default)
        if "shown" in self.remembered[view]:
            self.remembered[view]["shown"].add_column(view, column, default)
        return given


def _without(view: str, places: Any, method: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if method != "write" or arguments[0] != view:
        return arguments
    _, rows, known_s = arguments
    return view, [row for row in rows if (row["entity"], row["event_s"], known_s) not in places], known_s


STORES = PlantedBugs(
    "store",
    plain=Own,
    hold=lambda store: InTests("store", store, FORMS, Views()),
    left_open="which of two equal rows holds",
    either_way={
        "first of ties": ("the first of two equal rows holding", FirstOfTies),
        "last of ties": ("the last of two equal rows holding", LastOfTies),
    },
)


def _known(request: Row) -> int:
    at_s: int = request["at_s"]
    return int(request.get("known_s", at_s))


@STORES.plant("sees ahead", "time", "as_of sees events that come after the moment asked about", (1, 5))
class SeesAhead(Own):
    def asked(self, view: str, request: Row) -> Row:
        return {**request, "at_s": request["at_s"] + self.size, "known_s": _known(request)}


class KnowsEvents(Own):
    """Has as_of answer an event that a bug chooses; its age is judged at the moment asked about, as rule 4 says."""

    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        given = super().define(view, columns, time_to_live_s)
        self.remembered[view]["life_s"] = time_to_live_s
        return given

    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.arrived("write", view, rows, known_s)

    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.arrived("backfill", view, rows, known_s)

    def arrived(self, method: str, view: str, rows: list[Row], known_s: int) -> Any:
        given, memory = self.call(method, view, rows, known_s), self.remembered[view]
        for row in rows:
            memory.setdefault(("of", row["entity"]), []).append((row["event_s"], known_s, method))
        return given

    def asked(self, view: str, request: Row) -> Row:
        """The request at the moment of the chosen event; before all events if there is none, or it is too old."""
        at_s, known_s, memory = request["at_s"], _known(request), self.remembered[view]
        arrivals = memory.get(("of", request["entity"]), [])
        seen = [(event_s, method) for event_s, known, method in arrivals if event_s <= at_s and known <= known_s]
        event_s, life_s = self.chosen(seen, at_s), memory.get("life_s")
        too_old = life_s is not None and event_s <= at_s - life_s
        return {**request, "at_s": -FAR if too_old else event_s, "known_s": known_s}

    def chosen(self, seen: list[tuple[int, str]], at_s: int) -> int:
        """An event of those that count: its moment and how it came, in order of arrival; -FAR for none of them."""
        raise NotImplementedError


@STORES.plant("misses the moment", "time", "as_of misses an event at the very moment asked about")
class MissesTheMoment(KnowsEvents):
    def chosen(self, seen: list[tuple[int, str]], at_s: int) -> int:
        return max((event_s for event_s, _ in seen if event_s < at_s), default=-FAR)


@STORES.plant("last arrival holds", "time", "as_of answers the row that arrived last, whenever it happened")
class LastArrivalHolds(KnowsEvents):
    def chosen(self, seen: list[tuple[int, str]], at_s: int) -> int:
        written = [event_s for event_s, method in seen if method == "write"]
        return written[-1] if written else max((event_s for event_s, _ in seen), default=-FAR)


@STORES.plant("ignores knowledge", "knowledge", "as_of uses rows that were not known yet")
class IgnoresKnowledge(Own):
    def asked(self, view: str, request: Row) -> Row:
        return {**request, "known_s": FAR}


@STORES.plant("knows too late", "knowledge", "a row does not count at the moment when it becomes known")
class KnowsTooLate(Own):
    def asked(self, view: str, request: Row) -> Row:
        return {**request, "known_s": _known(request) - 1}


@STORES.plant("ignores the request", "knowledge", "as_of does not look at the known_s of a request")
class IgnoresTheRequest(Own):
    def asked(self, view: str, request: Row) -> Row:
        return {"entity": request["entity"], "at_s": request["at_s"]}


@STORES.plant("keeps the first", "knowledge", "a correction does not replace the row")
class KeepsTheFirst(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        there = self.remembered[view]
        new = [row for row in rows if (row["entity"], row["event_s"]) not in there]
        if len(new) < len(rows):
            self.would_take("write", view, rows, known_s)
        given = self.call("write", view, new, known_s)
        there |= dict.fromkeys((row["entity"], row["event_s"]) for row in new)
        return given


@STORES.plant("never forgets", "time to live", "there is no time to live")
class NeverForgets(Own):
    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        return super().define(view, columns, None)


@STORES.plant("forgets late", "time to live", "an event as old as the time to live still counts", (1, 3))
class ForgetsLate(Own):
    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        return super().define(view, columns, None if time_to_live_s is None else time_to_live_s + self.size)


@STORES.plant("always forgets", "time to live", "a view without a time to live gets one, of days", (30 * DAY_S, DAY_S))
class AlwaysForgets(Own):
    def define(self, view: str, columns: list[str], time_to_live_s: int | None) -> Any:
        return super().define(view, columns, self.size if time_to_live_s is None else time_to_live_s)


@STORES.plant("zero for missing", "answers", "a missing value is answered as 0")
class ZeroForMissing(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return [_zeros(answer) for answer in self.call("as_of", view, requests)]

    def online(self, view: str, entity: str, now_s: int) -> Any:
        return _zeros(self.call("online", view, entity, now_s))


def _zeros(answer: Row) -> Row:
    return {column: 0 if value is None else value for column, value in answer.items()}


@STORES.plant("in order of time", "answers", "answers come in the order of time, not of the requests")
class InOrderOfTime(Own):
    def as_of(self, view: str, requests: list[Row]) -> Any:
        return self.call("as_of", view, sorted(requests, key=lambda request: request["at_s"]))


@STORES.plant("keeps part of a batch", "answers", "of a refused batch the rows before the bad one stay")
class KeepsPartOfABatch(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        for place in range(max(1, len(rows))):  # a batch without rows is asked too: the view may be unknown
            self.call("write", view, rows[place : place + 1], known_s)


@STORES.plant("fills from before", "answers", "a value written as None is filled from a row that came before")
class FillsFromBefore(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        filled, last = [], dict(self.remembered[view])
        for row in rows:
            before = last.get(row["entity"], {})
            filled.append({name: before.get(name) if value is None else value for name, value in row.items()})
            last[row["entity"]] = before | {name: value for name, value in row.items() if value is not None}
        given = self.call("write", view, filled, known_s)
        self.remembered[view] = last
        return given


@STORES.plant("shows unpublished", "online", "online shows rows that were not published")
class ShowsUnpublished(Own):
    def online(self, view: str, entity: str, now_s: int) -> Any:
        self.call("materialise", view, now_s)
        return self.call("online", view, entity, now_s)


@STORES.plant("takes back", "online", "publishing an earlier moment takes values back")
class TakesBack(Own):
    def materialise(self, view: str, now_s: int) -> Any:
        if now_s < self.remembered[view].get("published_s", -FAR):
            self.begin_again(
                lambda method, arguments: None if method == "materialise" and arguments[0] == view else arguments
            )
        self.remembered[view]["published_s"] = now_s
        return self.call("materialise", view, now_s)


@STORES.plant("ages at publication", "online", "online judges the age at the publication")
class AgesAtPublication(Own):
    def materialise(self, view: str, now_s: int) -> Any:
        memory = self.remembered[view]
        memory["published_s"] = max(now_s, memory.get("published_s", -FAR))
        return self.call("materialise", view, now_s)

    def online(self, view: str, entity: str, now_s: int) -> Any:
        return self.call("online", view, entity, self.remembered[view].get("published_s", now_s))


@STORES.plant("loses the default", "change", "a new column answers None instead of its default")
class LosesTheDefault(Own):
    def add_column(self, view: str, column: str, default: Any) -> Any:
        if self.remembered[view].setdefault(column, default) != default:
            raise ValueError(f"column {column!r} is there with another default")
        return self.call("add_column", view, column, None)


@STORES.plant("default for None", "change", "a written None is answered as the default")
class DefaultForNone(Own):
    def add_column(self, view: str, column: str, default: Any) -> Any:
        given = self.call("add_column", view, column, default)
        self.remembered[view][column] = True
        return given

    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        added = self.remembered[view]
        said = [{name: value for name, value in row.items() if value is not None or name not in added} for row in rows]
        return self.call("write", view, said, known_s)


@STORES.plant("backfill replaces", "change", "a backfill replaces the row and loses its other columns")
class BackfillReplaces(Own):
    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.call("write", view, rows, known_s)


@STORES.plant("backfill counts from now", "change", "a backfill that runs again undoes a correction that came since")
class BackfillCountsFromNow(Own):
    def write(self, view: str, rows: list[Row], known_s: int) -> Any:
        given = self.call("write", view, rows, known_s)
        self.remembered[view]["known_s"] = max(known_s, self.remembered[view].get("known_s", -FAR))
        return given

    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        return self.call("backfill", view, rows, max(known_s, self.remembered[view].get("known_s", -FAR)))


@STORES.plant("backfill rewrites the past", "change", "a backfill counts from the event, before it was known")
class BackfillRewritesThePast(Own):
    def backfill(self, view: str, rows: list[Row], known_s: int) -> Any:
        self.would_take("backfill", view, rows, known_s)
        for row in rows:
            self.call("backfill", view, [row], min(known_s, row["event_s"]))
