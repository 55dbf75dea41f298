"""Readings in, checks out."""

from pydantic import BaseModel

from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime
from case_studies.tiny import policy
from case_studies.tiny.features import FEATURES, online_features
from case_studies.tiny.models import Release
from case_studies.tiny.monitor import window_of


class Reading(BaseModel):
    reading_id: Id
    time: LocalTime
    machine_id: Id
    degrees: float


class Failure(BaseModel):
    reading_id: Id
    time: LocalTime
    machine_id: Id


class Store(DecisionStore):
    schema = """
    CREATE TABLE IF NOT EXISTS heat (reading_id INTEGER PRIMARY KEY, machine_id INTEGER, degrees REAL);
    CREATE TABLE IF NOT EXISTS failures (reading_id INTEGER PRIMARY KEY, machine_id INTEGER);
    """

    def fill(self, history):
        with self.transaction():
            self.remember(history[["reading_id", "time", "machine_id", "degrees"]], "reading_id")
            self.insert("heat", history[["reading_id", "machine_id", "degrees"]].to_numpy().tolist())
            failed = history[history["failed_at"] < history["time"].max()]
            self.insert("failures", failed[["reading_id", "machine_id"]].to_numpy().tolist())


class Service(DecisionService):
    name, id_field, request, report = "tiny", "reading_id", Reading, Failure
    features, keep_days = FEATURES, 60

    def read(self, folder):
        return Release.read(folder)

    def decide(self, release, request, time_us):
        degrees = request.degrees * release.unit
        seen = online_features(self.store.connection, request.machine_id, degrees)
        self.store.insert("heat", [(request.reading_id, request.machine_id, degrees)])
        score = float(release.score(seen))
        check = score >= release.threshold and self.store.acted_on_day_of(time_us) < policy.CHECKS_PER_DAY
        return Decision({"score": score, "check": check}, check, seen)

    def window(self, release, seen):
        return window_of(seen, seen["score"], release.threshold)

    def store_report(self, report, time_us):
        self.store.insert("failures", [(report.reading_id, report.machine_id)])


def app_of(run):
    return Service(run.registry(), Store(run.store)).app()


def restore(run, release):
    store, unit = Store(run.store), Release.read(release).unit
    with store.transaction():
        right = [(sent["degrees"] * unit, number) for number, sent in store.all_sent()]
        store.connection.executemany("UPDATE heat SET degrees = ? WHERE reading_id = ?", right)
    return len(right)
