"""The point-in-time join against a slow, obvious reference and against three libraries that do it for a living."""

import json
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import point_in_time as benchmark
from benchmarks.point_in_time import JOINS, write
from mlsd_lib.data import DataError, point_in_time, point_in_time_join

START = np.datetime64("2026-01-01T00:00:00", "us")
hour = st.integers(0, 12)
rows = st.lists(st.tuples(st.integers(0, 2), hour, hour), max_size=25)
asks = st.lists(st.tuples(st.integers(0, 3), hour), min_size=1, max_size=15)
steps = st.sampled_from([1, 3_600_000_000, 10**15])  # microseconds; the last spans four centuries
lives = st.none() | st.integers(1, 8)


def moments(values, step=3_600_000_000):
    return START + np.array(values, dtype=np.int64) * np.timedelta64(step, "us")


def tables(events, questions, step=3_600_000_000):
    """A history with its row numbers as values, and requests."""
    user, event, known = (np.array([row[i] for row in events], dtype=int) for i in range(3))
    history = pd.DataFrame(
        {"user": user, "event": moments(event, step), "known": moments(known, step), "value": np.arange(len(events))}
    )
    asked, at = (np.array([row[i] for row in questions], dtype=int) for i in range(2))
    return pd.DataFrame({"user": asked, "at": moments(at, step)}), history


def joined(requests, history, **options):
    """The row numbers that were found, -1 for none."""
    found = point_in_time_join(requests, history, "user", "at", "event", "value", **options)["value"]
    return found.fillna(-1).astype(int).tolist()


def reference(events, question, with_known, life):
    user, now = question
    seen = [
        (event, known if with_known else 0, row)
        for row, (owner, event, known) in enumerate(events)
        if owner == user and event <= now and (not with_known or known <= now) and (life is None or event > now - life)
    ]
    return max(seen)[2] if seen else -1


@settings(max_examples=300, deadline=None)
@given(events=rows, questions=asks, with_known=st.booleans(), life=lives, step=steps)
@example(events=[(0, 5, 5), (0, 5, 5)], questions=[(0, 5), (0, 4)], with_known=False, life=None, step=1)
@example(events=[(0, 5, 7), (0, 5, 6)], questions=[(0, 6), (0, 7)], with_known=True, life=None, step=1)
@example(events=[(0, 1, 1), (0, 3, 9)], questions=[(0, 3), (0, 9), (0, 4)], with_known=True, life=3, step=10**15)
@example(events=[], questions=[(0, 0)], with_known=True, life=1, step=1)
def test_answers_equal_the_obvious_reference(events, questions, with_known, life, step):
    requests, history = tables(events, questions, step)
    options = {"known_time": "known" if with_known else None}
    if life is not None:
        options["time_to_live"] = pd.Timedelta(life * step, "us")
    expected = [reference(events, question, with_known, life) for question in questions]
    assert joined(requests, history, **options) == expected


@settings(max_examples=100, deadline=None)
@given(events=rows, later=rows, questions=asks, now=hour)
def test_it_never_sees_the_future(events, later, questions, now):
    """What happens or becomes known after a moment changes no answer up to it."""
    later = [(user, event, known) for user, event, known in later if max(event, known) > now]
    questions = [(user, min(at, now)) for user, at in questions]
    requests, before = tables(events, questions)
    _, after = tables([*events, *later], questions)
    assert joined(requests, before, known_time="known") == joined(requests, after, known_time="known")


@settings(max_examples=100, deadline=None)
@given(events=st.sets(st.tuples(st.integers(0, 2), hour, hour)), questions=asks, data=st.data())
def test_the_order_of_arrival_does_not_matter(events, questions, data):
    requests, history = tables(sorted(events), questions)
    shuffled = history.take(data.draw(st.permutations(range(len(history)))))
    assert joined(requests, shuffled, known_time="known") == joined(requests, history, known_time="known")


