"""The feature store: two clocks, rows that are only added, a kill at any moment, readers beside a writer."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd_lib.data import DataError, FeatureStore, point_in_time_join

START = pd.Timestamp("2026-01-01").as_unit("us")
hour = st.integers(0, 10)
events = st.dictionaries(st.tuples(st.integers(0, 2), hour, hour), st.none() | st.integers(-9, 9), max_size=20)
asks = st.lists(st.tuples(st.integers(0, 3), hour), min_size=1, max_size=10)


def at(hours):
    return START + pd.to_timedelta(np.asarray(hours, dtype=float), unit="h").as_unit("us")


def rows(*entries):
    """(entity, event hour, known hour, value) as a table."""
    entity, event, known, value = ([entry[i] for entry in entries] for i in range(4))
    table = pd.DataFrame({"entity": np.array(entity, dtype=int), "event_time": at(event), "known_time": at(known)})
    return table.assign(value=pd.array(value, "Int64"))


def ask(*questions):
    entity, moment = ([question[i] for question in questions] for i in range(2))
    return pd.DataFrame({"entity": np.array(entity, dtype=int), "at": at(moment)})


def answers(store, *questions):
    return [None if pd.isna(value) else value for value in store.as_of("v", ask(*questions))["value"]]


@pytest.fixture
def store(tmp_path):
    with_log = FeatureStore(tmp_path / "store.db")
    yield with_log
    with_log.close()


def test_as_of_knows_what_was_known_and_online_what_is_known(store):
    assert store.write("v", rows((1, 1, 1, 10), (1, 3, 3, 30), (2, 1, 1, 5))) == 3
    assert answers(store, (1, 0), (1, 1), (1, 2), (1, 3), (2, 9), (3, 9)) == [None, 10, 10, 30, 5, None]
    assert store.online("v", 1) == store.online("v", np.uint8(1)) == {"value": 30}
    assert store.online("v", 3) is None


def test_a_late_event_and_a_correction_count_from_when_they_were_known(store):
    store.write("v", rows((1, 1, 1, 10), (1, 3, 3, 30)))
    store.write("v", rows((1, 2, 6, 20), (1, 3, 8, 33)))  # late by four hours; corrected after five
    assert answers(store, (1, 2), (1, 3), (1, 7), (1, 8)) == [10, 30, 30, 33]
    store.write("v", rows((2, 2, 6, 20)))
    assert answers(store, (2, 5), (2, 6)) == [None, 20]


def test_materialising_again_changes_nothing(store):
    table = rows((1, 1, 1, 10), (1, 3, 4, None))
    assert [store.write("v", table), store.write("v", table), store.write("v", pd.concat([table, table]))] == [2, 0, 0]
    assert answers(store, (1, 2), (1, 4)) == [10, None]


def test_known_time_is_a_moment_a_column_or_the_event_time(store):
    table = rows((1, 1, 5, 10)).drop(columns="known_time")
    store.write("v", table)
    store.write("v", table.assign(value=11), known_time=at([2])[0])
    store.write("v", table.assign(value=12, booked=at([3])), known_time="booked")
    store.write("v", table.assign(value=13), known_time="2026-01-01 04:00")
    assert answers(store, (1, 1), (1, 2), (1, 3), (1, 4)) == [10, 11, 12, 13]
    assert list(store.columns("v")) == ["entity", "event_time", "known_time", "value"]


def test_a_new_column_is_missing_in_all_rows_before_and_needed_in_all_after(store):
    store.write("v", rows((1, 1, 1, 10)))
    store.write("v", rows((1, 3, 3, 30)).assign(name="b", share=0.5, new=True))
    found = store.as_of("v", ask((1, 2), (1, 3)))
    assert found[["name", "share", "new"]].isna().iloc[0].all()
    assert found[["name", "share", "new"]].iloc[1].tolist() == ["b", 0.5, True]
    assert store.columns("v") == {
        "entity": "int", "event_time": "time", "known_time": "time",
        "value": "int", "name": "str", "share": "float", "new": "bool",
    }  # fmt: skip
    assert store.online("v", 1) == {"value": 30, "name": "b", "share": 0.5, "new": True}
    with pytest.raises(DataError, match="lack the column 'name'"):
        store.write("v", rows((1, 4, 4, 40)))


def test_values_come_back_as_they_went_in(tmp_path):
    table = pd.DataFrame(
        {
            "entity": ["a", "b"],
            "event_time": at([1, 1]).tz_localize("Asia/Tokyo"),
            "whole": [2**53 + 1, -5],
            "real": [0.1, np.nan],
            "text": ['quote " and \n', None],
            "flag": pd.array([None, False], "boolean"),
        }
    )
    store = FeatureStore(tmp_path / "store.db")
    store.write("v", table)
    again = FeatureStore(tmp_path / "store.db").as_of(
        "v", pd.DataFrame({"entity": ["a", "b"], "at": pd.Timestamp("2026-01-01", tz="UTC")})
    )
    assert again["whole"].tolist() == [2**53 + 1, -5]
    assert again["real"].iloc[0] == 0.1
    assert again["text"].iloc[0] == 'quote " and \n'
    assert again[["real", "text"]].iloc[1].isna().all()
    assert again["flag"].isna().tolist() == [True, False]
    assert store.online("v", "b") == {"whole": -5, "real": None, "text": None, "flag": False}


def test_integers_that_a_missing_one_made_floats_are_still_integers(store):
    store.write("v", rows((1, 1, 1, 10)))
    store.write("v", rows((1, 2, 2, 0), (1, 3, 3, 0)).assign(value=[20.0, np.nan]))
    assert answers(store, (1, 2), (1, 3)) == [20, None]


@settings(max_examples=60, deadline=None)
@given(written=events, questions=asks, data=st.data())
def test_as_of_equals_the_join_and_online_equals_as_of_now_in_every_order_of_arrival(
    tmp_path_factory, written, questions, data
):
    clock = data.draw(hour)
    store = FeatureStore(
        tmp_path_factory.mktemp("store") / "store.db", clock=lambda: (START + pd.Timedelta(clock, "h")).timestamp()
    )
    entries = [(*key, value) for key, value in written.items()]
    order, requests = data.draw(st.permutations(entries)), ask(*questions)
    for part in order[::2], order[1::2], order[::3]:
        store.write("v", rows(*part))
    expected = point_in_time_join(requests, rows(*entries), "entity", "at", "event_time", "value", "known_time")
    pd.testing.assert_frame_equal(store.as_of("v", requests), expected)
    for entity in range(4):
        online = store.online("v", entity)
        assert [online["value"] if online else None] == answers(store, (entity, clock))
    store.close()


def broken(**columns):
    return rows((1, 1, 1, 10), (2, 1, 1, 20)).assign(**columns)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (broken(event_time=[at([1])[0], None]), r"refuses event_time: 1 rows, for example NaT: it must not be missing"),
        (broken(entity=["a", "b"]), "refuses entity: 2 rows, for example 'a': it is str and was int"),
        (broken(entity=[1.0, 2.5]), "refuses entity"),
        (broken(value=[1.5, 2.0]), "refuses value: 2 rows, for example 1.5: it is float and was int. Convert"),
        (broken(value=["x", None]), "refuses value: 1 rows, for example 'x'"),
        (broken(new=[[1], [2]]), r"refuses new: .*none of int, float, bool, str"),
        (broken(new=None), "refuses new: 0 rows"),
        (broken(event_time=["2026-01-01"] * 2), "refuses event_time.*Convert"),
        (broken(event_time=at([1, 2]).tz_localize("UTC")), "refuses event_time.*is time UTC and was time"),
        (broken(event_time=at([1, 2]).as_unit("ns") + pd.Timedelta(1, "ns")), "finer than a microsecond.*floor"),
        (broken(known_time=at([1, 2]).tz_localize("UTC")), "known_time.*is time UTC and was time"),
        (
            broken(value=[10, 21]),
            r"1 rows .*say something else .* value of entity 2 .*: 20 before, 21 now.*later known",
        ),
        (broken(entity=1), r"1 rows .* say something else"),
        (broken(value=[2**70, 1]), "could not do this"),
        (broken(at=5), "'at' is no name"),
        (broken(**{'x" TEXT); DROP TABLE views; --': 1}), "is no name for a view or column"),
        (broken(Value=1), "no column twice"),
        (broken().drop(columns="entity"), "lack the column 'entity'"),
        (broken().drop(columns=["event_time", "known_time"]), "lack the column 'event_time'"),
    ],
)
def test_what_is_refused_is_named_and_leaves_no_trace(store, table, told):
    store.write("v", rows((2, 1, 1, 20)))
    before = dump(store.path)
    with pytest.raises(DataError, match=told):
        store.write("v", table)
    assert dump(store.path) == before
    assert store.write("v", broken()) == 1


def dump(path):
    with sqlite3.connect(path) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda s: s.online("v", "1"), "entity '1' is str; those of the view 'v' are int. Convert"),
        (lambda s: s.online("v", True), "entity True is bool; those of the view 'v' are int. Convert"),
        (lambda s: s.online("w", 1), r"no view 'w' in .*; it has \['v'\]"),
        (lambda s: s.as_of("w", ask((1, 1))), "no view 'w'"),
        (lambda s: s.as_of("v", ask((1, 1)).drop(columns="at")), "no column 'at'"),
        (lambda s: s.as_of("v", ask((1, 1)).assign(entity="1")), "'entity' is int64 in the history and str"),
        (lambda s: s.write("w", rows((1, 1, 1, 1)).drop(columns="value")), "need a feature"),
        (lambda s: s.as_of("v", ask((1, 1)).assign(entity=at([1]))), "entities are datetime64.*Convert"),
        (lambda s: s.write("V", broken()), "a view 'v' already; 'V' differs from it in its case only"),
        (lambda s: s.write("no name", broken()), "'no name' is no name"),
        (lambda s: s.write("v", broken(), known_time="yesterday morning"), "neither a moment nor one of the columns"),
        (lambda s: FeatureStore(":memory:"), "write-ahead log"),
        (lambda s: FeatureStore(s.path.parent / "none" / "store.db"), "unable to open"),
        (lambda s: FeatureStore(Path(__file__)), "not a database"),
    ],
)
def test_what_cannot_be_done_says_so(store, act, told):
    store.write("v", rows((1, 1, 1, 10)))
    with pytest.raises(DataError, match=told):
        act(store)


def test_a_service_may_ask_from_many_threads(store):
    store.write("v", rows(*((entity, 1, 1, entity) for entity in range(20))))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda entity: store.online("v", entity), [*range(20)] * 10))
    assert found == [{"value": entity} for entity in range(20)] * 10


WRITER = """
import sys, numpy as np, pandas as pd
from mlsd_lib.data import FeatureStore

