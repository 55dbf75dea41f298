"""Readers of the published fraud files: by published names, and telling when a file is not the published one."""

import copyreg
import io
import os
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pandas.core.indexes.base
import pytest
from pandas.core.internals import BlockManager

from mlsd_lib.datasets import DataCard, DataError
from mlsd_lib.datasets.fraud import HANDBOOK_FRAUDS, HANDBOOK_ROWS, ULB_COLUMNS, ULB_PUBLISHED, load

NO_IDS = ("nobody", 3.7, -1, float("inf"), float("nan"), 2**53, "10000000000000000000")
NO_DATES = ("the first of April", "01/04/2018 00:00", 1_522_540_800, 1_522_540_800e9, 20_180_401, "1677-01-01", "2018")


def handbook_table(rows=6):
    return pd.DataFrame(
        {
            "TRANSACTION_ID": np.arange(rows),
            "TX_DATETIME": pd.Timestamp("2018-04-01") + pd.to_timedelta(np.arange(rows), unit="h"),
            "CUSTOMER_ID": ["596"] * rows,  # the published pickles hold them as text
            "TERMINAL_ID": 3156,
            "TX_AMOUNT": 57.16,
            "TX_TIME_SECONDS": np.arange(rows) * 3600,
            "TX_TIME_DAYS": 0,
            "TX_FRAUD": [0] * (rows - 1) + [1],
            "TX_FRAUD_SCENARIO": [0] * (rows - 1) + [2],
        }
    )


def ulb_table(rows=5):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(rows, len(ULB_COLUMNS))), columns=list(ULB_COLUMNS))
    return table.assign(Time=np.arange(rows) * 10.0, Amount=9.99, Class=[0] * (rows - 1) + [1])


def test_handbook_file_is_read_by_its_published_names_and_says_what_is_missing(tmp_path):
    path = tmp_path / "april.parquet"
    handbook_table().to_parquet(path)
    stream = load(path)
    assert list(stream.payments) == ["transaction_id", "time", "customer_id", "terminal_id", "amount"]
    assert stream.payments["customer_id"].tolist() == [596] * 6
    assert stream.truth["mechanism"].tolist() == [""] * 5 + ["terminal"]
    assert stream.truth["label_time"].iloc[-1] == stream.payments["time"].iloc[-1] + pd.Timedelta(days=7)
    assert any("1,754,155" in difference for difference in stream.card.differences)
    assert "differs from the published file: 6 rows" in str(stream.card)


def test_a_row_lost_in_the_middle_is_said(tmp_path):
    path = tmp_path / "lossy.parquet"
    handbook_table().drop(index=2).to_parquet(path)
    assert any("1 transaction ids missing" in difference for difference in load(path).card.differences)


def test_noise_of_ulbs_length_and_frauds_is_said(tmp_path):
    rows, rng = ULB_PUBLISHED["rows"], np.random.default_rng(0)
    noise = pd.DataFrame(rng.integers(0, 4, (rows, len(ULB_COLUMNS)), dtype="int8"), columns=list(ULB_COLUMNS))
    noise["Class"] = np.arange(rows) < ULB_PUBLISHED["frauds"]
    noise.to_parquet(tmp_path / "creditcard.parquet")
    differences = "; ".join(load(tmp_path / "creditcard.parquet").card.differences)
    for part in ("as the sum of Amount", "as the last Time", "as the spread of V28", "as the mean of V14 over frauds"):
        assert part in differences


def test_noise_of_the_handbooks_length_and_frauds_is_said(tmp_path):
    rng = np.random.default_rng(0)
    noise = handbook_table(HANDBOOK_ROWS)[["TRANSACTION_ID", "TERMINAL_ID"]]
    noise = noise.assign(CUSTOMER_ID=0, TX_DATETIME=pd.Timestamp("2018-04-01"), TX_AMOUNT=rng.random(HANDBOOK_ROWS))
    noise.assign(TX_FRAUD=np.arange(HANDBOOK_ROWS) < HANDBOOK_FRAUDS).to_parquet(tmp_path / "all.parquet")
    (difference,) = load(tmp_path / "all.parquet").card.differences
    assert "EUR in all, published 94,079,370" in difference


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"TX_AMOUNT": 220.01}, "5 honest payments above 220 EUR, published 0"),
        ({"TX_FRAUD_SCENARIO": [3, 0, 0, 0, 0, 2]}, "1 payments whose scenario is not that of a fraud, published 0"),
        ({"TX_TIME_SECONDS": 7}, "6 payments whose TX_TIME_SECONDS"),
    ],
)
def test_a_part_that_breaks_a_rule_of_the_handbooks_transactions_is_said(tmp_path, change, told):
    handbook_table().assign(**change).to_parquet(tmp_path / "part.parquet")
    differs = load(tmp_path / "part.parquet").card.differences
    assert any(told in difference for difference in differs)
    assert len(differs) == 3  # and the rows and frauds of the whole


