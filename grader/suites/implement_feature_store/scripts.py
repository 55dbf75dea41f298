"""Operations on a store, written down before they are run: what every test of `implement_feature_store` is made of.

What a right store answers is not known here.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Row = dict[str, Any]
COLUMNS = ("amount_usd", "orders", "country")
QUESTIONS = ("as_of", "online")


@dataclass
class Script:
    """Steps (method, arguments, what the step is about), and names and times to use in them, drawn at random.

    `small`: the numbers are so small and round that a reader can follow them in their head.
    `expected`, once known, holds one entry a step: the answer to a question, {"any": answers} where several are right,
    "refused" where an exception must come, None where nothing is compared.
    """

    rng: np.random.Generator
    small: bool = False
    steps: list[list[Any]] = field(default_factory=list)
    values: int = 0

    def __post_init__(self) -> None:
        self.view = str(self.rng.choice(["card", "shop", "device"]))
        self.entity, self.other = (f"e{number}" for number in self.rng.choice(900, 2, replace=False) + 100)
        self.start_s = self.draw(10_000, 1_000_000, 100)
        self.today_s = self.start_s + (900 if self.small else 10_000_000)

    def draw(self, least: int, most: int, small: int) -> int:
        """A whole number from `least` to below `most`; `small` where numbers are."""
        drawn = int(self.rng.integers(least, most))
        return small if self.small else drawn

    def do(self, method: str, *arguments: Any, about: str = "", view: str = "") -> None:
        """Appends one step on the script's view, or on another."""
        self.steps.append([method, [view or self.view, *arguments], about])

    def define(self, time_to_live_s: int | None = None) -> None:
        """The view, with two columns."""
        self.do("define", list(COLUMNS[:2]), time_to_live_s)

    def write(self, event_s: int, known_s: int | None = None, entity: str = "", **values: Any) -> None:
        """One row; known at its event unless said otherwise."""
        self.do("write", [self.row(event_s, entity, **values)], event_s if known_s is None else known_s)

    def backfill(self, event_s: int, known_s: int, entity: str = "", **values: Any) -> None:
        """The named values of one row, computed afterwards."""
        self.do("backfill", [{"entity": entity or self.entity, "event_s": event_s, **values}], known_s)

    def ask(self, about: str, at_s: int, known_s: int | None = None, entity: str = "") -> None:
        """One request as of a time."""
        request = {"entity": entity or self.entity, "at_s": at_s}
        self.do("as_of", [request if known_s is None else {**request, "known_s": known_s}], about=about)

    def online(self, about: str, now_s: int, entity: str = "") -> None:
        """One look at what is published."""
        self.do("online", entity or self.entity, now_s, about=about)

    def row(self, event_s: int, entity: str = "", **values: Any) -> Row:
        """A row in which every column has a value that no other row has."""
        fresh = {"amount_usd": self.value(), "orders": self.draw(1, 10**6, self.values)}
        return {"entity": entity or self.entity, "event_s": event_s, **fresh, **values}

    def value(self) -> float:
        """A number that hardly comes twice."""
        self.values += 1
        drawn = round(float(self.rng.uniform(1, 10_000)), 2)
        return 10.0 * self.values if self.small else drawn

    def later(self) -> int:
        """A number of orders that a backfill brings, larger than that of any row."""
        return self.draw(10**6, 10**7, 77)

    def gap_s(self, least: int = 20, most: int = 4_000) -> int:
        """Seconds between two events."""
        return self.draw(least, most, 20)


def random_script(script: Script, operations: int = 40) -> None:
    """Operations of every kind in any order, on few entities and few seconds, so that they meet each other."""
    rng = script.rng
    script.define(None if rng.random() < 0.3 else int(rng.integers(1, 8)))
    arrivals, published_s = Arrivals(script), script.start_s
    for _ in range(operations):
        kind = str(rng.choice(["row", "as_of", "online", "materialise", "column"], p=[0.48, 0.3, 0.1, 0.08, 0.04]))
        entity, event_s, known_s = arrivals.place(8, -6, 8)
        if kind == "row":
            arrivals.add(entity, event_s, known_s)
        elif kind == "as_of":
            script.ask("any mixture of operations", event_s, known_s if rng.random() < 0.7 else None, entity)
        elif kind == "online":
            script.online("any mixture of operations", published_s + int(rng.integers(0, 5)), entity)
        elif kind == "materialise":
            published_s = max(published_s, known_s)
            script.do("materialise", known_s)
        else:
            script.do("add_column", COLUMNS[2], "NL")
            arrivals.columns = list(COLUMNS)


