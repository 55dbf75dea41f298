"""The service: a view in, an item for its slot out, in a process of its own.

It remembers every view as it comes, so that the next page's features hold the one before: it reads its own writes.
"""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import flask
import numpy as np
import pandas as pd
from prometheus_client import Counter, Histogram
from pydantic import BaseModel, Field

from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime, Run
from case_studies.personalization.data import MESSAGE
from case_studies.personalization.features import FEATURES, online_features
from case_studies.personalization.models import Release
from case_studies.personalization.monitor import window_of
from mlsd_lib.datasets.personalization import PageStream
from mlsd_lib.datasets.personalization_simulator import CATEGORIES, ITEM_CATEGORY, POSITIONS
from mlsd_lib.serving import BadRequest

KEEP_DAYS = 60
"""How long the log is kept: the four weeks that a model learns from, twice."""
PROPENSITY_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9, 1.0)


class View(BaseModel):
    """One slot of a page: `time` local, without a zone; the category that the page is about; the position of the slot.

    The slots of a page may come one by one; they have its `page_id`, visitor and time in common.
    """

    request_id: Id
    page_id: Id
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
    """Pages under the category in which they were filed, what was shown with which propensity, and clicks.

    `shown.propensity` is empty where what was drawn is not what was shown.
    """

    schema = """
    CREATE TABLE IF NOT EXISTS pages (
        page_id INTEGER PRIMARY KEY, visitor_id INTEGER NOT NULL, time_us INTEGER NOT NULL, category INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS shown (
        request_id INTEGER PRIMARY KEY, item INTEGER NOT NULL, propensity REAL, release TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS clicks (request_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS by_visitor ON pages (visitor_id, time_us, category);
    """

    dated = ("pages",)

    def forget_own(self, before_us: int) -> None:
        """What was shown, and clicked, goes with its request."""
        for table in ("shown", "clicks"):
            query = f"DELETE FROM {table} WHERE request_id IN (SELECT id FROM requests WHERE time_us < ?)"
            self.connection.execute(query, (before_us,))

    def remember_history(self, stream: PageStream, now: pd.Timestamp) -> "PageStore":
        """Adds the views before `now`, what was shown in them, and the clicks reported by then; the store."""
        known = (stream.views["time"] < now).to_numpy()
        views = stream.views[known].assign(release="history")
        log = stream.log[known].join(views)
        clicked = log[log["label_time"] < now]
        with self.transaction():
            self.remember(views[MESSAGE], "request_id")
            pages = views.drop_duplicates("page_id")
            self.insert_columns("pages", pages, ["page_id", "visitor_id", "time", "category"])
            self.insert_columns("shown", log, ["request_id", "item", "propensity", "release"])
            self.insert_columns("clicks", clicked.assign(time=clicked["label_time"]), ["request_id", "time"])
        return self

    def derive_again(self, releases: dict[str, Release]) -> int:
        """Files every page as it was sent, and empties the propensities that a rule made false; how many changed."""
        with self.transaction():
            sent, changed = dict(self.all_sent()), 0
            filed = dict(self.connection.execute("SELECT page_id, category FROM pages"))
            wrong = {
                (request["category"], page)
                for request in sent.values()
                if request["category"] != filed[page := request["page_id"]]
            }
            self.connection.executemany("UPDATE pages SET category = ? WHERE page_id = ?", wrong)
            for version, release in releases.items():
                query = "SELECT request_id FROM shown WHERE release = ? AND propensity IS NOT NULL"
                ids = [row[0] for row in self.connection.execute(query, (version,))]
                page, position = (
                    np.array([sent[request_id][name] for request_id in ids], int) for name in ("page_id", "position")
                )
                false = [(ids[row],) for row in np.flatnonzero(release.overrides(page, position))]
                self.connection.executemany("UPDATE shown SET propensity = NULL WHERE request_id = ?", false)
                changed += len(false)
        return len(wrong) + changed


class PageService(DecisionService[Release]):
    """Chooses the items of slots by the run's current release and memory."""

    name, id_field, request, report = "personalization", "request_id", View, Click
    features, keep_days = FEATURES, KEEP_DAYS

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
        page = np.array([request.page_id])
        category = int(release.filed(np.array([request.category]), page)[0])
        category = self._page(request, time_us, category)
        seen = online_features(self.store.connection, time_us, request.visitor_id, category, request.position)
        shown = release.decide(seen[None, :], page)
        item, propensity, score = int(shown.item[0]), float(shown.propensity[0]), float(shown.score[0])
        self.store.insert("shown", [(request.request_id, item, propensity, self.version_of(release))])
        return Decision({"item": item, "propensity": propensity, "score": score}, False, seen)

    def _page(self, request: View, time_us: int, category: int) -> int:
        """The category of a slot's page, filed with its first slot. Raises `BadRequest` for a slot of another page."""
        self.store.insert("pages", [(request.page_id, request.visitor_id, time_us, category)])
        query = "SELECT visitor_id, time_us, category FROM pages WHERE page_id = ?"
        *known, filed = self.store.connection.execute(query, (request.page_id,)).fetchone()
        if known != [request.visitor_id, time_us]:
            rule, fix = "the slots of a page have its visitor and its time", "Give a new page an id of its own."
            raise BadRequest(422, "page_id", request.page_id, rule, fix)
        return int(filed)

    def window(self, release: Release, seen: pd.DataFrame) -> pd.DataFrame:
        return window_of(seen, release.logged(seen, FEATURES))

    def store_report(self, report: Click, time_us: int) -> None:
        self.store.insert("clicks", [(report.request_id, time_us)])

    def count(self, request: View, decision: Decision, version: str) -> None:
        self._propensity.observe(decision.answer["propensity"])
        self._shown.labels(version, str(ITEM_CATEGORY[decision.answer["item"]])).inc()


def app_of(run: Run) -> flask.Flask:
    """The app of a run."""
    return PageService(run).app()


def restore(run: Run, release: Path) -> int:
    """Derives the memory again from what was sent and from every release that decided; how many rows changed."""
    decided = {folder.name: Release.read(folder) for folder in release.parent.iterdir() if folder.is_dir()}
    with closing(PageStore(run.store)) as store:
        return store.derive_again(decided)