@settings(max_examples=100, deadline=None)
@given(
    events=rows, questions=asks, names=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=4, max_size=4, unique=True)
)
@example(events=[(0, 1, 1), (1, 1, 1)], questions=[(0, 1), (1, 1), (2, 1)], names=[0, 2**63 - 1, -(2**63), 1])
def test_what_the_keys_are_called_does_not_matter(events, questions, names):
    requests, history = tables(events, questions)
    for kind in (np.int64, str):
        called = np.array(names).astype(kind)
        found = joined(
            requests.assign(user=called[requests["user"]]), history.assign(user=called[history["user"]]),
            known_time="known",
        )  # fmt: skip
        assert found == joined(requests, history, known_time="known")


def test_keys_that_share_a_slot_of_the_hash_table_are_kept_apart(monkeypatch):
    monkeypatch.setattr(point_in_time, "SLOT_BITS", 3)
    monkeypatch.setattr(point_in_time, "BLOCK", 7)
    rng = np.random.default_rng(0)
    requests, history = tables(rng.integers(0, 60, (300, 3)), rng.integers(0, 60, (200, 2)))
    called = rng.choice(2**62, 60, replace=False)
    spread = requests.assign(user=called[requests["user"]]), history.assign(user=called[history["user"]])
    assert joined(*spread) == joined(requests, history)
    assert max(joined(*spread)) > -1


@pytest.mark.parametrize("bits", [20, 40, 62])
def test_however_many_bits_of_the_times_fit_the_order_is_the_same(monkeypatch, bits):
    rng = np.random.default_rng(1)
    requests, history = tables(rng.integers(0, 9, (400, 3)), rng.integers(0, 9, (300, 2)), step=10**6)
    expected = [joined(requests, history, known_time=known) for known in (None, "known")]
    monkeypatch.setattr(point_in_time, "KEY_BITS", bits)
    assert [joined(requests, history, known_time=known) for known in (None, "known")] == expected


@pytest.mark.parametrize(
    ("life", "age_us", "seen"),
    [("1h", 3_600_000_000, False), ("1h", 3_599_999_999, True), ("1us", 0, True), ("1us", 1, False),
     (pd.Timedelta(1500, "ns"), 1, True), (pd.Timedelta(1500, "ns"), 2, False)],
)  # fmt: skip
def test_a_row_lives_for_less_than_its_time_to_live(life, age_us, seen):
    history = pd.DataFrame({"user": [1], "event": [START], "value": [0]})
    requests = pd.DataFrame({"user": [1], "at": [START + np.timedelta64(age_us, "us")]})
    assert joined(requests, history, time_to_live=life) == ([0] if seen else [-1])


def zoned(table, column, zone):
    return table.assign(**{column: table[column].dt.tz_localize("UTC").dt.tz_convert(zone)})


@pytest.mark.parametrize("library", [name for name, join in JOINS.items() if join.counted and name != "ours"])
@pytest.mark.parametrize("zones", [None, ("UTC", "UTC"), ("Asia/Kolkata", "America/St_Johns")])
@pytest.mark.parametrize("distinct_hours", [10, 10_000])
def test_every_row_equals_that_of_the_libraries(tmp_path, library, zones, distinct_hours):
    rng = np.random.default_rng(distinct_hours)
    when = moments(rng.integers(0, distinct_hours, 6000))
    history = pd.DataFrame({"user": rng.integers(0, 40, 4000), "event": when[:4000], "value": np.arange(4000)})
    requests = pd.DataFrame({"user": rng.integers(0, 44, 2000), "at": when[4000:], "i": np.arange(2000)})
    assert history.duplicated(["user", "event"]).any()
    if zones:
        history, requests = zoned(history, "event", zones[0]), zoned(requests, "at", zones[1])
    theirs = JOINS[library].answer(write(tmp_path / "tables", requests, history))
    assert joined(requests, history) == theirs.tolist()


@pytest.mark.parametrize("series", benchmark.SERIES)
def test_the_benchmark_finds_equal_rows_in_its_own_processes_and_says_which_differ(series):
    """A small one, once. Nothing here asks how long it took."""
    command = [sys.executable, benchmark.__file__, "--events=20000", "--requests=4000", "--rounds=1", "--json"]
    ended = subprocess.run([*command, f"--series={series}"], capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout)
    assert (found["name"], found["n"], found["bar"]) == ("point_in_time", 20_000, 1.2)
    rows = found["series"][series]["rows_that_differ"]
    assert rows.pop("duckdb_any_of_ties") > 0, "the tables have no ties that would show the rule"
    assert rows == dict.fromkeys(["ours", "polars", "polars_streaming", "duckdb", "pandas"], 0)
    assert found["best"] in rows
    assert all(run["peak_mb"] >= run["before_mb"] > 0 for run in found["series"][series]["each"].values())