def in_any_order(script: Script) -> None:
    """Rows and backfills in an order that says nothing. Questions come after the half that was known first, and again
    after the rest. Of one event a correction arrives first, then the backfill before it, then the row of both; of
    another the row, then a backfill, then a correction that was known before the backfill."""
    script.define()
    arrivals = Arrivals(script)
    for _ in range(24):
        arrivals.add(*arrivals.place(12, 0, 8))
    arrived, script.steps = script.steps[1:], script.steps[:1]
    half_s = sorted(step[1][2] for step in arrived)[len(arrived) // 2]
    places = [arrivals.place(16, 0, 1) for _ in range(6)]
    shuffled = [arrived[i] for i in script.rng.permutation(len(arrived))]
    script.steps += [step for step in shuffled if step[1][2] <= half_s]
    for entity, at_s, _ in places:
        script.ask("rows that arrived in another order than they happened", min(at_s, half_s), entity=entity)
    event_s = script.start_s + 16
    late = backwards(script, event_s, [step for step in shuffled if step[1][2] > half_s])
    late = corrected_late(script, event_s, late)
    script.steps += late
    for entity, at_s, _ in places:
        script.ask("a question asked before, again after later rows arrived", min(at_s, half_s), entity=entity)
        script.ask("rows that arrived in another order than they happened", at_s, script.today_s, entity)
    for known_s in range(event_s, event_s + 3):
        script.ask("rows that arrived in another order than they happened", event_s + 2, known_s)
    about = "a correction that came after a backfill, and was known before it"
    script.ask(about, event_s, event_s + 2, script.other)


def backwards(script: Script, event_s: int, among: list[list[Any]]) -> list[list[Any]]:
    """`among`, with a row of an event, its backfill and its correction at random places, in the reverse order."""
    before = len(script.steps)
    script.write(event_s)
    script.backfill(event_s, event_s + 1, orders=script.later())
    script.write(event_s, event_s + 2)
    return arriving(script, before, among)


def corrected_late(script: Script, event_s: int, among: list[list[Any]]) -> list[list[Any]]:
    """`among`, with a row of an event, a backfill of it, and a correction of what it completes, in this order."""
    before = len(script.steps)
    script.write(event_s, event_s + 1, script.other)
    script.backfill(event_s, event_s + 2, script.other, orders=script.later())
    script.write(event_s, event_s, script.other)
    return arriving(script, before, among)


def arriving(script: Script, before: int, among: list[list[Any]]) -> list[list[Any]]:
    """`among`, with the steps of a script from number `before` on at random places, the last of them first."""
    story, script.steps = script.steps[before:], script.steps[:before]
    places = sorted(script.rng.integers(0, len(among) + 1, len(story)), reverse=True)
    for step, place in zip(story, places, strict=True):
        among.insert(int(place), step)
    return among


class Arrivals:
    """Random rows and backfills of a script; no two with the same kind, entity, event and knowledge time."""

    def __init__(self, script: Script) -> None:
        self.script, self.rng = script, script.rng
        self.columns = list(COLUMNS[:2])
        self.taken: set[tuple[Any, ...]] = set()

    def place(self, events_s: int, least_s: int, most_s: int) -> tuple[str, int, int]:
        """An entity, an event in the next `events_s` seconds, and when it is known, within bounds after the event."""
        entity = str(self.rng.choice([self.script.entity, self.script.other]))
        event_s = self.script.start_s + int(self.rng.integers(0, events_s))
        known_s = max(self.script.start_s, event_s + int(self.rng.integers(least_s, most_s)))
        return entity, event_s, known_s

    def add(self, entity: str, event_s: int, known_s: int) -> None:
        """One step: a row, or a backfill of one of its columns."""
        kind = "backfill" if self.rng.random() < 0.3 else "write"
        if (kind, entity, event_s, known_s) in self.taken:
            return
        self.taken.add((kind, entity, event_s, known_s))
        values = {**self.script.row(event_s, entity), "country": "BE"}
        row = {column: None if self.rng.random() < 0.15 else values[column] for column in self.columns}
        if kind == "backfill" or self.rng.random() < 0.2:
            row.pop(self.columns[int(self.rng.integers(0, len(self.columns)))])
        self.script.do(kind, [{"entity": entity, "event_s": event_s, **row}], known_s)