path, first, end, entities, grow_every = sys.argv[1], *map(int, sys.argv[2:])
store = FeatureStore(path)
print("open", flush=True)
sys.stdin.readline()
for batch in range(first, end):
    rows = pd.DataFrame({"entity": np.arange(entities), "event_time": pd.Timestamp("2026-01-01"), "batch": batch})
    rows = rows.assign(**{f"grown_{k}": batch for k in range(batch // grow_every)})
    store.write("v", rows, known_time=pd.Timestamp("2026-01-01") + pd.Timedelta(batch, "h"))
    print(batch, flush=True)
"""
READER = """
import sys, numpy as np, pandas as pd
from mlsd_lib.data import DataError, FeatureStore

path, end, entities = sys.argv[1], *map(int, sys.argv[2:])
store = FeatureStore(path)
print("open", flush=True)
requests = pd.DataFrame({"entity": np.arange(entities), "at": pd.Timestamp("2027-01-01")})
seen, online = [-1], -1
while seen[-1] < end - 1:
    try:
        found = store.as_of("v", requests)
    except DataError:
        assert seen == [-1], "the view had been there"
        continue
    (batch,) = found["batch"].unique()  # one write, whole
    assert len(found.columns) == 3 + batch // 10 and found.notna().all(axis=None)
    assert batch >= max(seen[-1], online), "an answer was taken back"
    online = store.online("v", entities - 1)["batch"]
    assert online >= batch
    seen.append(batch)
print(len(set(seen)))
"""


def start(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def opened(*processes):
    """Waits until all have opened the store, then lets writers begin."""
    assert [process.stdout.readline() for process in processes] == ["open\n"] * len(processes)
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def batches(path):
    """The number of rows of each batch, by SQLite alone, after its own check of the file."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(connection.execute('SELECT batch, count(*) FROM "view v" GROUP BY batch ORDER BY batch'))


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_kill_at_any_moment_leaves_whole_writes_and_all_that_were_confirmed(tmp_path):
    path, chance, end, unfinished = tmp_path / "store.db", random.Random(0), 0, 0
    for _ in range(6):
        with start(WRITER, path, end, 10_000, 500, 10) as writer:
            opened(writer)
            lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 8))]
            with suppress(subprocess.TimeoutExpired):
                writer.wait(timeout=chance.uniform(0, 0.02))  # to some moment of the next writes
            writer.send_signal(signal.SIGKILL)
            confirmed = int([*lines, *writer.stdout][-1])
        kept = batches(path)
        assert kept == dict.fromkeys(range(len(kept)), 500)
        assert len(kept) - 1 in (confirmed, confirmed + 1)
        unfinished += len(kept) - 1 == confirmed
        end = len(kept)
        with closing(FeatureStore(path)) as store:
            assert store.online("v", 7)["batch"] == end - 1
            assert len(store.columns("v")) == 4 + (end - 1) // 10
    assert unfinished


