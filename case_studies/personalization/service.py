"""The service: a view in, an item for its slot out, in a process of its own.

It remembers every view as it comes, so that the next page's features hold the one before: it reads its own writes.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import flask
import numpy as np
import pandas as pd
from prometheus_client import Counter, Histogram
from pydantic import BaseModel, Field

from case_studies.personalization.data import MESSAGE
from case_studies.personalization.features import online_features
from case_studies.personalization.models import Release
from mlsd_lib.datasets.personalization import PageStream
from mlsd_lib.datasets.personalization_simulator import CATEGORIES, ITEM_CATEGORY, POSITIONS
from mlsd_lib.modeling import Run
from mlsd_lib.serving import Decision, DecisionService, DecisionStore, Id, LocalTime

PROPENSITY_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9, 1.0)


class View(BaseModel):
    """A page that asks for the item of one slot: `time` local, without a zone; the category being looked at."""

    request_id: Id
    time: LocalTime
    visitor_id: Id
    category: Annotated[int, Field(ge=0, lt=CATEGORIES)]
    position: Annotated[int, Field(ge=1, le=POSITIONS)]


class Click(BaseModel):
    """The news that the item shown in a slot was clicked."""

    request_id: Id
    visitor_id: Id
    time: LocalTime


class PageStore(DecisionStore):
    """Views under the category in which they were filed, what was shown with which propensity, and clicks.

    `shown.propensity` is empty where what was drawn is not what was shown.
    """

    schema = """
    CREATE TABLE IF NOT EXISTS views (
        request_id INTEGER PRIMARY KEY, visitor_id INTEGER NOT NULL, time_us INTEGER NOT NULL, category INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS shown (
        request_id INTEGER PRIMARY KEY, item INTEGER NOT NULL, propensity REAL, release TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS clicks (request_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS by_visitor ON views (visitor_id, time_us, category);
    """

    def remember_history(self, stream: PageStream, now: pd.Timestamp) -> "PageStore":
        """Adds the views before `now`, what was shown in them, and the clicks reported by then; the store."""
        known = (stream.views["time"] < now).to_numpy()
        views, log = stream.views[known], stream.log[known]
        ids, reported = views["request_id"].tolist(), (log["label_time"] < now).to_numpy()
        with self.transaction():
            self.remember(views[MESSAGE], "request_id")
            self.insert("views", _rows(ids, views["visitor_id"], _microseconds(views["time"]), views["category"]))
            self.insert("shown", _rows(ids, log["item"], log["propensity"], ["history"] * len(ids)))
            clicked = views["request_id"][reported].tolist()
            self.insert("clicks", _rows(clicked, _microseconds(log["label_time"][reported])))
        return self

    def derive_again(self, releases: dict[str, Release]) -> int:
        """Files every view as it was sent, and empties the propensities that a rule made false; how many changed."""
        with self.transaction():
            filed = dict(self.connection.execute("SELECT request_id, category FROM views").fetchall())
            wrong = [(sent["category"], one) for one, sent in self.all_sent() if sent["category"] != filed[one]]
            self.connection.executemany("UPDATE views SET category = ? WHERE request_id = ?", wrong)
            false: list[tuple[int]] = []
            for version, release in releases.items():
                query = "SELECT request_id FROM shown WHERE release = ? AND propensity IS NOT NULL"
                ids = np.array([row[0] for row in self.connection.execute(query, (version,))], dtype=np.int64)
                false += [(int(one),) for one in ids[release.overrides(ids)]]
            self.connection.executemany("UPDATE shown SET propensity = NULL WHERE request_id = ?", false)
        return len(wrong) + len(false)


class PageService(DecisionService[Release]):
    """Chooses the items of slots by the run's current release and memory."""

    name, id_field, request, report = "personalization", "request_id", View, Click

    def __init__(self, run: Run):
        super().__init__(run.registry(), PageStore(run.store))
        self._propensity = Histogram(
            "slot_propensity", "Logged propensities", registry=self.metrics, buckets=PROPENSITY_BUCKETS
        )
        self._shown = Counter("slots_shown", "Slots by what was shown", ["release", "category"], registry=self.metrics)

    def read(self, folder: Path) -> Release:
        return Release.read(folder)

    def decide(self, release: Release, request: View, time_us: int) -> Decision:
        """The item of the slot, its propensity, and the chance of a click that the model gave to what it drew."""
        identity = np.array([request.request_id])
        category = int(release.filed(np.array([request.category]), identity)[0])
        seen = online_features(self.store.connection, time_us, request.visitor_id, category, request.position)
        shown = release.decide(seen[None, :], identity)
        item, propensity, score = int(shown.item[0]), float(shown.propensity[0]), float(shown.score[0])
        self.store.insert("views", [(request.request_id, request.visitor_id, time_us, category)])
        version = self.registry.current or "none"
        self.store.insert("shown", [(request.request_id, item, propensity, version)])
        return Decision({"item": item, "propensity": propensity, "score": score}, False, seen)

    def note(self, report: Click, time_us: int) -> None:
        self.store.insert("clicks", [(report.request_id, time_us)])

    def count(self, request: View, decision: Decision, version: str) -> None:
        self._propensity.observe(decision.answer["propensity"])
        self._shown.labels(version, str(ITEM_CATEGORY[decision.answer["item"]])).inc()


def app_of(run: Run) -> flask.Flask:
    """The app of a run."""
    return PageService(run).app()


def restore(run: Run, release: Path) -> int:
    """Derives the memory again from what was sent and from every release that decided; how many rows changed."""
    store, decided = (
        PageStore(run.store),
        {one.name: Release.read(one) for one in release.parent.iterdir() if one.is_dir()},
    )
    try:
        return store.derive_again(decided)
    finally:
        store.close()


def _rows(*columns: Iterable[Any]) -> list[Sequence[Any]]:
    listed = [column.tolist() if isinstance(column, pd.Series) else list(column) for column in columns]
    return list(zip(*listed, strict=True))


def _microseconds(time: pd.Series) -> list[int]:
    return time.to_numpy().astype("datetime64[us]").astype(np.int64).tolist()
