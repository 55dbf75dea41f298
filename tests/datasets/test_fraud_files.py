"""Readers of the published fraud files: by published names, and telling when a file is not the published one."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.datasets import DataCard, DataError
from mlsd_lib.datasets.fraud import ULB_COLUMNS, load


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
    assert any("1 transaction ids are missing" in difference for difference in load(path).card.differences)


def test_unordered_rows_come_back_ordered_with_their_truth(tmp_path):
    path = tmp_path / "shuffled.csv"
    handbook_table().sample(frac=1, random_state=0).to_csv(path, index=False)
    stream = load(path)
    assert stream.payments["time"].is_monotonic_increasing
    assert stream.truth["is_fraud"].tolist() == [False] * 5 + [True]
    assert stream.truth.index.tolist() == stream.payments["transaction_id"].tolist()


def test_pickles_are_read_only_on_request(tmp_path):
    handbook_table().to_pickle(tmp_path / "2018-04-01.pkl")
    with pytest.raises(DataError, match="unpickle=True"):
        load(tmp_path)
    assert load(tmp_path, unpickle=True).card.rows == 6


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
        ("TX_DATETIME", "the first of April", "dates and times"),
        ("TRANSACTION_ID", 0, "once"),
        ("CUSTOMER_ID", "nobody", "finite numbers"),
    ],
)
def test_a_bad_value_is_named_with_file_column_rule_and_fix(tmp_path, column, value, rule):
    path = tmp_path / "bad.csv"
    table = handbook_table().astype({column: object})
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


@pytest.mark.parametrize(("separator", "decimal"), [(";", "."), (";", ","), ("\t", ".")])
def test_a_file_that_is_not_separated_by_commas_is_told_so(tmp_path, separator, decimal):
    path = tmp_path / "exported.csv"
    handbook_table().to_csv(path, index=False, sep=separator, decimal=decimal)
    with pytest.raises(DataError, match=re.escape(f"exported.csv is separated by {separator!r}")):
        load(path)


def test_a_file_without_rows_is_told_so(tmp_path):
    handbook_table().head(0).to_csv(tmp_path / "empty.csv", index=False)
    with pytest.raises(DataError, match="holds no payments"):
        load(tmp_path / "empty.csv")


def test_handbook_needs_to_be_told_where_the_files_are(monkeypatch, tmp_path):
    monkeypatch.delenv("MLSD_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="MLSD_DATA_DIR is not set"):
        load("handbook")
    monkeypatch.setenv("MLSD_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError, match=r"holds no \.parquet"):
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
    assert not any("missing" in difference for difference in stream.card.differences)
    assert 0.008 < stream.truth["is_fraud"].mean() < 0.01