STOPPED_WRITER = """
import os, signal, sys, numpy as np, pandas as pd
from mlsd_lib.data import FeatureStore

path, statement, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = FeatureStore(path)
store.online("v", 0)
store._connection().set_trace_callback(lambda sql: sql.startswith(statement) and os.kill(os.getpid(), signal.SIGKILL))
table = pd.DataFrame({"entity": np.arange(rows), "event_time": pd.Timestamp("2026-01-02"), "batch": 2, "new": "x" * 99})
store.write("v", table)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("statement", ["ALTER TABLE", "INSERT OR IGNORE", "SELECT count(*) OVER", "COMMIT"])
def test_a_kill_inside_a_write_leaves_nothing_of_it(tmp_path, statement):
    """Killed just before each step, the last with pages of the unfinished write in the log already."""
    path, first = tmp_path / "store.db", pd.DataFrame({"entity": [0, 1], "event_time": START, "batch": 1})
    with closing(FeatureStore(path)) as store:
        store.write("v", first)
    killed = subprocess.run([sys.executable, "-c", STOPPED_WRITER, path, statement, "30000"])
    assert killed.returncode == -signal.SIGKILL
    if statement == "COMMIT":
        assert (tmp_path / "store.db-wal").stat().st_size > 2_000_000
    assert batches(path) == {1: 2}
    with closing(FeatureStore(path)) as store:
        assert store.online("v", 0) == {"batch": 1}
        assert store.write("v", first.assign(batch=3), known_time=at([99])[0]) == 2
    assert batches(path) == {1: 2, 3: 2}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_reads_and_writes_by_a_connection_of_its_own(store):
    store.write("v", rows((1, 1, 1, 10)))
    child = os.fork()
    if child == 0:
        try:
            store.write("v", rows((2, 1, 1, store.online("v", 1)["value"] + 1)))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert store.online("v", 2) == {"value": 11}
    store.write("v", rows((3, 1, 1, 30)))
    assert store.online("v", 3) == {"value": 30}


def test_the_clock_counts_to_the_microsecond(tmp_path):
    moments = START + pd.to_timedelta(np.arange(1, 300) * 7_777_777, unit="us")
    now = {}
    with closing(FeatureStore(tmp_path / "store.db", clock=lambda: now["s"])) as store:
        store.write("v", pd.DataFrame({"entity": np.arange(299), "event_time": moments, "value": 1}))
        for entity, moment in enumerate(moments):
            now["s"] = moment.timestamp()
            assert store.online("v", entity) == {"value": 1}
            now["s"] = (moment - pd.Timedelta(1, "us")).timestamp()
            assert store.online("v", entity) is None


def test_readers_beside_a_writer_see_each_write_whole_and_never_go_back(tmp_path):
    path = tmp_path / "store.db"
    readers = [start(READER, path, 40, 200) for _ in range(2)]
    writer = start(WRITER, path, 0, 40, 200, 10)
    opened(*readers, writer)
    states = [int(reader.communicate()[0]) for reader in readers]
    writer.communicate()
    assert [process.returncode for process in (*readers, writer)] == [0, 0, 0]
    assert max(states) > 3, "no reader saw the store between the first and the last write"


def test_a_reader_opens_and_reads_while_a_write_is_going_on(store):
    store.write("v", rows((1, 1, 1, 10)))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute('UPDATE "view v" SET value = 11')
        with closing(FeatureStore(store.path)) as reader:
            assert reader.online("v", 1) == {"value": 10}


def test_a_second_writer_waits_for_the_first(tmp_path):
    path = tmp_path / "store.db"
    writers = [start(WRITER, path, first, first + 20, 100, 99) for first in (0, 20)]
    opened(*writers)
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]
    assert batches(path) == dict.fromkeys(range(40), 100)
