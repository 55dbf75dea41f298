"""A decision service on a small case of its own: machines send temperatures, hot ones get one of the day's two checks.

The tests of all case studies try the same on each case, over HTTP; here stand the parts of which they are made.
"""

import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pydantic
import pytest

from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime, ModelRegistry, Run, microseconds
from case_studies.kit.decision_store import BUSY_S
from mlsd_lib.serving import BadRequest
from tests.case_studies.services import with_key
from tests.waiting import PATIENCE_S


class Reading(pydantic.BaseModel):
    reading_id: Id
    time: LocalTime
    machine: Id
    degrees: float


class Failure(pydantic.BaseModel):
    reading_id: Id
    time: LocalTime
    machine: Id


class Store(DecisionStore):
    schema = """
    CREATE TABLE IF NOT EXISTS heat (id INTEGER PRIMARY KEY, machine INTEGER, degrees REAL);
    CREATE TABLE IF NOT EXISTS failures (id INTEGER PRIMARY KEY, machine INTEGER);
    """


class Service(DecisionService[float]):
    name, id_field, request, report = "machines", "reading_id", Reading, Failure

    def read(self, folder: Path) -> float:
        return float((folder / "limit").read_text())

    def decide(self, release: float, request: Reading, time_us: int) -> Decision:
        if request.degrees == 13:
            raise RuntimeError("fails")
        query = "SELECT COUNT(*), TOTAL(degrees) FROM heat WHERE machine = ?"
        count, total = self.store.connection.execute(query, (request.machine,)).fetchone()
        self.store.insert("heat", [(request.reading_id, request.machine, request.degrees)])
        check = request.degrees > release and self.store.acted_on_day_of(time_us) < 2
        return Decision({"check": check, "mean": total / max(count, 1)}, check, np.array([request.degrees, count]))

    def store_report(self, report: Failure, time_us: int) -> None:
        self.store.insert("failures", [(report.reading_id, report.machine)])

    def count(self, request, decision, version):
        self.counted.append((request.reading_id, decision.acted, version))


def limit(value):
    return lambda folder: (folder / "limit").write_text(str(value))


@pytest.fixture
def service(tmp_path):
    registry = ModelRegistry(tmp_path / "releases", iter(range(100)).__next__)
    registry.add("v1", limit(50))
    registry.promote("v1", "first")
    made = Service(registry, Store(tmp_path / "store.db"))
    made.counted = []
    return made


def reading(number, degrees=60.0, machine=1, time="2026-03-01T10:00:00"):
    return Reading(reading_id=number, time=time, machine=machine, degrees=degrees)


def test_each_request_is_part_of_the_history_of_the_next_even_within_a_batch(service):
    answers = service.answer([reading(1, 40), reading(2, 60), reading(3, 70, machine=2), reading(4, 50)])
    assert [answer["mean"] for answer in answers] == [0, 40, 0, 50]
    assert [answer["check"] for answer in answers] == [False, True, True, False]
    assert [tuple(answer) for answer in answers] == [("reading_id", "check", "mean", "release")] * 4


def test_a_request_sent_twice_is_answered_alike_whatever_has_happened_since(service):
    first = service.answer([reading(1)])
    service.answer([reading(2, 90)])
    service.registry.add("v2", limit(80))
    service.registry.promote("v2", "stricter")
    assert service.answer([reading(1)]) == first
    assert service.answer([reading(3, 70)])[0]["release"] == "v2"
    service.registry.rollback("too strict")
    assert service.answer([reading(4, 70, time="2026-03-02T10:00:00")])[0] | {"mean": 0} == {
        "reading_id": 4, "check": True, "mean": 0, "release": "v1",
    }  # fmt: skip
    assert service.counted == [(1, True, "v1"), (2, True, "v1"), (3, False, "v2"), (4, True, "v1")]