def test_the_benchmark_stops_at_a_row_that_differs():
    ours = np.arange(3)
    assert benchmark.differing({"ours": ours, "polars": ours, "duckdb_any_of_ties": ours + 1}) == {
        "ours": 0, "polars": 0, "duckdb_any_of_ties": 3,
    }  # fmt: skip
    with pytest.raises(SystemExit, match=r"differ from ours: {'polars': 1}"):
        benchmark.differing({"ours": ours, "polars": np.array([0, 1, -1])})


def test_with_two_clocks_every_row_equals_that_of_an_aggregate_in_sql():
    rng = np.random.default_rng(0)
    event = rng.integers(0, 300, 3000)
    known = event + rng.integers(0, 60, 3000)
    requests, history = tables(
        list(zip(rng.integers(0, 20, 3000), event, known, strict=True)),
        list(zip(rng.integers(0, 22, 1000), rng.integers(0, 360, 1000), strict=True)),
    )
    requests["i"] = np.arange(1000)
    sql = """SELECT i, arg_max(value, row(event, known, value)) AS value FROM requests AS r LEFT JOIN history AS h
             ON r.user = h.user AND h.event <= r.at AND h.known <= r.at GROUP BY i ORDER BY i"""
    with duckdb.connect() as connection:
        connection.register("requests", requests)
        connection.register("history", history)
        theirs = connection.execute(sql).df()["value"]
    assert joined(requests, history, known_time="known") == theirs.fillna(-1).astype(int).tolist()


def test_times_of_different_zones_and_units_are_compared_as_moments():
    history = pd.DataFrame({"user": [1, 1], "event": pd.to_datetime(["2026-01-01 10:00", "2026-01-01 12:00"])})
    history = history.assign(event=history["event"].dt.tz_localize("Europe/Paris").dt.as_unit("s"), value=[0, 1])
    requests = pd.DataFrame({"user": [1, 1, 1], "at": pd.to_datetime(["2026-01-01 08:59:59.999999999Z"] * 3)})
    requests["at"] += pd.to_timedelta([0, 1, 7_200_000_000_000], unit="ns")
    assert requests["at"].dt.unit == "ns"
    assert joined(requests, history) == [-1, 0, 0]


def test_the_farthest_times_that_there_are_keep_their_order():
    history = pd.DataFrame({"user": [1] * 3, "event": [pd.Timestamp.min, pd.Timestamp(0), pd.Timestamp.max]})
    history["value"] = range(3)
    requests = pd.DataFrame({"user": [1] * 3, "at": [pd.Timestamp.min, pd.Timestamp(5), pd.Timestamp.max]})
    assert requests["at"].dt.unit == history["event"].dt.unit == "ns"
    assert joined(requests, history) == [0, 1, 2]
    assert joined(requests.tail(1), history.head(1), time_to_live="7 days") == [-1]
    assert joined(requests.tail(1), history.head(1), time_to_live=np.timedelta64(400 * 366, "D")) == [-1]
    assert joined(requests.tail(1), history.head(1), time_to_live=np.timedelta64(600 * 366, "D")) == [0]


def test_times_and_keys_of_arrow_are_read_too():
    requests, history = tables([(0, 1, 1), (1, 2, 2)], [(0, 1), (1, 1), (1, 3)])
    arrow = [table.convert_dtypes(dtype_backend="pyarrow") for table in (requests, history)]
    assert joined(*arrow, known_time="known") == joined(requests, history, known_time="known") == [0, -1, 1]


def test_a_missing_key_or_time_matches_nothing():
    times = pd.to_datetime(["2026-01-01", None, "2026-01-01", "2026-01-01"])
    history = pd.DataFrame({"user": ["a", "a", None, "b"], "event": times, "known": times[[0, 0, 0, 1]]})
    history["value"] = range(4)
    requests = pd.DataFrame({"user": ["a", None, "b", "a"], "at": pd.to_datetime(["2027-01-01"] * 3 + [None])})
    assert joined(requests, history, known_time="known") == [0, -1, -1, -1]
    assert joined(requests, history) == [0, -1, 3, -1]
    assert joined(requests.iloc[3:], history) == [-1]


