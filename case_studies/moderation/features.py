"""What the cheap model sees of a post: computed for whole tables, and for one post at a time.

Five numbers say what stands in the text as the release reads it; five say what its author and its thread did before.
`hits` are words of a list that people keep; `unread` is the share of words that mix scripts, which nobody writes by
accident and no word list understands. Author and thread are remembered as the release of the time read them, so a
release that reads wrongly leaves its mistakes in the history of every author.
"""

import math
import re
import sqlite3

import numpy as np
import pandas as pd

from case_studies.moderation.data import strikes_of
from mlsd_lib.data import WindowIndex

INSULT_WORDS = frozenset({"turnip", "donkey", "noodle", "muppet", "pudding", "goose", "clown"})
SCAM_WORDS = frozenset({"prize", "voucher", "jackpot", "giveaway", "cashback", "lottery", "click", "claim"})
LISTED_WORDS = INSULT_WORDS | SCAM_WORDS
"""Lists that people keep by hand: nearly complete on the day they are written. No word is in both."""
WORD = re.compile(r"\w+")
LATIN = re.compile(r"[a-z]")
DAY_US = 86_400_000_000
POSTS_DAYS, STRIKES_DAYS, THREAD_DAYS = 7, 30, 2
HISTORY = np.timedelta64(STRIKES_DAYS, "D")
"""How far back a feature looks: a model's first rows, and the service's memory, need that much before them."""
OF_TEXT = ("words", "insult_hits", "scam_hits", "unread", "about_you")
FEATURES = (
    *OF_TEXT,
    "log_followers",
    "author_posts_7d",
    "author_hits_7d",
    "author_strikes_30d",
    "thread_posts_2d",
    "thread_hits_2d",
)


def text_features(text: str) -> tuple[float, float, float, float, float]:
    """`OF_TEXT` of one text as the release reads it."""
    words = WORD.findall(text)
    mixed = 0 if text.isascii() else sum(not word.isascii() and LATIN.search(word) is not None for word in words)
    insults, scams = (float(sum(map(known.__contains__, words))) for known in (INSULT_WORDS, SCAM_WORDS))
    return float(len(words)), insults, scams, mixed / max(len(words), 1), float("you" in words)


def hits_of(read: str) -> float:
    """Words of either list in a text as it was read."""
    return float(sum(map(LISTED_WORDS.__contains__, WORD.findall(read))))


def as_read(posts: pd.DataFrame, read: np.ndarray) -> pd.DataFrame:
    """The posts with each text as a release `read` it, (n,), and the `hits` in it: what a history is made of."""
    return posts.assign(read=read, hits=[hits_of(text) for text in read])


def features_of(posts: pd.DataFrame, truth: pd.DataFrame, first: int = 0) -> pd.DataFrame:
    """One row of `FEATURES` a post, from row `first` on; of `truth` only annotators' verdicts and their times are used.

    `posts` has, beside what was sent, the columns of `as_read`, by the release of each post's time.
    """
    asked, hits = posts.iloc[first:], posts["hits"].to_numpy(float)
    found = np.array([text_features(text) for text in asked["read"]]).reshape(-1, len(OF_TEXT))
    columns = dict(zip(OF_TEXT, found.T, strict=True))
    columns["log_followers"] = np.log1p(asked["followers"].to_numpy(float))
    time = asked["time"].to_numpy()
    for who, days in (("author", POSTS_DAYS), ("thread", THREAD_DAYS)):
        index = WindowIndex(posts[f"{who}_id"].to_numpy(), posts["time"].to_numpy(), hits)
        count, total = index.totals(asked[f"{who}_id"].to_numpy(), time, np.timedelta64(days, "D"))
        columns[f"{who}_posts_{days}d"], columns[f"{who}_hits_{days}d"] = count.astype(float), total
    strikes = strikes_of(posts, truth)
    index = WindowIndex(strikes["author_id"].to_numpy(), strikes["time"].to_numpy(), np.ones(len(strikes)))
    columns["author_strikes_30d"] = index.totals(asked["author_id"].to_numpy(), time, HISTORY)[0].astype(float)
    return pd.DataFrame({name: columns[name] for name in FEATURES}, index=pd.Index(asked["post_id"], name="post_id"))


def _window(table: str, group: str, days: int, what: str) -> str:
    where = f"{group} = :group AND time_us >= :time_us - {days * DAY_US} AND time_us < :time_us"
    return f"SELECT {what} FROM {table} WHERE {where}"


AUTHOR_POSTED = _window("posts", "author_id", POSTS_DAYS, "COUNT(*), SUM(hits)")
THREAD_POSTED = _window("posts", "thread_id", THREAD_DAYS, "COUNT(*), SUM(hits)")
AUTHOR_STRUCK = _window("strikes", "author_id", STRIKES_DAYS, "COUNT(*)")


def online_features(
    memory: sqlite3.Connection, time_us: int, author_id: int, thread_id: int, followers: int, read: str
) -> np.ndarray:
    """The features of one post, (11,), in the order of `FEATURES`, from what is older than it in `memory`.

    `memory` has the tables `posts` (author_id, thread_id, time_us, hits) and `strikes` (author_id, time_us).
    """

    def totals(query: str, group: int) -> list[float]:
        return [x or 0 for x in memory.execute(query, {"group": group, "time_us": time_us}).fetchone()]

    of_author, of_thread = totals(AUTHOR_POSTED, author_id), totals(THREAD_POSTED, thread_id)
    struck = totals(AUTHOR_STRUCK, author_id)
    return np.array([*text_features(read), math.log1p(followers), *of_author, *struck, *of_thread], dtype=float)
