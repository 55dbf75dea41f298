"""The service: questions in, answers with their source or a refusal out, whole or sentence by sentence.

It remembers what was found for a question, so that the next one who asks the same is answered from the cache. What was
streamed is the decision of /predict: it is made and kept before the first sentence leaves.

Who asks is the shop's word, given with the run's key. Without it a question is a stranger's: it is answered from what
everybody may read, by words alone, and leaves nothing: no entry in the cache, no decision under an id of the shop's.
Nor does it hear what the cache holds, which would say what others asked.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import flask
import pandas as pd
from prometheus_client import Counter
from pydantic import BaseModel, Field

from case_studies.assistant.data import LONGEST_TEXT
from case_studies.assistant.features import (
    CACHE_TABLE,
    CACHED,
    FEATURES,
    HOUR_US,
    affords,
    cache_key,
    cached_row,
    online_found,
    online_spent_eur,
)
from case_studies.assistant.models import NAMES, Release
from case_studies.assistant.monitor import window_of
from case_studies.assistant.support_desk import NOBODY
from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime, Run
from case_studies.kit.decision_service import LARGEST_ID
from mlsd_lib.serving.app import json_body
from mlsd_lib.serving.body import RowReader

REFUSAL = "No document that you may read answers this. An agent will write to you."
SENTENCE = re.compile(r"(?<=[.?]) ")


class Question(BaseModel):
    """A customer's question: `time` local, without a zone; who asks, and whether as a dealer, is the shop's word."""

    question_id: Id
    time: LocalTime
    customer_id: Id
    dealer: bool
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class Note(BaseModel):
    """What an agent noted: whether a document answers the question, and which."""

    question_id: Id
    customer_id: Id
    time: LocalTime
    answered: bool
    answered_by: Id


class AssistantStore(DecisionStore):
    """What was found for questions, as the release of the time found it, and the agents' notes."""

    schema = f"""
    {CACHE_TABLE}
    CREATE TABLE IF NOT EXISTS notes (
        question_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, answered INTEGER NOT NULL, answered_by INTEGER
    );
    """
    dated = ("cached", "notes")

    def search_again(self, release: Release) -> int:
        """Searches again, as `release` does, for every entry that may still be read; how many changed."""
        newest_us = self.connection.execute("SELECT MAX(time_us) FROM cached").fetchone()[0] or 0
        young_us = newest_us - release.policy.cache_hours * HOUR_US

        def found(sent: dict[str, Any]) -> list[float] | None:
            if sent["time"] <= young_us:
                return None
            return cached_row(release.find(sent["text"], sent["customer_id"], sent["dealer"]))

        with self.transaction():
            changed = self.derive_columns_again("cached", "question_id", CACHED, found)
            query = "SELECT document_id, question_id FROM cached WHERE time_us > ?"
            rows = self.connection.execute(query, (int(young_us),)).fetchall()
            texts = [(release.index.text_of(int(document)), identity) for document, identity in rows]
            self.connection.executemany("UPDATE cached SET text = ? WHERE question_id = ?", texts)
        return changed


class AssistantService(DecisionService[Release]):
    """Answers questions by the run's current release and memory."""

    name, id_field, request, report = "assistant", "question_id", Question, Note
    features, keep_days = FEATURES, 90
    open_to_strangers, stranger = ("/predict", "/stream"), {"customer_id": NOBODY, "dealer": False}
    store: AssistantStore

    def __init__(self, run: Run):
        super().__init__(run.registry(), AssistantStore(run.store))
        self._actions = Counter("actions", "Questions by action", ["release", "action"], registry=self.metrics)
        self._searches = Counter("searches", "Questions by what found them", ["search"], registry=self.metrics)

    def read(self, folder: Path) -> Release:
        return Release.read(folder)

    def decide(self, release: Release, request: Question, time_us: int) -> Decision:
        """The passage found, from the cache or by a search, and whether the judge lets it answer."""
        memory, may_read, policy = self.store.connection, release.index.may_read, release.policy
        who = (request.text, request.customer_id, request.dealer)
        stranger = request.customer_id == NOBODY
        afforded = not stranger and affords(online_spent_eur(memory, time_us), policy.budget_eur)
        kept = None if stranger else online_found(memory, time_us, who, policy.cache_hours, may_read)
        found = kept or release.find(*who, afforded)
        if kept is None and not stranger:
            row = (request.question_id, time_us, cache_key(*who), found.text, *cached_row(found))
            self.store.insert("cached", [row])
        score = release.support(found)
        answers = score >= policy.threshold
        answer = {
            "score": score,
            "action": "answer" if answers else "refuse",
            "text": found.text if answers else REFUSAL,
            "source": found.document_id if answers else NOBODY,
            "valid_from": pd.Timestamp(found.valid_from_us, unit="us").isoformat() if answers else "",
            "search": "cache" if kept else NAMES[found.asked],
        }
        return Decision(answer, not answers, found.seen(time_us))

    def example(self) -> str | None:
        """As every decision service; before the first question one about a product."""
        text, when = "What is the price of the Aldera 300?", self.release()[1].built
        first = Question(question_id=LARGEST_ID, time=when, customer_id=1, dealer=False, text=text)
        return super().example() or first.model_dump_json()

    def window(self, release: Release, seen: pd.DataFrame) -> pd.DataFrame:
        return window_of(seen, seen["score"].to_numpy(), release.policy.threshold)

    def store_report(self, report: Note, time_us: int) -> None:
        document = report.answered_by if report.answered else None
        self.store.insert("notes", [(report.question_id, time_us, int(report.answered), document)])

    def count(self, request: Question, decision: Decision, version: str) -> None:
        self._actions.labels(version, decision.answer["action"]).inc()
        self._searches.labels(decision.answer["search"]).inc()

    def app(self) -> flask.Flask:
        """As every decision service, and POST /stream: the same question, answered by server-sent events."""
        app, reader = super().app(), RowReader(self.request, max_rows=1)

        @app.post("/stream")
        def stream() -> flask.Response:
            rows, _ = reader.read(json_body())
            (answer,) = self.answer(rows)
            return flask.Response(events(answer), mimetype="text/event-stream")

        return app


def events(answer: dict[str, Any]) -> Iterator[str]:
    """An answer as server-sent events: one `sentence` each, then `done` with the rest of the answer."""
    for sentence in SENTENCE.split(answer["text"]):
        yield f"event: sentence\ndata: {json.dumps({'text': sentence, 'source': answer['source']})}\n\n"
    yield f"event: done\ndata: {json.dumps({name: value for name, value in answer.items() if name != 'text'})}\n\n"


def app_of(run: Run) -> flask.Flask:
    """The app of a run."""
    return AssistantService(run).app()


def restore(run: Run, release: Path) -> int:
    """Searches again for what the cache holds, as the release in that folder does; how many entries changed."""
    with closing(AssistantStore(run.store)) as store:
        return store.search_again(Release.read(release))
