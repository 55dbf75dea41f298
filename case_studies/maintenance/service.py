"""The service: readings in, decisions out, in a process of its own.

It remembers every reading, so that the next one's features are right. Readings of a gateway that lost its connection
may come late, in any order, and twice: a window goes by when a reading was taken, and a reading counts once.
"""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

import flask
import pandas as pd
from prometheus_client import Counter
from pydantic import BaseModel, Field

from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime, Run
from case_studies.maintenance.data import MESSAGE, RANGES, SENT_PER_UNIT, Calibration, sent
from case_studies.maintenance.features import FEATURES, FIRST_DAYS, online_features
from case_studies.maintenance.labels import CAP_DAYS
from case_studies.maintenance.models import Release, risk
from case_studies.maintenance.monitor import window_of
from mlsd_lib.datasets.fleet_simulator import SENSORS
from mlsd_lib.serving import BadRequest

KEEP_DAYS = 90
"""How long readings are kept; those of a unit's first days as long as the unit sends any."""
Sent = Annotated[float, Field(ge=-1e6, le=1e6)]


class Reading(BaseModel):
    """A reading as its gateway sends it: `time` is when it was taken, without a zone; sensors in units of their own."""

    reading_id: Id
    time: LocalTime
    unit_id: Id
    sensor_model: Literal["A", "B", "C"]
    age_days: Annotated[int, Field(ge=0, le=20_000)]
    load: Annotated[float, Field(ge=0, le=3)]
    vibration: Sent
    temperature: Sent
    pressure: Sent


class Failure(BaseModel):
    """The news that a unit has failed, under the id of a reading of it."""

    reading_id: Id
    unit_id: Id
    time: LocalTime


class MaintenanceStore(DecisionStore):
    """Readings in units, as the release of the time read them; failures; replacements that were ordered."""

    schema = """
    CREATE TABLE IF NOT EXISTS readings (
        reading_id INTEGER PRIMARY KEY, unit_id INTEGER NOT NULL, time_us INTEGER NOT NULL, age_days INTEGER NOT NULL,
        vibration REAL NOT NULL, temperature REAL NOT NULL, pressure REAL NOT NULL
    );
    CREATE TABLE IF NOT EXISTS failures (unit_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS orders (unit_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS by_unit ON readings (unit_id, time_us);
    """

    def forget_own(self, before_us: int) -> None:
        """Readings go by their age, but for the first ones of a unit that still sends; then what is known of a unit."""
        alive = "SELECT unit_id FROM readings WHERE time_us >= :before"
        young = f"age_days < {FIRST_DAYS} AND unit_id IN ({alive})"
        query = f"DELETE FROM readings WHERE time_us < :before AND NOT ({young})"
        self.connection.execute(query, {"before": before_us})
        for table in ("failures", "orders"):
            self.connection.execute(f"DELETE FROM {table} WHERE unit_id NOT IN (SELECT unit_id FROM readings)")

    def remember_history(self, readings: pd.DataFrame) -> "MaintenanceStore":
        """Adds readings of the past, in units; the store."""
        with self.transaction():
            self.remember(sent(readings)[MESSAGE], "reading_id")
            self.insert_columns("readings", readings, ("reading_id", "unit_id", "time", "age_days", *SENSORS))
        return self

    def calibrate_again(self, calibration: Calibration) -> int:
        """Computes every reading anew from what was sent, as `calibration` reads it; how many changed."""

        def right(sent: dict[str, Any]) -> list[float]:
            return calibration.parsed_one(sent["sensor_model"], sent["time"], (sent[name] for name in SENSORS))

        with self.transaction():
            return self.derive_columns_again("readings", "reading_id", SENSORS, right)


class MaintenanceService(DecisionService[Release]):
    """Decides about units by the run's current release and memory."""

    name, id_field, request, report = "maintenance", "reading_id", Reading, Failure
    features, keep_days = FEATURES, KEEP_DAYS

    def __init__(self, run: Run):
        super().__init__(run.registry(), MaintenanceStore(run.store))
        self._replaced = Counter("replacements", "Replacements ordered", ["release"], registry=self.metrics)
        self._by_model = Counter("readings", "Readings taken", ["sensor_model"], registry=self.metrics)

    def read(self, folder: Path) -> Release:
        return Release.read(folder)

    def decide(self, release: Release, request: Reading, time_us: int) -> Decision:
        """Remaining life with its interval, and whether the unit is replaced: once, and while the crew has room."""
        sent_values = [getattr(request, name) for name in SENSORS]
        _require_in_range(request.sensor_model, sent_values)
        values = release.calibration.parsed_one(request.sensor_model, time_us, sent_values)
        key = (request.reading_id, request.unit_id, time_us, request.age_days)
        self.store.insert("readings", [(*key, *values)])
        seen = online_features(self.store.connection, *key[1:], request.load, values)
        days = float(release.remaining(seen[None, :])[0])
        wanted = bool(release.policy.value(float(risk(days)), request.age_days) >= release.threshold)
        free = self.store.acted_on_day_of(time_us) < release.policy.crew_per_day
        replace = wanted and free and self._order(request.unit_id, time_us)
        answer = {
            "score": float(risk(days)),
            "remaining_days": days,
            "low_days": max(days - release.margin_days, 0.0),
            "high_days": min(days + release.margin_days, float(CAP_DAYS)),
            "wanted": wanted,
            "replace": replace,
        }
        return Decision(answer, replace, seen)

    def window(self, release: Release, seen: pd.DataFrame) -> pd.DataFrame:
        with self.store.lock:
            sent = [self.store.sent(identity) or {} for identity in seen["reading_id"].tolist()]
        return window_of(seen, pd.Series([reading.get("sensor_model", "") for reading in sent]))

    def _order(self, unit_id: int, time_us: int) -> bool:
        """Orders the replacement of a unit; False if it was ordered before."""
        before = self.store.connection.total_changes
        self.store.insert("orders", [(unit_id, time_us)])
        return self.store.connection.total_changes > before

    def store_report(self, report: Failure, time_us: int) -> None:
        self.store.insert("failures", [(report.unit_id, time_us)])

    def count(self, request: Reading, decision: Decision, version: str) -> None:
        self._by_model.labels(request.sensor_model).inc()
        self._replaced.labels(version).inc(int(decision.acted))


def _require_in_range(sensor_model: str, values: list[float]) -> None:
    """Refuses what no sensor of that model can send, whatever a release makes of it."""
    for (name, limits), value, per_unit in zip(RANGES.items(), values, SENT_PER_UNIT[sensor_model], strict=True):
        low, high = (limit * per_unit for limit in limits)
        if not low <= value <= high:
            rule = f"sensor model {sensor_model} sends a {name} from {low:g} to {high:g}"
            raise BadRequest(422, name, value, rule, "Check the unit and the sensor model.")


def app_of(run: Run) -> flask.Flask:
    """The app of a run."""
    return MaintenanceService(run).app()


def restore(run: Run, release: Path) -> int:
    """Reads the remembered readings again as the release in that folder does; how many changed."""
    with closing(MaintenanceStore(run.store)) as store:
        return store.calibrate_again(Release.read(release).calibration)
