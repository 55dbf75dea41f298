"""What is known of a question and of the passage found for it: searched again, or taken from the cache of answers.

The cache holds what was found for the same words, by somebody with the same rights, for some hours. Rights are checked
again whenever an entry is read. The service keeps the cache in its store and asks by SQL; a table of questions is gone
through with a dictionary: two implementations of one definition, which a test compares.
"""

import math
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from case_studies.assistant.policy import ENCODER_EUR

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
JUDGED = ("words_score", "likeness", "lead", "overlap", "numbers", "words")
"""What the judge of support sees: scores of the two searches, the lead over the second passage, the question's words
and numbers that the passage holds, and how many words there are."""
FEATURES = (*JUDGED, "age_days")
"""The age of the passage is watched and not judged: an old price answers the question as well as a new one."""
EMPTY = frozenset(
    ["a", "an", "am", "can", "could", "do", "does", "did", "find", "for", "good", "has", "have", "hello", "how", "i",
     "in", "is", "it", "may", "morning", "my", "not", "of", "on", "please", "question", "quick", "thanks", "the", "to",
     "what", "when", "which", "with", "would", "you"]
)  # fmt: skip
"""Words that decide nothing about the answer: left out of the key of the cache and of the overlap."""
WORD = re.compile(r"[a-z0-9]+")
ORDER = re.compile(r"(?:\b(?:no|nr|number)\W+)?(?<![a-z0-9])([a-h])[\W_]{0,3}(\d\d)[\W_]?(\d\d)(?!\d)")
"""How customers write the number of an order: F6501, no. F-6501, F 65 01. Where "a 1200" passes for one, a search more
is made."""


class Found(NamedTuple):
    """The passage found for a question: its document, the version (microseconds), its text, `JUDGED`, and whether the
    encoder was asked (1 or 0)."""

    document_id: int
    valid_from_us: int
    text: str
    judged: tuple[float, ...]
    asked: int

    def seen(self, time_us: int) -> np.ndarray:
        """The features at the moment of a question, (7,)."""
        return np.array([*self.judged, (time_us - self.valid_from_us) / DAY_US])


Find = Callable[[str, int, bool, bool], Found]
"""From a text, who asks, whether that is a dealer, and whether the encoder can be afforded, to what a search finds that
this customer may read."""
MayRead = Callable[[int, int, bool], bool]
"""Whether a document may be read by a customer who is a dealer or is none."""


def words_of(text: str) -> list[str]:
    """The words and numbers of a text, in lower case; the number of an order is one word, in whatever form it came."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return WORD.findall(ORDER.sub(r" \1\2\3 ", plain))


def telling(words: Sequence[str]) -> list[str]:
    """The words that decide something, sorted, each once."""
    return sorted(set(words) - EMPTY)


def cache_key(text: str, customer_id: int, dealer: bool) -> str:
    """What two questions share that get one answer: their words, and whose rights decide what is found.

    Dealers find other documents than everybody; who names an order shares the answer with nobody.
    """
    words = telling(words_of(text))
    private = any(ORDER.fullmatch(word) for word in words)
    return " ".join([f"[{customer_id}]" if private else "[dealer]" if dealer else "[all]", *words])


def affords(spent_eur: float, budget_eur: float) -> bool:
    """Whether the day's budget has room for one more question to the encoder."""
    return spent_eur + ENCODER_EUR <= budget_eur + 1e-9