def test_unordered_rows_come_back_ordered_with_their_truth(tmp_path):
    path = tmp_path / "shuffled.csv"
    handbook_table().sample(frac=1, random_state=0).to_csv(path, index=False)
    stream = load(path)
    assert stream.payments["time"].is_monotonic_increasing
    assert stream.truth["is_fraud"].tolist() == [False] * 5 + [True]
    assert stream.truth.index.tolist() == stream.payments["transaction_id"].tolist()


@pytest.mark.parametrize("zones", [[""], ["+00:00", "Z"], ["+02:00"], ["+01:00", "+02:00", "-0330"]])
def test_times_of_any_zones_are_read_as_utc(tmp_path, zones):
    table = handbook_table().assign(CUSTOMER_ID=2**53 - 1)
    text = [f"{time}{zone}" for time, zone in zip(table["TX_DATETIME"], zones * 6, strict=False)]
    text[0] = text[0].replace(" 00:00:00", "") if zones == [""] else text[0]
    utc = pd.to_datetime(text, utc=True, format="ISO8601")
    table.assign(TX_DATETIME=text).to_csv(tmp_path / "a.csv", index=False)
    table.assign(TX_DATETIME=utc.tz_convert("Asia/Tokyo")).to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        assert load(tmp_path / name).payments["time"].tolist() == sorted(utc.tz_localize(None))


def test_ulbs_form_without_a_fraud_is_read_and_the_difference_said(tmp_path):
    ulb_table().assign(Class=0).to_csv(tmp_path / "a.csv", index=False)
    assert "nan thousandths as the mean of V14" in str(load(tmp_path / "a.csv").card)


class _ByPandas1(pickle.Pickler):
    """Writes tables as pandas 1 did: by the names of its modules, its blocks as arrays."""

    def reducer_override(self, thing):
        if isinstance(thing, pd.DataFrame):
            return copyreg.__newobj__, (pd.DataFrame,), {"_mgr": thing._mgr, "_typ": "dataframe", "_metadata": []}
        if isinstance(thing, BlockManager):
            table = pd.DataFrame._from_mgr(thing, thing.axes)
            blocks = [
                {"values": table[[name]].to_numpy(dtype=table[name].dtype).T, "mgr_locs": slice(place, place + 1, 1)}
                for place, name in enumerate(table)
            ]
            axes = [pd.Index(table.columns.to_numpy(dtype=object)), pd.Index(table.index.to_numpy())]
            return copyreg.__newobj__, (BlockManager,), (axes, [], [], {"0.14.1": {"axes": axes, "blocks": blocks}})
        if isinstance(thing, pd.Index):
            data = np.asarray(thing, dtype=None if thing.dtype.kind == "i" else object)
            return pandas.core.indexes.base._new_Index, (pd.Index, {"data": data, "name": None})
        return NotImplemented


def pickled_by_pandas_1(table):
    """The bytes of one of the Handbook's daily files."""
    file = io.BytesIO()
    _ByPandas1(file, protocol=3).dump(table.astype({"CUSTOMER_ID": object}).astype({"TX_DATETIME": "datetime64[ns]"}))
    named = {
        b"pandas\nDataFrame": b"pandas.core.frame\nDataFrame",
        b"cpandas\nIndex": b"cpandas.core.indexes.base\nIndex",
    }
    written = file.getvalue().replace(b"numpy._core", b"numpy.core")
    for now, then in named.items():
        written = written.replace(now, then)
    return written


def test_daily_pickles_are_read_as_published(tmp_path):
    table = handbook_table()
    for day, part in (("01", table[:4]), ("02", table[4:])):
        (tmp_path / f"2018-04-{day}.pkl").write_bytes(pickled_by_pandas_1(part))
    table.to_csv(tmp_path / "april.csv", index=False)
    pickled, plain = load(tmp_path), load(tmp_path / "april.csv")
    assert pickled.payments.equals(plain.payments)
    assert pickled.truth.equals(plain.truth)


class Harm:
    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("where", ["alone", "in a table"])
def test_code_in_a_pickle_is_refused_and_not_run(tmp_path, where):
    harm, path = Harm(), tmp_path / "2018-04-01.pkl"
    harm.folder = str(tmp_path / "harmed")
    table = handbook_table().astype({"CUSTOMER_ID": object})
    table.loc[0, "CUSTOMER_ID"] = harm
    path.write_bytes(pickle.dumps(harm) if where == "alone" else pickled_by_pandas_1(table))
    with pytest.raises(DataError, match=r"asks for (posix|nt)\.mkdir, which no table needs"):
        load(path)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "cannot be read"), (b"no pickle", "cannot be read"), (pickle.dumps(3), "holds a int")]
)
def test_a_pickle_that_is_no_table_is_refused(tmp_path, content, told):
    (tmp_path / "2018-04-01.pkl").write_bytes(content)
    with pytest.raises(DataError, match=told):
        load(tmp_path)