def test_a_request_that_fails_leaves_nothing_of_its_batch(service):
    with pytest.raises(RuntimeError):
        service.answer([reading(1), reading(2, 13)])
    assert service.counted == []
    assert service.answer([reading(1, 55)])[0]["mean"] == 0


def test_a_day_has_only_so_many_places_whatever_comes_and_the_next_has_its_own(service):
    today = service.answer([reading(number) for number in range(5)])
    assert [answer["check"] for answer in today] == [True, True, False, False, False]
    late, tomorrow = "2026-03-01T23:59:59.999999", "2026-03-02T00:00:00"
    assert [answer["check"] for answer in service.answer([reading(8, time=late), reading(9, time=tomorrow)])] == [
        False,
        True,
    ]


def test_a_past_request_is_known_without_a_decision(service):
    past = pd.DataFrame({"reading_id": [7], "time": pd.to_datetime(["2026-02-01"]), "machine": [1], "degrees": [20.0]})
    service.store.remember(past, "reading_id")
    assert service.store.answer(7) is None
    with pytest.raises(BadRequest, match="names one request"):
        service.answer([reading(7, 21, time="2026-02-01")])
    assert service.answer([reading(7, 20, time="2026-02-01")])[0]["check"] is False


def failure(number=1, machine=1, time="2026-03-05T10:00:00"):
    return Failure(reading_id=number, time=time, machine=machine)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"number": 2}, 404, "reading_id"),
        ({"machine": 2}, 422, "machine"),
        ({"time": "2026-03-01T09:59:59"}, 422, "time"),
    ],
)
def test_a_report_that_fits_no_request_is_refused_and_the_right_one_counted_once(service, change, status, field):
    service.answer([reading(1)])
    with pytest.raises(BadRequest) as refused:
        service.take_report(failure(**change))
    assert (refused.value.status, refused.value.field) == (status, field)
    for _ in range(2):
        service.take_report(failure())
    assert service.store.connection.execute("SELECT * FROM failures").fetchall() == [(1, 1)]


