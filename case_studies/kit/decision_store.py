"""What a decision service remembers, in one SQLite file: every request as it was sent, every decision as it was made.

A case adds tables of its own for whatever its features are computed from. Requests are kept as they came, so that what
a bad release derived from them can be derived again. What no feature, report or rollback will ask for is forgotten, so
that the file stays as large as the traffic of the days that are kept.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from case_studies.kit.stream_times import microseconds_of
from mlsd_lib.modeling.errors import ModelingError
from mlsd_lib.serving.batcher import Shed

if TYPE_CHECKING:
    import pandas as pd

DAY_US = 86_400_000_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, sent TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS decisions (
    id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, acted INTEGER NOT NULL, answer TEXT NOT NULL, seen BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_by_time ON decisions (time_us, acted);
CREATE TABLE IF NOT EXISTS reported (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, acted INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS watched (time_us INTEGER PRIMARY KEY, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clock (day_us INTEGER PRIMARY KEY, newest_us INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS retention (kept_since_us INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS traces (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, trace TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY, filling BLOB NOT NULL);
"""
BUSY_S = 60.0
"""A rollback that derives the memory again writes from another process: its end is waited for."""
PROBE_BYTES, PROBE_S = 16_384, 1.0
"""Who asks how the store is waits so long for those that write; a probe writes more than a decision does."""
NO_WRITE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
}  # fmt: skip
"""What SQLite says where the file cannot be written now and may be later: nobody's request is wrong."""


UNREADABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""What SQLite says of a file that it did not leave so."""


@dataclass(frozen=True)
class Decision:
    """What is answered, plain values by name; whether it takes up a place of the day's capacity; the features `seen`.

    `seen`: (columns,) for one object, (objects, columns) where several were ranked.
    """

    answer: Mapping[str, Any]
    acted: bool
    seen: np.ndarray


def microseconds(time: datetime) -> int:
    """Microseconds since 1970 of a time without a zone."""
    return int(np.datetime64(time, "us").astype(np.int64))


class DecisionStore:
    """The memory in the file `path`; `schema` makes the case's own tables.

    `dated`: those of them whose rows are forgotten by their `time_us`. `kept_since_us`: what is older was forgotten.
    One lock, because one connection serves all threads of the process. What was committed outlives the process.
    Raises `ModelingError` where the file cannot be opened for writing.
    """

    schema = ""
    dated: Sequence[str] = ()

    def __init__(self, path: Path):
        self.path, self.lock = path, threading.RLock()
        self.connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False, isolation_level=None)
        try:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.executescript(SCHEMA + self.schema)
        except sqlite3.DatabaseError as error:
            self.connection.close()
            fix = "Make room on its disk, see that this user may write it, and start again."
            if error.sqlite_errorcode & 0xFF in UNREADABLE:
                fix = "Take the file from a backup, or train again."
            raise ModelingError(f"The store {path} cannot be opened for writing: {error}. {fix}") from error
        found = self.connection.execute("SELECT MAX(kept_since_us) FROM retention").fetchone()[0]
        self.kept_since_us: int = found or 0
        self._noted_us = -1
        self._damage: str | None = None

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done in the block is done whole or not at all, and by one thread at a time.

        Raises `Shed` where the file cannot be written, for lack of room or of rights, or is damaged; the next
        transaction tries again.
        """
        with self.lock:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            except BaseException as error:
                if self.connection.in_transaction:  # without room SQLite has ended it already
                    self.connection.execute("ROLLBACK")
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if code in NO_WRITE:
                    raise Shed(f"The store cannot be written: {error}.") from error
                if code in UNREADABLE:
                    self._damage = f"The store {self.path} is damaged: {error}. Take the file from a backup."
                    raise Shed(self._damage) from error
                raise

    def unwritable(self) -> str | None:
        """Why the file cannot be written now, tried by writing, or was found damaged; None where it can."""
        if self._damage:
            return self._damage
        if not self.lock.acquire(timeout=PROBE_S):
            return f"The store was busy for {PROBE_S:g} s."
        try:
            self.connection.execute(f"PRAGMA busy_timeout = {1000 * PROBE_S:.0f}")
            with self.transaction():
                fill = "INSERT OR REPLACE INTO probe VALUES (1, zeroblob(?))"
                self.connection.execute(fill, (PROBE_BYTES,))
        except Shed as error:
            return error.reason
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {1000 * BUSY_S:.0f}")
            self.lock.release()
        return None

    def busy(self) -> bool:
        """Whether somebody uses the file for as long as `PROBE_S`, and those who only ask had better go."""
        free = self.lock.acquire(timeout=PROBE_S)
        if free:
            self.lock.release()
        return not free

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Adds rows to a table; those whose key is there already change nothing."""
        listed = list(rows)
        if listed:
            marks = ", ".join("?" * len(listed[0]))
            self.connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", listed)

    def insert_columns(self, table: str, rows: "pd.DataFrame", columns: Sequence[str]) -> None:
        """Adds some columns of `rows`, in this order, as `insert` does; `time` goes in as microseconds.

        Indexes of an empty table are made after its rows: sorting once takes a fraction of the time.
        """
        whole = rows.assign(time=microseconds_of(rows["time"]))
        empty = self.connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
        indexes = self.connection.execute(query, (table,)).fetchall() if empty else []
        for name, _ in indexes:
            self.connection.execute(f"DROP INDEX {name}")
        self.insert(table, zip(*(whole[name].tolist() for name in columns), strict=True))
        for _, definition in indexes:
            self.connection.execute(definition)

    def derive_columns_again(
        self,
        table: str,
        id_field: str,
        columns: Sequence[str],
        derive: Callable[[dict[str, Any]], Sequence[float] | None],
    ) -> int:
        """Computes numbers of a table anew from what was sent, by the id of the request; how many rows changed.

        `derive` gives the right values of `columns` for the fields of a request, None where they stay. What has no row
        is left out. Call it within a transaction.
        """
        query = f"SELECT {id_field}, {', '.join(columns)} FROM {table}"
        update = f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns)} WHERE {id_field} = ?"
        stored, changed = {row[0]: row[1:] for row in self.connection.execute(query)}, []
        for identity, sent in self.all_sent():
            right = derive(sent) if identity in stored else None
            if right is not None and not _alike(right, stored[identity]):
                changed.append((*right, identity))
        self.connection.executemany(update, changed)
        return len(changed)

    def remember(self, requests: "pd.DataFrame", id_field: str) -> None:
        """Adds requests of the past: a table with the fields of the service's request, `time` among them."""
        columns = {name: _plain(column).tolist() for name, column in requests.items()}
        sent = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        self.insert("requests", ((request[id_field], request["time"], json.dumps(request)) for request in sent))

    def sent(self, identity: int) -> dict[str, Any] | None:
        """The fields of a request as it was sent, its time in microseconds; None for one that never came."""
        found = self.connection.execute("SELECT sent FROM requests WHERE id = ?", (identity,)).fetchone()
        return json.loads(found[0]) if found else None

    def all_sent(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Every request by its id, as `sent` gives it, oldest first."""
        for identity, sent in self.connection.execute("SELECT id, sent FROM requests ORDER BY time_us, id"):
            yield identity, json.loads(sent)

    def newest_sent(self) -> list[dict[str, Any]]:
        """A few requests, as `sent` gives them, the largest id first."""
        rows = self.connection.execute("SELECT sent FROM requests ORDER BY id DESC LIMIT 20").fetchall()
        return [json.loads(sent) for (sent,) in rows]

    def answer(self, identity: int) -> dict[str, Any] | None:
        """What was answered to a request; None if nothing was decided about it."""
        found = self.connection.execute("SELECT answer FROM decisions WHERE id = ?", (identity,)).fetchone()
        return json.loads(found[0]) if found else None

    def trace(self, identity: int) -> str | None:
        """The trace of which a decision is part; None if it was made for none, or not at all."""
        found = self.connection.execute("SELECT trace FROM traces WHERE id = ?", (identity,)).fetchone()
        return found[0] if found else None

    def keep(self, identity: int, sent: Mapping[str, Any], decision: Decision, trace: str | None = None) -> None:
        """Adds one request and what was decided about it, as part of that trace."""
        if trace is not None:
            self.insert("traces", [(identity, sent["time"], trace)])
        self.insert("requests", [(identity, sent["time"], json.dumps(sent))])
        seen, answer = np.asarray(decision.seen, dtype=float).tobytes(), json.dumps(decision.answer, allow_nan=False)
        self.insert("decisions", [(identity, sent["time"], int(decision.acted), answer, seen)])

    def note_reported(self, identity: int, time_us: int) -> None:
        """Notes that something became known about a request, and whether it was acted on; only the first time."""
        query = "INSERT OR IGNORE INTO reported SELECT ?, ?, COALESCE((SELECT acted FROM decisions WHERE id = ?), 0)"
        self.connection.execute(query, (identity, time_us, identity))

    def time_of_newest(self, place: int) -> int | None:
        """The time of the decision with the `place`-th newest, 1 the newest; None where there are fewer.

        A clock that a few requests with a time in the far future cannot move.
        """
        query = "SELECT time_us FROM decisions ORDER BY time_us DESC LIMIT 1 OFFSET ?"
        found = self.connection.execute(query, (place - 1,)).fetchone()
        return found[0] if found else None

    def note_newest(self, clock_us: int, place: int) -> None:
        """Notes, once a day of the service's clock, the time of the decision with the `place`-th newest."""
        day_us = clock_us - clock_us % DAY_US
        if day_us != self._noted_us and (newest_us := self.time_of_newest(place)) is not None:
            with self.transaction():
                self.insert("clock", [(day_us, newest_us)])
            self._noted_us = day_us

    def newest_at(self, clock_us: int) -> int:
        """The latest time that was noted by then; 0 where nothing was."""
        query = "SELECT MAX(newest_us) FROM clock WHERE day_us <= ?"
        return self.connection.execute(query, (clock_us,)).fetchone()[0] or 0

    def forget(self, before_us: int) -> None:
        """Deletes what is older than that, here and in the tables of the case; the space is used again."""
        if before_us <= self.kept_since_us:
            return
        with self.transaction():
            self.forget_own(before_us)
            for table in ("requests", "decisions", "reported", "watched", "traces", *self.dated):
                self.connection.execute(f"DELETE FROM {table} WHERE time_us < ?", (before_us,))
            self.connection.execute("DELETE FROM clock WHERE newest_us < ?", (before_us,))
            self.connection.execute("DELETE FROM retention")
            self.connection.execute("INSERT INTO retention VALUES (?)", (before_us,))
        self.kept_since_us = before_us
        with self.lock:
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def forget_own(self, before_us: int) -> None:
        """Deletes from tables of the case that are not `dated`, while the old requests are still there."""

    def acted_on_day_of(self, time_us: int) -> int:
        """How many decisions of that day took up a place of its capacity so far."""
        start = time_us - time_us % DAY_US
        query = "SELECT COUNT(*) FROM decisions WHERE time_us >= ? AND time_us < ? AND acted = 1"
        return self.connection.execute(query, (start, start + DAY_US)).fetchone()[0]

    def decided(self, columns: Sequence[str], after: int = -1) -> "pd.DataFrame":
        """What was decided about requests with an id beyond `after`, in order of time: fields of the answer, `time`,
        and the features `columns` as they were seen then. A decision that ranked several objects has a row for each.
        """
        return self._table("id > ?", (int(after),), columns)  # int: numpy's would be stored as bytes

    def decided_between(self, columns: Sequence[str], first_us: int, end_us: int) -> "pd.DataFrame":
        """The same of requests whose time lies from `first_us` until before `end_us`."""
        return self._table("time_us >= ? AND time_us < ?", (first_us, end_us), columns)

    def _table(self, condition: str, values: Sequence[int], columns: Sequence[str]) -> "pd.DataFrame":
        import pandas as pd

        query = f"SELECT time_us, answer, seen FROM decisions WHERE {condition} ORDER BY time_us, id"
        with self.lock:
            found = self.connection.execute(query, values).fetchall()
        seen = [np.frombuffer(row[2]).reshape(-1, len(columns)) for row in found]
        answers = pd.DataFrame([json.loads(row[1]) for row in found])
        answers.insert(0, "time", pd.to_datetime(np.array([row[0] for row in found], dtype="int64"), unit="us"))
        repeated = answers.loc[np.repeat(np.arange(len(seen)), [len(rows) for rows in seen])].reset_index(drop=True)
        return repeated.join(pd.DataFrame(np.concatenate([np.empty((0, len(columns))), *seen]), columns=list(columns)))


def _alike(right: Sequence[float], stored: Sequence[float]) -> bool:
    """Whether numbers are the same but for rounding; numpy would take a hundred times as long for a row."""
    return all(isclose(new, old, rel_tol=1e-9, abs_tol=1e-9) for new, old in zip(right, stored, strict=True))


def _plain(column: "pd.Series") -> "pd.Series":
    """Times as whole microseconds, everything else as it is."""
    return column.astype("datetime64[us]").astype("int64") if column.dtype.kind == "M" else column
