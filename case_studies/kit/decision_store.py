"""What a decision service remembers, in one SQLite file: every request as it was sent, every decision as it was made.

A case adds tables of its own for whatever its features are computed from. Requests are kept as they came, so that what
a bad release derived from them can be derived again.
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

from case_studies.kit.moments import microseconds_of

if TYPE_CHECKING:
    import pandas as pd

DAY_US = 86_400_000_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, sent TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS decisions (
    id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, acted INTEGER NOT NULL, answer TEXT NOT NULL, seen BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_by_time ON decisions (time_us, acted);
"""

Derive = Callable[[dict[str, Any]], Sequence[float] | None]


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

    One lock, because one connection serves all threads of the process. What was committed outlives the process.
    """

    schema = ""

    def __init__(self, path: Path):
        self.path, self.lock = path, threading.RLock()
        # A rollback that derives the memory again writes from another process: its end is waited for.
        self.connection = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.executescript(SCHEMA + self.schema)

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done in the block is done whole or not at all, and by one thread at a time."""
        with self.lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Adds rows to a table; those whose key is there already change nothing."""
        listed = list(rows)
        if listed:
            marks = ", ".join("?" * len(listed[0]))
            self.connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", listed)

    def insert_columns(self, table: str, rows: "pd.DataFrame", columns: Sequence[str]) -> None:
        """Adds some columns of `rows`, in this order, as `insert` does; `time` goes in as microseconds."""
        whole = rows.assign(time=microseconds_of(rows["time"]))
        self.insert(table, zip(*(whole[name].tolist() for name in columns), strict=True))

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
        self.insert("requests", ((one[id_field], one["time"], json.dumps(one)) for one in sent))

    def sent(self, identity: int) -> dict[str, Any] | None:
        """The fields of a request as it was sent, its time in microseconds; None for one that never came."""
        found = self.connection.execute("SELECT sent FROM requests WHERE id = ?", (identity,)).fetchone()
        return json.loads(found[0]) if found else None

    def all_sent(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Every request by its id, as `sent` gives it, oldest first."""
        for identity, sent in self.connection.execute("SELECT id, sent FROM requests ORDER BY time_us, id"):
            yield identity, json.loads(sent)

    def answer(self, identity: int) -> dict[str, Any] | None:
        """What was answered to a request; None if nothing was decided about it."""
        found = self.connection.execute("SELECT answer FROM decisions WHERE id = ?", (identity,)).fetchone()
        return json.loads(found[0]) if found else None

    def keep(self, identity: int, sent: Mapping[str, Any], decision: Decision) -> None:
        """Adds one request and what was decided about it."""
        self.insert("requests", [(identity, sent["time"], json.dumps(sent))])
        seen, answer = np.asarray(decision.seen, dtype=float).tobytes(), json.dumps(decision.answer, allow_nan=False)
        self.insert("decisions", [(identity, sent["time"], int(decision.acted), answer, seen)])

    def acted_on_day_of(self, time_us: int) -> int:
        """How many decisions of that day took up a place of its capacity so far."""
        start = time_us - time_us % DAY_US
        query = "SELECT COUNT(*) FROM decisions WHERE time_us >= ? AND time_us < ? AND acted = 1"
        return self.connection.execute(query, (start, start + DAY_US)).fetchone()[0]

    def decided(self, columns: Sequence[str], after: int = -1) -> "pd.DataFrame":
        """What was decided about requests with an id beyond `after`, in order of time: fields of the answer, `time`,
        and the features `columns` as they were seen then. A decision that ranked several objects has a row for each.
        """
        import pandas as pd

        query = "SELECT time_us, answer, seen FROM decisions WHERE id > ? ORDER BY time_us, id"
        found = self.connection.execute(query, (int(after),)).fetchall()  # int: numpy's would be stored as bytes
        seen = [np.frombuffer(row[2]).reshape(-1, len(columns)) for row in found]
        answers = pd.DataFrame([json.loads(row[1]) for row in found])
        answers.insert(0, "time", pd.to_datetime(np.array([row[0] for row in found], dtype="int64"), unit="us"))
        repeated = answers.loc[np.repeat(np.arange(len(seen)), [len(rows) for rows in seen])].reset_index(drop=True)
        return repeated.join(pd.DataFrame(np.concatenate([np.empty((0, len(columns))), *seen]), columns=list(columns)))


def _alike(right: Sequence[float], stored: Sequence[float]) -> bool:
    """Whether numbers are the same but for rounding; numpy would take a hundred times as long for a row."""
    return all(isclose(one, old, rel_tol=1e-9, abs_tol=1e-9) for one, old in zip(right, stored, strict=True))


def _plain(column: "pd.Series") -> "pd.Series":
    """Times as whole microseconds, everything else as it is."""
    return column.astype("datetime64[us]").astype("int64") if column.dtype.kind == "M" else column