def test_threads_share_the_capacity_of_a_day(service):
    answers = []
    threads = [
        threading.Thread(target=lambda n=n: answers.extend(service.answer([reading(n, machine=n)]))) for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    assert sum(answer["check"] for answer in answers) == 2


def test_a_service_without_a_release_does_not_start(tmp_path):
    from mlsd_lib.modeling import ModelingError

    with pytest.raises(ModelingError, match="no version 'none'"):
        Service(ModelRegistry(tmp_path / "releases", lambda: 0.0), Store(tmp_path / "store.db"))


def test_over_http_a_report_is_taken_and_a_reader_of_the_file_sees_what_was_decided(service):
    client = with_key(service.app(), Run(service.store.path.parent))
    body = {"reading_id": 1, "time": "2026-03-01T10:00:00", "machine": 1, "degrees": 60}
    answer = client.post("/predict", json=body)
    report = {"reading_id": 1, "time": "2026-03-01T11:00:00", "machine": 1}
    assert client.post("/reports", json=report).get_json() == {"reading_id": 1, "reported": True}
    assert client.get("/healthz").get_json() == {"name": "machines", "version": "v1"}
    assert client.get("/readyz").get_json() == {"name": "machines", "version": "v1", "ready": True}
    with sqlite3.connect(service.store.path) as reader:
        assert reader.execute("SELECT COUNT(*) FROM decisions").fetchone() == (1,)
    decided = DecisionStore(service.store.path).decided(["degrees", "count"])
    assert decided.iloc[0].to_dict() == answer.get_json() | {
        "time": pd.Timestamp("2026-03-01 10:00"), "degrees": 60.0, "count": 0.0,
    }  # fmt: skip


def test_decided_rows_stand_in_order_of_time_and_one_for_each_object_that_was_ranked(tmp_path):
    store, noon = DecisionStore(tmp_path / "store.db"), microseconds(pd.Timestamp("2026-03-01 12:00"))
    slate = Decision({"shown": [3, 4]}, True, np.array([[1.0, 2.0], [3.0, 4.0]]))
    store.keep(5, {"time": noon + 1}, slate)
    store.keep(6, {"time": noon}, Decision({"shown": []}, False, np.empty((0, 2))))
    store.keep(7, {"time": noon}, Decision({"shown": [9]}, True, np.array([5.0, 6.0])))
    table = store.decided(["a", "b"])
    assert table[["a", "b"]].to_numpy().tolist() == [[5, 6], [1, 2], [3, 4]]
    assert table["shown"].tolist() == [[9], [3, 4], [3, 4]]
    assert len(store.decided(["a", "b"], after=np.int64(6))) == 1
    assert store.decided(["a", "b"], after=7).empty
    assert [identity for identity, _ in store.all_sent()] == [6, 7, 5]


def test_what_was_derived_wrongly_is_derived_again_from_what_was_sent(service):
    store = service.store
    service.answer([reading(1, 40), reading(2, 60)])
    with store.transaction():
        store.connection.execute("UPDATE heat SET degrees = 4 WHERE id = 1")
        store.connection.execute("DELETE FROM heat WHERE id = 2")
        changed = [
            store.derive_columns_again("heat", "id", ["degrees"], lambda sent: [sent["degrees"]]) for _ in range(2)
        ]
    assert changed == [1, 0]
    assert store.connection.execute("SELECT id, degrees FROM heat").fetchall() == [(1, 40.0)]


def test_columns_of_a_table_are_added_in_order_with_their_time_in_microseconds(service):
    table = pd.DataFrame({"degrees": [3.0], "time": [pd.Timestamp("1970-01-01 00:00:01")], "machine": [7]})
    service.store.insert_columns("heat", table, ["machine", "time", "degrees"])
    assert service.store.connection.execute("SELECT * FROM heat").fetchall() == [(7, 1_000_000, 3.0)]


def test_a_table_has_its_indexes_again_after_its_first_rows(tmp_path):
    store, table = (
        DoorStore(tmp_path / "store.db"),
        pd.DataFrame({"id": [1, 2], "time": [pd.Timestamp("2026-03-01")] * 2}),
    )
    for rows in (table.head(1), table.tail(1)):
        with store.transaction():
            store.insert_columns("doors", rows, ["id", "time"])
        plan = store.connection.execute("EXPLAIN QUERY PLAN SELECT id FROM doors WHERE time_us = 1").fetchall()
        assert "doors_by_time" in plan[0][-1]
    assert store.connection.execute("SELECT COUNT(*) FROM doors").fetchone() == (2,)


class DoorStore(Store):
    schema = (
        Store.schema
        + """
    CREATE TABLE IF NOT EXISTS doors (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS doors_by_time ON doors (time_us);
    """
    )


class Forgetful(Service):
    keep_days = 30


class DatedStore(Store):
    schema = Store.schema + "CREATE TABLE IF NOT EXISTS doors (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL);"
    dated = ("doors",)

    def forget_own(self, before_us):
        for table in ("heat", "failures"):
            query = f"DELETE FROM {table} WHERE id IN (SELECT id FROM requests WHERE time_us < ?)"
            self.connection.execute(query, (before_us,))


def on_day(day, number):
    return reading(day * 100 + number, degrees=40.0, time=pd.Timestamp("2026-01-01 10:00") + pd.Timedelta(days=day))


def a_year(service, days=365, a_day=20):
    """Rows of all tables and bytes of the file and of its log of writes, after each tenth day."""
    found = []
    for day in range(days):
        service.clock = lambda at=day: pd.Timestamp("2026-01-01 12:00") + pd.Timedelta(days=at)
        service.answer([on_day(day, number) for number in range(a_day)])
        service.take_report(failure(day * 100, time=pd.Timestamp("2026-01-01 12:00") + pd.Timedelta(days=day)))
        service.store.insert("doors", [(day, microseconds(pd.Timestamp("2026-01-01") + pd.Timedelta(days=day)))])
        if day % 10 == 4:
            tables = ("requests", "decisions", "heat", "failures", "doors", "reported")
            count = "SELECT COUNT(*) FROM "
            rows = sum(service.store.connection.execute(count + name).fetchone()[0] for name in tables)
            path = service.store.path
            found.append((rows, path.stat().st_size, path.with_name(path.name + "-wal").stat().st_size))
    return np.array(found).T


@pytest.fixture
def kept(tmp_path):
    """A service that remembers 30 days and one that remembers all, by their names."""
    made = {}
    for kind in (Forgetful, Service):
        registry = ModelRegistry(tmp_path / kind.__name__ / "releases", lambda: 0.0)
        registry.add("v1", limit(50))
        registry.promote("v1", "first")
        made[kind.__name__] = kind(registry, DatedStore(tmp_path / kind.__name__ / "store.db"))
        made[kind.__name__].counted = []
    return made


def test_rows_and_bytes_stay_those_of_the_days_kept_and_without_forgetting_they_grow(kept):
    rows, size, log = a_year(kept["Forgetful"])
    most = (30 + 1) * (3 * 20 + 3) + 2 * 500 * 3  # it looks after 500 decisions, and believes the 500th newest
    assert rows.max() <= most
    assert size[-1] <= 1.05 * size[:12].max()
    assert log.max() < 5e6  # a log of 1,000 pages
    all_rows, all_size, _ = a_year(kept["Service"])
    assert all_rows[-1] == 365 * (3 * 20 + 3)
    assert all_size[-1] > 2 * size[-1]


def test_the_forgotten_is_not_decided_again_and_the_remembered_is_answered_alike(kept):
    service = kept["Forgetful"]
    first = service.answer([on_day(0, 0)])
    assert service.answer([on_day(0, 0)]) == first
    a_year(service, days=80)
    with pytest.raises(BadRequest, match="remembers 30 days") as refused:
        service.answer([on_day(0, 0)])
    assert (refused.value.status, refused.value.field) == (422, "time")
    assert service.answer([on_day(70, 1)])[0]["reading_id"] == 7_001
    reopened = DatedStore(service.store.path)
    assert reopened.kept_since_us == service.store.kept_since_us > 0


def test_a_time_ahead_of_the_services_clock_is_refused_in_requests_and_reports(service):
    service.clock = lambda: pd.Timestamp("2026-03-01 09:55:00")
    service.answer([reading(1)])
    with pytest.raises(BadRequest, match="300 s ahead of the service's clock, 2026-03-01T09:55:00") as refused:
        service.answer([reading(2, time="2026-03-01T10:00:01")])
    assert (refused.value.status, refused.value.field) == (422, "time")
    with pytest.raises(BadRequest, match="ahead of the service's clock"):
        service.take_report(failure(1, time="2026-03-02"))


def test_no_time_in_a_request_makes_it_forget_sooner(kept):
    """What is replayed is nearly a year old; a thousand requests of today are no reason to forget it."""
    service = kept["Forgetful"]
    service.clock = lambda: pd.Timestamp("2026-12-01")
    service.answer([on_day(0, 0)])
    service.answer([reading(10**6 + number, time="2026-12-01") for number in range(1_000)])
    assert service.store.sent(0) is not None
    assert service.answer([on_day(0, 1)])[0]["reading_id"] == 1


def test_a_store_that_another_process_writes_is_not_ready_until_that_has_ended(service):
    with closing(sqlite3.connect(service.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert service.store.unwritable() == "The store cannot be written: database is locked."
    assert service.store.unwritable() is None
    assert service.store.connection.execute("PRAGMA busy_timeout").fetchone() == (1000 * BUSY_S,)


def test_a_store_that_a_thread_of_its_own_uses_for_long_is_not_ready(service):
    with ThreadPoolExecutor(1) as pool, service.store.lock:
        assert pool.submit(service.store.unwritable).result(PATIENCE_S) == "The store was busy for 1 s."
        assert pool.submit(service.store.busy).result(PATIENCE_S)
    assert not service.store.busy()


def test_an_error_in_a_query_is_no_lack_of_room(service):
    with pytest.raises(sqlite3.OperationalError, match="no such table"), service.store.transaction():
        service.store.insert("nowhere", [(1,)])
    assert service.answer([reading(1)])


def test_a_release_that_is_gone_is_not_ready(service):
    client = with_key(service.app(), Run(service.store.path.parent))
    service.registry.add("v2", limit(70))
    service.registry.promote("v2", "soon gone")
    shutil.rmtree(service.registry.path("v2"))
    body = reading(1).model_dump(mode="json")

    def waits_for(what):
        answer, refused = client.get("/readyz"), client.post("/predict", json=body)
        assert (answer.status_code, what in answer.get_json()["lacks"]) == (503, True)
        assert (refused.status_code, what in refused.get_json()["error"]["rule"]) == (503, True)
        assert client.get("/healthz").status_code == client.get("/metrics").status_code == 200

    waits_for("v2")
    service.registry.rollback("gone")
    state = service.registry.root / "state.json"
    whole = state.read_bytes()
    state.write_bytes(whole[:40])
    waits_for("state.json is not as it was written")
    state.write_bytes(whole)
    assert client.get("/readyz").status_code == client.post("/predict", json=body).status_code == 200


@pytest.mark.parametrize("left", [b"", b"\n", b"0", b"\xff\xfe"])
def test_a_key_that_was_cut_or_damaged_lets_nobody_in_and_is_not_ready(service, left):
    folder, app = service.store.path.parent, service.app()
    honest = with_key(app, Run(folder))
    (folder / "caller.key").write_bytes(left)
    body = reading(1).model_dump(mode="json")
    assert app.test_client().post("/predict", json=body).status_code == 401
    for password in ("", "0", "\n"):
        assert app.test_client().post("/predict", json=body, auth=("caller", password)).status_code == 503
    assert honest.post("/predict", json=body).status_code == 503
    assert "caller.key holds no whole key" in honest.get("/readyz").get_json()["lacks"]
    (folder / "caller.key").unlink()
    assert honest.get("/readyz").status_code == 200
    assert with_key(app, Run(folder)).post("/predict", json=body).status_code == 200


@pytest.mark.parametrize("shown", ["Basic \xff\xfe", "Basic ====", "Basic QQ==", "Basic", "\xff", "Bearer x"])
def test_a_header_that_holds_no_key_is_a_strangers(service, shown):
    answer = service.app().test_client().post("/predict", json={}, headers={"Authorization": shown})
    assert answer.status_code == 401


def test_a_store_that_is_found_damaged_is_not_ready(service):
    client, path = with_key(service.app(), Run(service.store.path.parent)), service.store.path
    service.answer([reading(number) for number in range(2_000)])
    service.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    service.store.connection.execute("PRAGMA shrink_memory").fetchall()
    with path.open("r+b") as file:
        file.seek(100 * 4_096)
        file.write(b"\xa5" * (path.stat().st_size - 100 * 4_096))
    said = {client.post("/predict", json=reading(n).model_dump(mode="json")).status_code for n in range(0, 2_000, 99)}
    assert 503 in said <= {200, 503}
    answer = client.get("/readyz")
    assert (answer.status_code, "is damaged" in answer.get_json()["lacks"]) == (503, True)


def test_a_trace_is_forgotten_with_its_decision(service):
    client, trace = with_key(service.app(), Run(service.store.path.parent)), "4bf92f3577b34da6a3ce929d0e0e4736"
    body = {"reading_id": 1, "time": "2026-03-01T10:00:00", "machine": 1, "degrees": 60}
    client.post("/predict", json=body, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert (service.store.trace(1), service.store.trace(2)) == (trace, None)
    service.store.forget(microseconds(pd.Timestamp("2026-03-02")))
    assert service.store.trace(1) is None
