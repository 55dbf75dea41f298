"""The service: visits in, slates out, in a process of its own.

It remembers every purchase by its code and by the place that the release of the time gave it, and what the warehouse
says is left of an item: POST /stock. Histories may come from a feature store in another process, see
`serve_histories`: while that does not answer, slates are made without the household's history and say `degraded`.
"""

import json
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import flask
import numpy as np
import pandas as pd
from prometheus_client import Counter, Histogram
from pydantic import BaseModel, Field

from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime, Run, key_header
from case_studies.kit.stream_times import between
from case_studies.recommendation.data import DAY, VISIT, Catalogue
from case_studies.recommendation.features import FEATURES, Ranking
from case_studies.recommendation.lookup import look_up, lookup_app
from case_studies.recommendation.models import Release
from case_studies.recommendation.monitor import seen_window
from case_studies.recommendation.owned_items import DAY_US, HISTORY_DAYS, History, remembered_history
from case_studies.recommendation.shopping import ShoppingLog
from mlsd_lib.serving import RowReader, ServingError, json_body, serve

ADDRESS = "histories.url"
"""A run folder with this file has its histories served by the process whose address, and patience, stand in it."""
PATIENCE_S = 0.1
"""How long a visit waits for its history; a page that comes late is worse than one that is general."""
SCORE_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


class Visit(BaseModel):
    """A household at an item's page: `viewing` is the item's code, `time` local, without a zone."""

    visit_id: Id
    time: LocalTime
    household_id: Id
    viewing: Id


class Purchase(BaseModel):
    """The news that an item was bought at a visit."""

    visit_id: Id
    time: LocalTime
    household_id: Id
    item: Id


class Stock(BaseModel):
    """The news that so many units of an item are left; it is on sale without limit until the first."""

    item: Id
    units: Annotated[int, Field(ge=0, le=10**9)]


class ShopStore(DecisionStore):
    """Purchases with their codes, as they were sent, and the place that each code had (-1: none yet); what is left."""

    schema = """
    CREATE TABLE IF NOT EXISTS purchases (
        visit_id INTEGER NOT NULL, code INTEGER NOT NULL, household_id INTEGER NOT NULL, time_us INTEGER NOT NULL,
        item INTEGER NOT NULL, PRIMARY KEY (visit_id, code)
    );
    CREATE INDEX IF NOT EXISTS by_household ON purchases (household_id, time_us, item);
    CREATE INDEX IF NOT EXISTS by_time ON purchases (time_us, item);
    CREATE TABLE IF NOT EXISTS stock (code INTEGER PRIMARY KEY, units INTEGER NOT NULL);
    """

    dated = ("purchases",)

    def remember_history(self, log: ShoppingLog, now: pd.Timestamp, catalogue: Catalogue) -> "ShopStore":
        """Adds what may be asked about at `now`: the visits and purchases of the last days; the store."""
        recent = between(log.visits["time"], now - HISTORY_DAYS * DAY, now)
        bought = log.purchases[between(log.purchases["time"], now - HISTORY_DAYS * DAY, now)]
        bought = bought.assign(place=catalogue.places(bought["item"].to_numpy()))
        with self.transaction():
            self.remember(log.visits.loc[recent, VISIT], "visit_id")
            self.insert_columns("purchases", bought, ("visit_id", "item", "household_id", "time", "place"))
        return self

    def place_again(self, catalogue: Catalogue, only_unknown: bool = False) -> int:
        """Gives every purchase, or those without one, the place of its code in `catalogue`; how many changed."""
        which = "item < 0" if only_unknown else "TRUE"
        with self.lock:
            rows = self.connection.execute(f"SELECT rowid, code, item FROM purchases WHERE {which}").fetchall()
            rowid, code, item = np.array(rows, dtype=np.int64).reshape(-1, 3).T
            right = catalogue.places(code)
            changed = np.flatnonzero(right != item)
            pairs = zip(right[changed].tolist(), rowid[changed].tolist(), strict=True)
            self.connection.executemany("UPDATE purchases SET item = ? WHERE rowid = ?", pairs)
        return len(changed)

    def note_purchase(self, purchase: Purchase, time_us: int, place: int) -> None:
        """Adds a purchase and takes it from the stock; one that is there already changes nothing."""
        row = (purchase.visit_id, purchase.item, purchase.household_id, time_us, place)
        if self.connection.execute("INSERT OR IGNORE INTO purchases VALUES (?, ?, ?, ?, ?)", row).rowcount:
            self.connection.execute("UPDATE stock SET units = MAX(units - 1, 0) WHERE code = ?", (purchase.item,))

    def sold_out(self) -> list[int]:
        """The codes of which nothing is left."""
        return [code for (code,) in self.connection.execute("SELECT code FROM stock WHERE units = 0")]