def test_a_date_for_ever_costs_no_precision():
    history = pd.DataFrame({"user": [1] * 3, "event": moments([0, 1, 0], 1), "value": range(3)})
    history["known"] = [np.datetime64("2026-01-01", "us"), moments([1], 1)[0], np.datetime64("9999-12-31", "us")]
    requests = pd.DataFrame({"user": [1] * 2, "at": moments([0, 1], 1)})
    assert joined(requests, history, known_time="known") == [0, 1]


def test_several_keys_must_all_agree():
    history = pd.DataFrame({"user": [1, 1, 2], "shop": ["x", "y", "x"], "event": [START] * 3, "value": range(3)})
    requests = pd.DataFrame({"user": [1, 1, 2, 2], "shop": ["y", "x", "x", "y"], "at": [START] * 4})
    found = point_in_time_join(requests, history, ["user", "shop"], "at", "event", ["value"])
    assert found["value"].fillna(-1).tolist() == [1, 0, 2, -1]


def test_requests_keep_order_index_and_columns_and_values_keep_their_types():
    history = pd.DataFrame({"user": [1, 2], "event": [START] * 2, "name": ["a", "b"], "flag": [True, False]})
    history = history.assign(day=history["event"].dt.tz_localize("Asia/Tokyo"), count=pd.array([2**60 + 1, 5], "Int64"))
    requests = pd.DataFrame({"at": [START] * 2, "user": [2, 1], "note": ["n", "m"]}, index=[7, 7])
    copies = requests.copy(), history.copy()
    columns = ["name", "flag", "day", "count"]
    found = point_in_time_join(requests, history, "user", "at", "event", columns)
    assert list(found.columns) == ["at", "user", "note", *columns]
    assert found.index.tolist() == [7, 7]
    assert found[columns].dtypes.tolist() == history[columns].dtypes.tolist()
    assert found["count"].tolist() == [5, 2**60 + 1]
    for table, copy in zip((requests, history), copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def refused(requests=None, history=None, **options):
    good_requests, good_history = tables([(0, 1, 1)], [(0, 1)])
    arguments = {"by": "user", "at": "at", "event_time": "event", "columns": ["value"]} | options
    return lambda: point_in_time_join(
        good_requests.assign(**requests or {}), good_history.assign(**history or {}), **arguments
    )


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (refused(columns=["colour"]), r"history have no column 'colour', only .*Name one"),
        (refused(at="when"), "requests have no column 'when'"),
        (refused(requests={"value": 1}), "have a column 'value' already. Rename"),
        (refused(requests={"at": 5}), r"'at' is int64; a time is needed. Use pandas.to_datetime"),
        (refused(requests={"at": pd.Timestamp("2026-01-01", tz="UTC")}), r"at: UTC, event: none.*tz_localize"),
        (refused(history={"known": pd.Timestamp(0, tz="UTC")}, known_time="known"), "known: UTC"),
        (refused(requests={"user": "0"}), "'user' is int64 in the history and str in the requests"),
        (refused(requests={"user": 0.0}), "float64 in the requests.*astype"),
        (refused(time_to_live="0s"), "time_to_live is 0s; it must be longer than nothing"),
        (refused(time_to_live="a while"), "time_to_live is 'a while'.*it must be a length"),
        (refused(time_to_live="NaT"), "longer than nothing"),
        (refused(requests={"at": pd.Timestamp("2026-01-01").as_unit("ns")}, history={"event": moments([10], 10**17)}),
         "counts in ns"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused_with_the_fix(act, told):
    with pytest.raises(DataError, match=told):
        act()


def test_a_column_that_is_there_twice_is_refused():
    requests, history = tables([(0, 1, 1)], [(0, 1)])
    with pytest.raises(DataError, match=r"history have 'value' more than once.*Rename"):
        joined(requests, pd.concat([history, history[["value"]]], axis=1))
