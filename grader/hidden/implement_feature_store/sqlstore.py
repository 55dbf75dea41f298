"""A second store that is right, of another kind: SQL over one table, and the first of two equal rows holds.

Written from the task alone; a test holds it and the oracle together.
"""

import json
import sqlite3
from typing import Any

Row = dict[str, Any]
TABLES = """
create table view (name text primary key, life_s integer, published_s integer);
create table feature (view text, name text, standard text, primary key (view, name));
create table fact (
    view text, entity text, event_s integer, known_s integer, whole integer, number integer, content text);
create table live (view text, entity text, event_s integer, content text, primary key (view, entity));
create index place on fact (view, entity, event_s, known_s);
"""
NEWEST = """
select max(event_s) from fact where view = ? and entity = ? and event_s <= ? and known_s <= ?
"""
VERSIONS = """
select content, whole from fact where view = ? and entity = ? and event_s = ? and known_s <= ?
order by known_s, whole desc, number desc
"""


class SqlStore:
    def __init__(self) -> None:
        self.base = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.base.executescript(TABLES)

    def define(self, name: str, columns: list[str], time_to_live_s: int | None = None) -> None:
        for table in ("fact", "live", "feature"):
            self.base.execute(f"delete from {table} where view = ?", (name,))
        self.base.execute("delete from view where name = ?", (name,))
        self.base.execute("insert into view values (?, ?, null)", (name, time_to_live_s))
        self.base.executemany("insert into feature values (?, ?, 'null')", [(name, column) for column in columns])

    def add_column(self, name: str, column: str, default: Any = None) -> None:
        self._life_s(name)
        self.base.execute("insert or ignore into feature values (?, ?, ?)", (name, column, json.dumps(default)))
        if json.loads(self._features(name)[column]) != default:
            raise ValueError(f"{name}.{column} has the default {self._features(name)[column]}")

    def write(self, name: str, rows: list[Row], known_s: int) -> None:
        self._insert(name, rows, known_s, 1)

    def backfill(self, name: str, rows: list[Row], known_s: int) -> None:
        self._insert(name, rows, known_s, 0)

    def _insert(self, name: str, rows: list[Row], known_s: int, whole: int) -> None:
        self._life_s(name)
        features = self._features(name)
        facts = []
        for row in rows:
            content = {column: value for column, value in row.items() if column not in ("entity", "event_s")}
            for column in content:
                if column not in features:
                    raise KeyError(column)
            facts.append((name, row["entity"], row["event_s"], known_s, whole, json.dumps(content)))
        number = self.base.execute("select count(*) from fact").fetchone()[0]
        values = [(*fact[:5], number + i, fact[5]) for i, fact in enumerate(facts)]
        self.base.executemany("insert into fact values (?, ?, ?, ?, ?, ?, ?)", values)

    def as_of(self, name: str, requests: list[Row]) -> list[Row]:
        life_s, given = self._life_s(name), []
        for request in requests:
            at_s: int = request["at_s"]
            event_s, content = self._state(name, request["entity"], at_s, request.get("known_s", at_s))
            given.append(self._shown(name, content if _young(event_s, at_s, life_s) else None))
        return given

    def materialise(self, name: str, now_s: int) -> None:
        self._life_s(name)
        (before_s,) = self.base.execute("select published_s from view where name = ?", (name,)).fetchone()
        if before_s is not None and before_s > now_s:
            return
        self.base.execute("update view set published_s = ? where name = ?", (now_s, name))
        for (entity,) in self.base.execute("select distinct entity from fact where view = ?", (name,)).fetchall():
            event_s, content = self._state(name, entity, now_s, now_s)
            if event_s is not None:
                state = (name, entity, event_s, json.dumps(content))
                self.base.execute("insert or replace into live values (?, ?, ?, ?)", state)

    def online(self, name: str, entity: str, now_s: int) -> Row:
        life_s = self._life_s(name)
        wanted = "select event_s, content from live where view = ? and entity = ?"
        event_s, content = self.base.execute(wanted, (name, entity)).fetchone() or (None, "null")
        return self._shown(name, json.loads(content) if _young(event_s, now_s, life_s) else None)

    def _life_s(self, name: str) -> int | None:
        found = self.base.execute("select life_s from view where name = ?", (name,)).fetchone()
        if found is None:
            raise KeyError(f"no view {name!r}")
        return None if found[0] is None else int(found[0])

    def _features(self, name: str) -> dict[str, str]:
        return dict(self.base.execute("select name, standard from feature where view = ?", (name,)).fetchall())

    def _state(self, name: str, entity: str, at_s: int, known_s: int) -> tuple[int | None, Row]:
        (event_s,) = self.base.execute(NEWEST, (name, entity, at_s, known_s)).fetchone()
        state: Row = {}
        for content, whole in self.base.execute(VERSIONS, (name, entity, event_s, known_s)).fetchall():
            state = json.loads(content) if whole else state | json.loads(content)
        return event_s, state

    def _shown(self, name: str, state: Row | None) -> Row:
        features = self._features(name)
        if state is None:
            return dict.fromkeys(features)
        return {column: state.get(column, json.loads(standard)) for column, standard in features.items()}


def _young(event_s: int | None, now_s: int, life_s: int | None) -> bool:
    return event_s is not None and (life_s is None or now_s - event_s < life_s)