class AnswerCache:
    """What was found, by key, for `hours` from the first question on; and what the encoder cost on each day, EUR.

    `budget_eur`: what it may cost. `check_rights`: in the key and at each reading; without it all customers share what
    was found for the same words, which is there to be compared with.
    """

    def __init__(self, hours: float, budget_eur: float = math.inf, check_rights: bool = True):
        self.hours, self.budget_eur, self.check_rights = hours, budget_eur, check_rights
        self.entries: dict[str, tuple[int, Found, tuple[str, int, bool]]] = {}
        self.spent_eur: dict[int, float] = {}

    def found(self, time_us: int, who: tuple[str, int, bool], find: Find, may_read: MayRead) -> tuple[Found, bool]:
        """What is found for a question, and whether the cache had it; `who`: text, customer, dealer."""
        key = cache_key(*who) if self.check_rights else cache_key(who[0], 0, False)
        if key in self.entries:
            since_us, found, _ = self.entries[key]
            allowed = not self.check_rights or may_read(found.document_id, *who[1:])
            if time_us - since_us < self.hours * HOUR_US and allowed:
                return found, True
        spent = self.spent_eur.get(day := time_us // DAY_US, 0.0)
        found = find(*who, affords(spent, self.budget_eur))
        self.spent_eur[day] = spent + ENCODER_EUR * found.asked
        self.entries[key] = (time_us, found, who)
        return found, False

    def derive_again(self, since_us: int, find: Find) -> int:
        """Searches again for what was filled since that moment, whatever it costs; how many entries changed."""
        changed = 0
        for key, (time_us, old, who) in self.entries.items():
            if time_us >= since_us:
                found = find(*who, True)
                changed += found != old
                self.entries[key] = (time_us, found, who)
        return changed


def features_of(questions: pd.DataFrame, find: Find, may_read: MayRead, cache: AnswerCache) -> pd.DataFrame:
    """A row a question: `FEATURES`, `document_id`, `valid_from`, whether it was `cached` and the encoder `asked`."""
    times_us = questions["time"].to_numpy().astype("datetime64[us]").astype(np.int64).tolist()
    rows: list[tuple[Any, ...]] = []
    asked = zip(questions["text"], questions["customer_id"].tolist(), questions["dealer"].tolist(), strict=True)
    for time_us, who in zip(times_us, asked, strict=True):
        found, cached = cache.found(time_us, who, find, may_read)
        rows.append((*found.seen(time_us), found.document_id, found.valid_from_us, cached, bool(found.asked)))
    columns = [*FEATURES, "document_id", "valid_from", "cached", "asked"]
    table = pd.DataFrame(rows, columns=columns, index=pd.Index(questions["question_id"], name="question_id"))
    kinds = dict.fromkeys(FEATURES, "float64") | {"document_id": "int64", "cached": "bool", "asked": "bool"}
    return table.assign(valid_from=pd.to_datetime(table["valid_from"], unit="us").astype("datetime64[us]")).astype(
        kinds
    )


CACHED = ("document_id", "valid_from_us", *JUDGED, "asked")
CACHE_TABLE = f"""
CREATE TABLE IF NOT EXISTS cached (
    question_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,
    {", ".join(f"{name} REAL NOT NULL" for name in CACHED)}
);
CREATE INDEX IF NOT EXISTS cached_by_key ON cached (key, time_us);
CREATE INDEX IF NOT EXISTS cached_by_time ON cached (time_us, asked);
"""
LATEST = f"""
SELECT time_us, text, {", ".join(CACHED)} FROM cached WHERE key = ? AND time_us <= ? ORDER BY time_us DESC LIMIT 1
"""


SPENT = f"SELECT {ENCODER_EUR} * SUM(asked) FROM cached WHERE time_us >= ? AND time_us < ?"


def cached_row(found: Found) -> list[float]:
    """The numbers of an entry, in the order of `CACHED`."""
    return [found.document_id, found.valid_from_us, *found.judged, found.asked]


def online_found(
    memory: sqlite3.Connection, time_us: int, who: tuple[str, int, bool], hours: float, may_read: MayRead
) -> Found | None:
    """What the cache in `memory` has for a question, if it is young enough and this customer may read it.

    An entry of a later question, by its time, is not younger: it is no answer to this one.
    """
    entry = memory.execute(LATEST, (cache_key(*who), time_us)).fetchone()
    if entry is None or time_us - entry[0] >= hours * HOUR_US:
        return None
    document, version_us, *judged, asked = entry[2:]
    found = Found(int(document), int(version_us), entry[1], tuple(judged), int(asked))
    return found if may_read(found.document_id, *who[1:]) else None


def online_spent_eur(memory: sqlite3.Connection, time_us: int) -> float:
    """What the encoder cost so far on the day of a question, EUR."""
    start = time_us - time_us % DAY_US
    return memory.execute(SPENT, (start, start + DAY_US)).fetchone()[0] or 0.0
