"""A feature store in one SQLite file: what is true now for a service, what was known then for training.

Each row of a view carries two times: when it happened (event time) and when the store's owner knew it (known time).
Rows are only ever added. A late event is a row with an early event time; a correction is a row with the same event
time and a later known time. So what was answered once is answered again, and writing the same twice changes nothing.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsd_lib.data.feature_rows import DTYPES, KEYS, TIMES, Batch, batch_of
from mlsd_lib.data.point_in_time import point_in_time_join
from mlsd_lib.datasets import DataError

if TYPE_CHECKING:
    import pandas as pd

LAST_US = 2**63 - 1
WAIT_S = 60
"""How long a writer waits for the one before it. Readers never wait."""


class FeatureStore:
    """Views of features in the SQLite file `path`, which is made if it is not there.

    Rows come and go as tables: `entity` (integers or text), `event_time` (all with a time zone or all without, whole
    microseconds), and features, which are integers, floats, booleans or text and may be missing. A write is there
    whole or not at all, also after a kill. Any number of processes may read while one writes; each opens a store of
    its own, and so does a forked one by itself. Without `clock` (seconds since 1970 in UTC, as which times without a
    zone are taken too), `online` answers from all that was written; with it, from what had happened and was known by
    then.
    """

    def __init__(self, path: str | Path, clock: Callable[[], float] | None = None):
        self.path, self.clock, self._own = Path(path), clock, threading.local()
        with self._transaction("DEFERRED") as sql:
            (made,) = sql.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'views'").fetchone()
        if not made:  # only then a write, which waits for others
            with self._transaction("IMMEDIATE") as sql:
                sql.execute('CREATE TABLE IF NOT EXISTS views (view, "column", kind, PRIMARY KEY (view, "column"))')

    def write(self, view: str, rows: "pd.DataFrame", known_time: Any = None) -> int:
        """How many rows were new. `known_time`: a moment, the name of a column of `rows`, or None for the event time.

        A first write makes the view; columns that it does not have yet are added, missing in all rows before.

        Raises `DataError`, and writes nothing, for rows that lack a time, an entity or a column of the view, for values
        of another kind than the column's, and where a row with the same three keys says something else.
        """
        with self._transaction("IMMEDIATE") as sql:
            kinds = self._kinds(sql, view)
            batch = batch_of(view, rows, known_time, kinds)
            if not kinds:
                _check_new(sql, view)
            _extend(sql, view, kinds, batch.kinds)
            return _insert(sql, view, batch)

    def online(self, view: str, entity: int | str) -> dict[str, Any] | None:
        """The features of `entity` as of now, None for a missing one; None if nothing is known of the entity."""
        now_us = LAST_US if self.clock is None else round(self.clock() * 1e6)
        with self._transaction("DEFERRED") as sql:
            kinds = self._existing(sql, view)
            kind = int if kinds["entity"] == "int" else str
            if not isinstance(entity, (int, np.integer) if kind is int else str) or isinstance(entity, bool):
                raise DataError(
                    f"The entity {entity!r} is {type(entity).__name__}; those of the view {view!r} are "
                    f"{kinds['entity']}. Convert it."
                )
            features = _features(kinds)
            found = sql.execute(
                f"SELECT {_names(features)} FROM {_table(view)}"
                " WHERE entity = ? AND event_time <= ? AND known_time <= ?"
                " ORDER BY event_time DESC, known_time DESC LIMIT 1",
                (kind(entity), now_us, now_us),
            ).fetchone()
        if found is None:
            return None
        return {
            name: bool(value) if kinds[name] == "bool" and value is not None else value
            for name, value in zip(features, found, strict=True)
        }

    def as_of(self, view: str, requests: "pd.DataFrame") -> "pd.DataFrame":
        """`requests` (`entity`, `at` and whatever else) with the features that each could see at its time.

        The answer is `point_in_time_join`'s over the rows of the view. Features are Int64, float64, boolean or str.
        """
        absent = [name for name in ("entity", "at") if name not in requests.columns]
        if absent:
            raise DataError(f"The requests have no column {absent[0]!r}; a request is an entity and a time, `at`.")
        with self._transaction("DEFERRED") as sql:
            kinds = self._existing(sql, view)
            history = _history(sql, view, kinds, _entities(requests))
        return point_in_time_join(requests, history, "entity", "at", "event_time", _features(kinds), "known_time")

    def columns(self, view: str) -> dict[str, str]:
        """The columns of `view` and their kinds."""
        with self._transaction("DEFERRED") as sql:
            return self._existing(sql, view)

    def close(self) -> None:
        """Closes this thread's connection; the next call opens another."""
        if hasattr(self._own, "sql"):
            self._own.sql.close()
            del self._own.sql

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        """A connection inside BEGIN and COMMIT; any exception takes everything back."""
        try:
            sql = self._connection()
            sql.execute(f"BEGIN {kind}")
            try:
                yield sql
                sql.execute("COMMIT")
            except BaseException:
                if sql.in_transaction:
                    sql.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise DataError(f"The store {self.path} could not do this ({error}); nothing of it was written.") from error

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection: SQLite's own rule is one a thread, and none across a fork."""
        if getattr(self._own, "process", None) != os.getpid():
            self._own.__dict__["inherited"] = self._own.__dict__.pop("sql", None)  # never used nor closed in a child
            self._own.process = os.getpid()
        if not hasattr(self._own, "sql"):
            sql = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None)
            (mode,) = sql.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                sql.close()
                raise DataError(f"{self.path} cannot have a write-ahead log ({mode}). Give a file on a local disk.")
            self._own.sql = sql
        return self._own.sql

    def _kinds(self, sql: sqlite3.Connection, view: str) -> dict[str, str]:
        return dict(sql.execute('SELECT "column", kind FROM views WHERE view = ? ORDER BY rowid', (view,)))

    def _existing(self, sql: sqlite3.Connection, view: str) -> dict[str, str]:
        kinds = self._kinds(sql, view)
        if not kinds:
            views = [name for (name,) in sql.execute("SELECT DISTINCT view FROM views ORDER BY view")]
            raise DataError(f"There is no view {view!r} in {self.path}; it has {views}. Write it first.")
        return kinds


