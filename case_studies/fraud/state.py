"""What the service remembers: payments, reports and its own decisions, in one SQLite file.

The features of one payment are computed from it by the definitions of `features`; a test replays a day through both
and finds them equal. Every row also keeps the amount as it was sent, so that a wrong unit can be undone.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud.data import Adapter
from case_studies.fraud.features import FEATURES, TERMINAL_DELAY, WINDOW_DAYS

DAY_US = 86_400_000_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    transaction_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, customer_id INTEGER NOT NULL,
    terminal_id INTEGER NOT NULL, sent REAL NOT NULL, amount REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS reports (
    transaction_id INTEGER PRIMARY KEY, terminal_id INTEGER NOT NULL, time_us INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS decisions (
    transaction_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, release TEXT NOT NULL,
    score REAL NOT NULL, value REAL NOT NULL, review INTEGER NOT NULL, features BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_customer ON payments (customer_id, time_us, amount);
CREATE INDEX IF NOT EXISTS by_terminal ON payments (terminal_id, time_us);
CREATE INDEX IF NOT EXISTS by_report ON reports (terminal_id, time_us);
CREATE INDEX IF NOT EXISTS by_decision ON decisions (time_us, review);
"""


# One pass over the longest window answers all three: each sum keeps the rows that are young enough.
def _window_query(table: str, group: str, value: str = "") -> str:
    young = [f"(time_us >= :time_us - {days * DAY_US})" for days in WINDOW_DAYS]
    sums = [f"SUM({is_young}{times})" for is_young in young for times in (["", f" * {value}"] if value else [""])]
    longest = max(WINDOW_DAYS) * DAY_US
    where = f"{group} = :group AND time_us >= :time_us - {longest} AND time_us < :time_us"
    return f"SELECT {', '.join(sums)} FROM {table} WHERE {where}"


CUSTOMER_PAID = _window_query("payments", "customer_id", "amount")
TERMINAL_SEEN = _window_query("payments", "terminal_id")
TERMINAL_REPORTED = _window_query("reports", "terminal_id")
DELAY_US = int(TERMINAL_DELAY / np.timedelta64(1, "us"))


