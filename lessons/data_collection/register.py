"""A register of people: the one place that hands out training rows, with an audit trail that shows what was changed.

A trail's entry carries a seal, the SHA-256 of its text and of the seal before: an entry that is changed afterwards no
longer fits its seal. Whoever can rewrite the whole trail can also seal it anew, so the last seal belongs elsewhere.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pandas as pd


def seal_of(text: str, before: str) -> str:
    """The seal of an entry, from its text and the seal of the entry before ("" for the first)."""
    return hashlib.sha256((before + text).encode()).hexdigest()


class Register:
    """People's rows in a database, with consent, retention, deletion and an audit trail.

    `table`: one row a person, the index her number, with the columns `recorded` (week) and `consent_until` (the last
    week in which the row may train a model). `pseudonym` names a person in the trail; rows may be used for `retention`
    weeks.
    """

    def __init__(self, table: pd.DataFrame, pseudonym: Callable[[int], str], retention: int) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute("CREATE TABLE trail (number INTEGER PRIMARY KEY, text, seal)")
        table.to_sql("people", self.database, index_label="person")
        self._pseudonym, self._retention = pseudonym, retention

    def training_rows(self, week: int) -> pd.DataFrame:
        """What may train a model in `week`: consent holds, and retention has not run out. Noted in the trail."""
        query = "SELECT * FROM people WHERE consent_until >= ? AND recorded BETWEEN ? AND ? ORDER BY person"
        within = (week, week - self._retention + 1, week)
        rows = pd.read_sql(query, self.database, params=within, index_col="person")
        self.note(what="trained", week=week, rows=len(rows))
        return rows

    def forget(self, person: int, week: int) -> None:
        """Delete a person's row, and note that it was done."""
        self.database.execute("DELETE FROM people WHERE person = ?", (int(person),))
        self.note(what="deleted", who=self._pseudonym(person), week=week)

    def deleted(self) -> set[str]:
        """The pseudonyms of those who were deleted."""
        trail = [json.loads(text) for (text,) in self.database.execute("SELECT text FROM trail")]
        return {entry["who"] for entry in trail if entry["what"] == "deleted"}

    def consent_until(self) -> dict[int, int]:
        """The last week of each person's consent, of those who are in the register."""
        return dict(self.database.execute("SELECT person, consent_until FROM people"))

    def note(self, **entry: Any) -> None:
        """Append an entry to the trail, sealed."""
        last = self.database.execute("SELECT seal FROM trail ORDER BY number DESC LIMIT 1").fetchone()
        text = json.dumps(entry, sort_keys=True)
        seal = seal_of(text, last[0] if last else "")
        self.database.execute("INSERT INTO trail (text, seal) VALUES (?, ?)", (text, seal))

    def first_broken(self) -> int | None:
        """The number of the trail's first entry that does not fit its seal, or None."""
        before = ""
        for number, text, seal in self.database.execute("SELECT number, text, seal FROM trail ORDER BY number"):
            if seal != seal_of(text, before):
                return int(number)
            before = seal
        return None