def _features(kinds: dict[str, str]) -> list[str]:
    return [name for name in kinds if name not in KEYS]


def _table(view: str) -> str:
    return f'"view {view}"'


def _names(columns: list[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{column}"' for column in columns)


def _check_new(sql: sqlite3.Connection, view: str) -> None:
    for (name,) in sql.execute("SELECT DISTINCT view FROM views"):
        if name.casefold() == view.casefold():
            raise DataError(f"There is a view {name!r} already; {view!r} differs from it in its case only. Rename it.")


def _extend(sql: sqlite3.Connection, view: str, kinds: dict[str, str], wanted: dict[str, str]) -> None:
    """Makes the table of `view`, or gives it the columns that are new."""
    if not kinds:
        keys = _names(list(KEYS))
        sql.execute(f"CREATE TABLE {_table(view)} ({keys}, PRIMARY KEY ({keys})) WITHOUT ROWID")
    for name in [name for name in _features(wanted) if name not in kinds]:
        sql.execute(f'ALTER TABLE {_table(view)} ADD COLUMN "{name}"')
    new = [(view, name, kind) for name, kind in wanted.items() if name not in kinds]
    sql.executemany("INSERT INTO views VALUES (?, ?, ?)", new)


def _insert(sql: sqlite3.Connection, view: str, batch: Batch) -> int:
    """Adds the rows that are new; raises if one says something else than a row with the same keys."""
    names, features = list(batch.kinds), _features(batch.kinds)
    sql.execute(f"CREATE TEMP TABLE incoming ({_names(names)})")
    sql.executemany(f"INSERT INTO incoming VALUES ({', '.join('?' * len(names))})", batch.records)
    added = sql.execute(
        f"INSERT OR IGNORE INTO {_table(view)} ({_names(names)}) SELECT {_names(names)} FROM incoming"
    ).rowcount
    differs = " OR ".join(f'old."{name}" IS NOT new."{name}"' for name in features)
    clash = sql.execute(
        f"SELECT count(*) OVER (), entity, event_time, {_names(features, 'old.')}, {_names(features, 'new.')}"
        f" FROM incoming AS new JOIN {_table(view)} AS old USING (entity, event_time, known_time) WHERE {differs}"
    ).fetchone()
    if clash:
        raise DataError(_clash(view, features, *clash))
    sql.execute("DROP TABLE incoming")
    return added


def _clash(view: str, features: list[str], count: int, entity: Any, event_us: int, *values: Any) -> str:
    old, new = values[: len(features)], values[len(features) :]
    name, was, given = next((name, a, b) for name, a, b in zip(features, old, new, strict=True) if a != b)
    return (
        f"{count:,} rows for the view {view!r} say something else than a row with the same entity, event time and "
        f"known time, for example {name} of entity {entity!r} at {np.datetime64(event_us, 'us')}: "
        f"{was!r} before, {given!r} now. What was known is not rewritten: give the correction a later known_time."
    )


def _entities(requests: "pd.DataFrame") -> str:
    """Who is asked about, as JSON."""
    entities = requests["entity"].dropna().unique().tolist()
    try:
        return json.dumps(entities)
    except TypeError:
        raise DataError(
            f"The requests' entities are {requests['entity'].dtype}, for example {entities[0]!r}; "
            "an entity is an integer or text. Convert them."
        ) from None


def _history(sql: sqlite3.Connection, view: str, kinds: dict[str, str], entities: str) -> "pd.DataFrame":
    """All rows of `view` about `entities`, as a table with a dtype for each kind."""
    import pandas as pd

    names = [*KEYS, *_features(kinds)]
    found = sql.execute(
        f"SELECT {_names(names)} FROM {_table(view)} WHERE entity IN (SELECT value FROM json_each(?))",
        (entities,),
    ).fetchall()
    columns = zip(*found, strict=True) if found else [()] * len(names)
    dtypes = {name: (DTYPES | TIMES)[kinds[name]] for name in names}
    dtypes["entity"] = {"int": "int64", "str": "str"}[kinds["entity"]]
    return pd.DataFrame(
        {name: pd.Series(values, dtype=dtypes[name]) for name, values in zip(names, columns, strict=True)}
    )