def test_ulb_file_is_read_by_its_published_names(tmp_path):
    path = tmp_path / "creditcard.csv"
    ulb_table().to_csv(path, index=False)
    stream = load(path)
    assert {"transaction_id", "time", "amount", "V1", "V28"} <= set(stream.payments)
    assert stream.card.real
    assert stream.truth["is_fraud"].sum() == 1
    assert any("284,807" in difference for difference in stream.card.differences)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("TX_AMOUNT", -3.0, "amounts are not negative"),
        ("TX_AMOUNT", float("nan"), "finite numbers"),
        ("TX_FRAUD", 2, "0 or 1"),
        ("TX_FRAUD_SCENARIO", "stolen", "whole numbers from 0"),
        ("TRANSACTION_ID", 0, "once"),
        ("Time", 1e300, "seconds"),
        *(("CUSTOMER_ID", value, "whole numbers from 0 to 9,007,199,254,740,991") for value in NO_IDS),
        *(("TX_DATETIME", value, "ISO 8601, such as 2018-04-01 13:30:00") for value in NO_DATES),
        ("TX_DATETIME", "2018-04-01 03:00:00+02:00", "all have a zone or none"),
    ],
)
def test_a_bad_value_is_named_with_file_column_rule_and_fix(tmp_path, column, value, rule):
    path = tmp_path / "bad.csv"
    table = (ulb_table() if column == "Time" else handbook_table()).astype({column: object})
    table.loc[3, column] = value
    table.to_csv(path, index=False)
    with pytest.raises(DataError, match=rule) as caught:
        load(path)
    message = str(caught.value)
    assert "bad.csv" in message
    assert column in message
    assert "row 3" in message
    assert "Fix or drop" in message


@pytest.mark.parametrize("table", [handbook_table(), ulb_table()])
def test_a_missing_column_is_named(tmp_path, table):
    column = "TX_AMOUNT" if "TX_AMOUNT" in table else "Amount"
    path = tmp_path / "short.parquet"
    table.drop(columns=column).to_parquet(path)
    with pytest.raises(DataError, match=f"lacks the column {column}"):
        load(path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [("x.parquet", "no parquet", "cannot be read"), ("x.txt", "?", "no known kind"), (None, "", "does not exist")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, text, message):
    path = tmp_path / (name or "nothing.csv")
    if name:
        path.write_text(text)
    with pytest.raises(DataError, match=message):
        load(path)


def test_handbook_needs_to_be_told_where_the_files_are(monkeypatch, tmp_path):
    monkeypatch.delenv("MLSD_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="MLSD_DATA_DIR is not set"):
        load("handbook")
    monkeypatch.setenv("MLSD_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError, match=r"holds no fraud/\*\.parquet"):
        load("handbook")


def test_a_card_says_whether_the_data_are_real():
    assert "recorded" in str(DataCard("a", 1, "CC0", real=True, source="x"))
    assert "simulated" in str(DataCard("a", 1, "CC0", real=False, source="x"))


@pytest.mark.skipif(
    not list(Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent").glob("fraud/*.parquet")),
    reason="MLSD_DATA_DIR is not set or holds no fraud/*.parquet: the Handbook's real file is not read",
)
def test_the_real_handbook_file_is_an_unbroken_part_of_the_published_one():
    stream = load("handbook")
    assert stream.card.rows == len(stream.truth) == 632_496
    assert [difference.split(",")[0] for difference in stream.card.differences] == [
        "632",
        "5",
    ]  # fewer rows and frauds, nothing else


@pytest.mark.skipif(
    not list(Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent").glob("fraud/*.parquet")),
    reason="MLSD_DATA_DIR is not set or holds no fraud/*.parquet: the Handbook's real file is not read",
)
def test_permuted_labels_of_the_real_handbook_file_are_said(tmp_path):
    table = pd.read_parquet(sorted(Path(os.environ["MLSD_DATA_DIR"]).glob("fraud/*.parquet"))[0])
    order = np.random.default_rng(0).permutation(len(table))
    labels = ["TX_FRAUD", "TX_FRAUD_SCENARIO"]
    table[labels] = table[labels].to_numpy()[order]
    table.to_parquet(tmp_path / "permuted.parquet")
    assert any(
        "honest payments above" in difference for difference in load(tmp_path / "permuted.parquet").card.differences
    )
