"""The service: posts in, actions out, in a process of its own; the queue for people; an audit trail; erasure.

It remembers what each post's text was read as, so that the next post's features are right, and the strikes when they
arrive. The answers, which are the audit trail, hold no text: who erases an author keeps the record of what was decided.
"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import flask
import numpy as np
import pandas as pd
from prometheus_client import Counter, Histogram
from pydantic import BaseModel, Field

from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime, Run
from case_studies.kit.stream_times import between
from case_studies.moderation.data import LONGEST_TEXT, MESSAGE, strikes_of
from case_studies.moderation.features import FEATURES, HISTORY, hits_of, online_features
from case_studies.moderation.models import Decided, Release
from case_studies.moderation.monitor import window_of
from mlsd_lib.datasets.moderation import PostStream
from mlsd_lib.serving import BadRequest

NOBODY = -1
"""Whose posts those of an erased author become: a thread's history stays, the person's does not."""
AUDIT_DAYS = 184
"""How long a decision and its text are kept: those concerned may complain for at least six months (Regulation (EU)
2022/2065, the Digital Services Act, article 20)."""
HARM_BUCKETS_EUR = (0.1, 0.3, 1, 3, 10, 30, 100)


class Post(BaseModel):
    """A post as the board sends it: `time` local, without a zone."""

    post_id: Id
    time: LocalTime
    author_id: Id
    thread_id: Id
    followers: Annotated[int, Field(ge=0, le=10**9)]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class Verdict(BaseModel):
    """What a person found about a post; `against` says that it breaks the rules."""

    post_id: Id
    author_id: Id
    time: LocalTime
    against: bool


class ModerationStore(DecisionStore):
    """Posts with the hits that the release of the time found in them, strikes, and the queue for people."""

    schema = """
    PRAGMA secure_delete = ON;
    CREATE TABLE IF NOT EXISTS posts (
        post_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, author_id INTEGER NOT NULL, thread_id INTEGER NOT NULL,
        hits REAL NOT NULL
    );
    CREATE TABLE IF NOT EXISTS strikes (
        post_id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, time_us INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS queue (post_id INTEGER PRIMARY KEY, harm_eur REAL NOT NULL, time_us INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS by_author ON posts (author_id, time_us, hits);
    CREATE INDEX IF NOT EXISTS by_thread ON posts (thread_id, time_us, hits);
    CREATE INDEX IF NOT EXISTS by_strike ON strikes (author_id, time_us);
    """

    dated = ("posts", "strikes", "queue")

    def remember_history(self, stream: PostStream, now: pd.Timestamp) -> "ModerationStore":
        """Adds what may be asked about at `now`: the posts and strikes of the last weeks; the store."""
        posts = stream.posts[between(stream.posts["time"], now - pd.Timedelta(HISTORY), now)]
        strikes = strikes_of(stream.posts, stream.truth)
        with self.transaction():
            self.remember(posts[MESSAGE], "post_id")
            self.insert_columns("posts", posts, ["post_id", "time", "author_id", "thread_id", "hits"])
            self.insert_columns("strikes", strikes[strikes["time"] < now], ["post_id", "author_id", "time"])
        return self

    def read_again(self, release: Release) -> int:
        """Finds the hits anew in what was sent, as `release` reads it; how many posts changed.

        Then it decides again about the queue: what waits for people only because it was misread leaves it.
        """

        def hits(sent: dict[str, Any]) -> list[float] | None:
            return [hits_of(release.normaliser.read(sent["text"]))] if "text" in sent else None

        with self.transaction():
            changed = self.derive_columns_again("posts", "post_id", ["hits"], hits)
            for (identity,) in self.connection.execute("SELECT post_id FROM queue").fetchall():
                made = judged(self.connection, release, self.sent(identity) or {})[2]
                harm = (float(made.harm_eur[0]), identity)
                self.connection.execute("UPDATE queue SET harm_eur = ? WHERE post_id = ?", harm)
                if made.action[0] == "keep":
                    self.connection.execute("DELETE FROM queue WHERE post_id = ?", (identity,))
        return changed

    def waiting(self, limit: int) -> list[dict[str, Any]]:
        """What people should look at next: the posts in the queue by expected harm, largest first."""
        query = "SELECT post_id, harm_eur FROM queue ORDER BY harm_eur DESC, post_id LIMIT ?"
        found = self.connection.execute(query, (limit,)).fetchall()
        return [{"post_id": identity, "harm_eur": harm} for identity, harm in found]

    def erase(self, author_id: int) -> int:
        """Forgets what an author wrote and who it was; how many posts. What was decided stays, without text.

        The text is gone from the file as well: what is deleted is overwritten, and the log of writes is emptied.
        """
        with self.transaction():
            query = "SELECT post_id, time_us FROM posts WHERE author_id = ?"
            found = self.connection.execute(query, (author_id,)).fetchall()
            bare = [
                (json.dumps({"post_id": post_id, "time": time, "erased": True}), post_id) for post_id, time in found
            ]
            self.connection.executemany("UPDATE requests SET sent = ? WHERE id = ?", bare)
            self.connection.execute("UPDATE posts SET author_id = ? WHERE author_id = ?", (NOBODY, author_id))
            self.connection.execute("DELETE FROM strikes WHERE author_id = ?", (author_id,))
            self.connection.executemany("DELETE FROM queue WHERE post_id = ?", [(post_id,) for post_id, _ in found])
        with self.lock:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return len(found)


class ModerationService(DecisionService[Release]):
    """Decides about posts by the run's current release and memory."""

    name, id_field, request, report = "moderation", "post_id", Post, Verdict
    features, keep_days = FEATURES, AUDIT_DAYS
    store: ModerationStore

    def __init__(self, run: Run):
        super().__init__(run.registry(), ModerationStore(run.store))
        self._harm = Histogram("expected_harm_eur", "By post", registry=self.metrics, buckets=HARM_BUCKETS_EUR)
        self._actions = Counter("actions", "Posts by action", ["release", "action"], registry=self.metrics)

    def read(self, folder: Path) -> Release:
        return Release.read(folder)

    def decide(self, release: Release, request: Post, time_us: int) -> Decision:
        """What is done, why and by which policy; a post for people goes into the queue."""
        text, features, decision = judged(self.store.connection, release, {**request.model_dump(), "time": time_us})
        row = (request.post_id, time_us, request.author_id, request.thread_id, hits_of(text))
        self.store.insert("posts", [row])
        action, harm = str(decision.action[0]), float(decision.harm_eur[0])
        if action == "review":
            self.store.insert("queue", [(request.post_id, harm, time_us)])
        answer = {
            "score": float(decision.score[0]),
            "harm_eur": harm,
            "action": action,
            "category": str(decision.category[0]),
            "reason": str(decision.reason[0]),
            "model": "expensive" if decision.asked[0] else "cheap",
            "policy": release.policy.version,
        }
        return Decision(answer, action == "review", features)

    def window(self, release: Release, seen: pd.DataFrame) -> pd.DataFrame:
        return window_of(seen, seen["score"].to_numpy(), seen["action"].to_numpy())

    def store_report(self, report: Verdict, time_us: int) -> None:
        """A strike is for whom the post was sent by; an erased author gets none, whom the verdict still names."""
        self.store.connection.execute("DELETE FROM queue WHERE post_id = ?", (report.post_id,))
        if report.against:
            query = "SELECT author_id FROM posts WHERE post_id = ? AND author_id != ?"
            authors = self.store.connection.execute(query, (report.post_id, NOBODY)).fetchall()
            self.store.insert("strikes", [(report.post_id, author, time_us) for (author,) in authors])

    def count(self, request: Post, decision: Decision, version: str) -> None:
        self._harm.observe(decision.answer["harm_eur"])
        self._actions.labels(version, decision.answer["action"]).inc()

    def app(self) -> flask.Flask:
        """As every decision service, and GET /queue, GET /audit/ID, DELETE /authors/ID."""
        app, store = super().app(), self.store

        @app.get("/queue")
        def queue() -> dict[str, Any]:
            with store.lock:
                return {"waiting": store.waiting(limit=50)}

        @app.get("/audit/<int:post_id>")
        def audit(post_id: int) -> dict[str, Any]:
            with store.lock:
                answer = store.answer(post_id) if post_id < 2**53 else None
            if answer is None:
                fix = "Ask for a post that was sent to /predict."
                raise BadRequest(404, "post_id", post_id, "only decided posts have a record", fix)
            return answer

        @app.delete("/authors/<int:author_id>")
        def erase(author_id: int) -> dict[str, Any]:
            erased = store.erase(author_id) if author_id < 2**53 else 0
            if not erased:
                rule, fix = "only a known author is erased", "Correct the id; an erased author is unknown."
                raise BadRequest(404, "author_id", author_id, rule, fix)
            return {"author_id": author_id, "posts_erased": erased}

        return app


def judged(memory: sqlite3.Connection, release: Release, post: Mapping[str, Any]) -> tuple[str, np.ndarray, Decided]:
    """A post as the release reads it, its features from what is older in `memory`, and what is to be done about it.

    `post`: as it was sent, its `time` in microseconds.
    """
    text = release.normaliser.read(post["text"])
    features = online_features(memory, post["time"], post["author_id"], post["thread_id"], post["followers"], text)
    return text, features, release.decide(features[None, :], [text])


def app_of(run: Run) -> flask.Flask:
    """The app of a run."""
    return ModerationService(run).app()


def restore(run: Run, release: Path) -> int:
    """Reads the remembered texts again as the release in that folder does, see `read_again`; how many changed."""
    with closing(ModerationStore(run.store)) as store:
        return store.read_again(Release.read(release))