class ShopService(DecisionService[Release]):
    """Makes slates by the run's current release and memory."""

    name, id_field, request, report = "recommendation", "visit_id", Visit, Purchase
    features, keep_days = FEATURES, HISTORY_DAYS + 2
    store: ShopStore
    _placed_by = ""

    def __init__(self, run: Run):
        super().__init__(run.registry(), ShopStore(run.store))
        self._address, self._sold = run.path / ADDRESS, np.zeros(0, dtype=np.int64)
        self._degraded = Counter("degraded", "Slates made without a history", registry=self.metrics)
        self._best = Histogram("best_score", "Best candidate's score", registry=self.metrics, buckets=SCORE_BUCKETS)
        self._slates = Counter("slates", "Slates made", ["release"], registry=self.metrics)

    def read(self, folder: Path) -> Release:
        return Release.read(folder)

    def release(self) -> tuple[str, Release]:
        """The current version and its release; a new one places the purchases of items that the last did not know."""
        version, release = super().release()
        if version != self._placed_by:
            self.store.place_again(release.catalogue, only_unknown=True)
            self._placed_by = version
        return version, release

    def decide(self, release: Release, request: Visit, time_us: int) -> Decision:
        """The slate of a visit, and the score of its best candidate."""
        catalogue, midnight_us = release.catalogue, time_us - time_us % DAY_US
        viewing = catalogue.places(np.array([request.viewing]))
        history, degraded = self._history(request.household_id, midnight_us, len(catalogue))
        ranking = Ranking.of(release.index, [history], viewing, midnight_us)
        (places,) = ranking.candidates()
        (seen,) = ranking.features(places[None, :])
        score = release.score(seen)
        slate = release.slate(places, seen, score, request.visit_id, self.store.sold_out())
        answer = {"items": slate.tolist(), **catalogue.names(slate), "score": float(score.max()), "degraded": degraded}
        return Decision(answer, False, seen)

    def _history(self, household: int, midnight_us: int, items: int) -> tuple[History, bool]:
        """The history of a household, or a stranger's where the feature store does not answer; which of the two."""
        if not self._address.exists():
            return remembered_history(self.store.connection, household, midnight_us, items), False
        asked = {"household": household, "midnight_us": midnight_us, "items": items}
        try:
            server = json.loads(self._address.read_text())
            found = look_up(server["url"], server["patience_s"], key_header(Run(self._address.parent)), **asked)
        except ServingError:
            none = np.empty(0, dtype=np.int64)
            return History(none, none, none, np.resize(np.append(self._sold, np.zeros(items)), items)), True
        history = History(**{name: np.array(value, dtype=np.int64) for name, value in found.items()})
        self._sold = history.sold
        return history, False

    def window(self, release: Release, seen: pd.DataFrame) -> pd.DataFrame:
        return seen_window(seen, release)

    def store_report(self, report: Purchase, time_us: int) -> None:
        place = int(self.release()[1].catalogue.places(np.array([report.item]))[0])
        self.store.note_purchase(report, time_us, place)

    def app(self) -> flask.Flask:
        """As every decision service, and POST /stock."""
        app, reader = super().app(), RowReader(Stock, max_rows=1)

        @app.post("/stock")
        def stock() -> flask.Response:
            (stock,), _ = reader.read(json_body())
            with self.store.transaction():
                self.store.connection.execute("INSERT OR REPLACE INTO stock VALUES (:item, :units)", vars(stock))
            return flask.Response(json.dumps(vars(stock)), mimetype="application/json")

        return app

    def count(self, request: Visit, decision: Decision, version: str) -> None:
        self._best.observe(float(decision.answer["score"]))
        self._slates.labels(version).inc()
        self._degraded.inc(int(decision.answer["degraded"]))


def histories_command(run: Run, patience_s: float = PATIENCE_S) -> list[str]:
    """The command that serves a run's histories in a process of its own, for `ServerProcess`."""
    call = "serve_histories(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))"
    code = f"import sys; from {__name__} import serve_histories; {call}"
    return [sys.executable, "-c", code, str(run.path), "{port}", str(patience_s)]


def serve_histories(folder: str, port: int, patience_s: float = PATIENCE_S) -> None:
    """Serves the histories of the run in `folder` until it is ended.

    From then on services of that run ask here, and wait for an answer as long as `patience_s`.
    """
    run = Run(Path(folder))
    store = ShopStore(run.store)

    def found(asked: Mapping[str, int]) -> dict[str, list[int]]:
        with store.lock:
            history = remembered_history(store.connection, asked["household"], asked["midnight_us"], asked["items"])
        return {name: value.tolist() for name, value in vars(history).items()}

    (run.path / ADDRESS).write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "patience_s": patience_s}))
    serve(lookup_app("histories", found, run.path), port, 4)


def app_of(run: Run) -> flask.Flask:
    """The app of a run."""
    return ShopService(run).app()


def restore(run: Run, release: Path) -> int:
    """Places the remembered purchases again as the release in that folder does; how many changed."""
    with closing(ShopStore(run.store)) as store, store.transaction():
        return store.place_again(Release.read(release).catalogue)