class State:
    """The memory in `path`. One lock, because one connection serves all threads of the process."""

    def __init__(self, path: Path):
        self.path, self.lock = path, threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.executescript(SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    def remember(self, payments: pd.DataFrame, sent: pd.Series, reports: pd.DataFrame) -> None:
        """Adds many payments, with the amounts as they were `sent`, and reports; those already known are kept."""
        time_us = payments["time"].astype("datetime64[us]").astype("int64")
        ids = (payments[name] for name in ("customer_id", "terminal_id"))
        rows = zip(payments["transaction_id"], time_us, *ids, sent, payments["amount"], strict=True)
        self._insert("payments", 6, rows)
        report_us = reports["time"].astype("datetime64[us]").astype("int64")
        self._insert("reports", 3, zip(reports["transaction_id"], reports["terminal_id"], report_us, strict=True))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done in the block is done whole or not at all."""
        with self.lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def _insert(self, table: str, columns: int, rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * columns)
        with self.transaction():
            self.connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)

    def add(
        self, transaction_id: int, time_us: int, customer_id: int, terminal_id: int, sent: float, amount: float
    ) -> None:
        """Adds one payment; the same one sent again changes nothing."""
        row = (transaction_id, time_us, customer_id, terminal_id, sent, amount)
        self.connection.execute("INSERT OR IGNORE INTO payments VALUES (?, ?, ?, ?, ?, ?)", row)

    def payment(self, transaction_id: int) -> dict[str, float] | None:
        """What is known of a payment: `time_us`, `customer_id`, `terminal_id`, and the amount as it was `sent`."""
        names = ("time_us", "customer_id", "terminal_id", "sent")
        query = f"SELECT {', '.join(names)} FROM payments WHERE transaction_id = ?"
        found = self.connection.execute(query, (transaction_id,)).fetchone()
        return dict(zip(names, found, strict=True)) if found else None

    def report(self, transaction_id: int, terminal_id: int, time_us: int) -> None:
        """Notes that a payment, perhaps of long ago, was reported as fraud; the first report of it counts."""
        with self.lock:
            row = (transaction_id, terminal_id, time_us)
            self.connection.execute("INSERT OR IGNORE INTO reports VALUES (?, ?, ?)", row)

    def features(self, time_us: int, customer_id: int, terminal_id: int, amount: float) -> np.ndarray:
        """The features of one payment, (15,), in the order of `FEATURES`, from what is older than it."""
        run = self.connection.execute
        paid = [x or 0 for x in run(CUSTOMER_PAID, {"group": customer_id, "time_us": time_us}).fetchone()]
        seen = [x or 0 for x in run(TERMINAL_SEEN, {"group": terminal_id, "time_us": time_us - DELAY_US}).fetchone()]
        reported = [x or 0 for x in run(TERMINAL_REPORTED, {"group": terminal_id, "time_us": time_us}).fetchone()]
        time = pd.Timestamp(time_us, unit="us")
        row = [amount, float(time.day_of_week >= 5), float(time.hour <= 6)]
        for count, total in zip(paid[::2], paid[1::2], strict=True):
            row += [count + 1, (total + amount) / (count + 1)]
        for count, frauds in zip(seen, reported, strict=True):
            row += [count, frauds / max(count, 1)]
        assert len(row) == len(FEATURES)
        return np.array(row, dtype=float)

    def decided(self, after: int = -1) -> pd.DataFrame:
        """What was decided about payments with a `transaction_id` beyond `after`, as it was seen then.

        Columns: `transaction_id`, `time`, `score`, `value`, `review`, `release`, and every feature.
        """
        query = (
            "SELECT transaction_id, time_us, score, value, review, release, features FROM decisions "
            "WHERE transaction_id > ? ORDER BY time_us, transaction_id"
        )
        table = pd.read_sql_query(
            query, self.connection, params=(int(after),)
        )  # int: sqlite3 stores a numpy integer as bytes
        time = pd.to_datetime(table.pop("time_us"), unit="us")
        seen = np.array([np.frombuffer(row) for row in table.pop("features")]).reshape(-1, len(FEATURES))
        table.insert(1, "time", time)
        return table.astype({"review": bool}).join(pd.DataFrame(seen, columns=list(FEATURES)))

    def decision(self, transaction_id: int) -> tuple[float, float, bool, str] | None:
        """Score, value, review and release of a payment already decided; None if it is new."""
        found = self.connection.execute(
            "SELECT score, value, review, release FROM decisions WHERE transaction_id = ?", (transaction_id,)
        ).fetchone()
        return (found[0], found[1], bool(found[2]), found[3]) if found else None

    def reviews_on_day_of(self, time_us: int) -> int:
        """How many payments of that day were sent to review so far."""
        start = time_us - time_us % DAY_US
        query = "SELECT COUNT(*) FROM decisions WHERE time_us >= ? AND time_us < ? AND review = 1"
        return self.connection.execute(query, (start, start + DAY_US)).fetchone()[0]

    def decide(
        self,
        transaction_id: int,
        time_us: int,
        release: str,
        score: float,
        value: float,
        review: bool,
        seen: np.ndarray,
    ) -> None:
        """Keeps one decision, with the features `seen`."""
        row = (transaction_id, time_us, release, score, value, int(review), seen.tobytes())
        self.connection.execute("INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def parse_again(self, adapter: Adapter) -> int:
        """Computes every amount anew from what was sent, as `adapter` reads it; how many changed."""
        with self.transaction():
            rows = self.connection.execute("SELECT transaction_id, terminal_id, sent, amount FROM payments").fetchall()
            right = [(adapter.parsed_amount(terminal, sent), i, old) for i, terminal, sent, old in rows]
            changed = [(amount, i) for amount, i, old in right if abs(amount - old) > 1e-9 * max(amount, 1)]
            self.connection.executemany("UPDATE payments SET amount = ? WHERE transaction_id = ?", changed)
        return len(changed)
