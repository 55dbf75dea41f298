"""Contracts: a broken table is named, set aside whole, and never written over another."""

import json

import pandas as pd
import pandera.pandas as pa
import pytest

from mlsd_lib.data import ContractBroken, admit, faults

CONTRACT = pa.DataFrameSchema(
    {
        "id": pa.Column(int, unique=True),
        "amount": pa.Column(float, pa.Check.in_range(0, 10_000)),
        "time": pa.Column("datetime64[us]"),
    },
    strict=True,
)


def good():
    time = pd.to_datetime(["2026-01-01"] * 3).as_unit("us")
    return pd.DataFrame({"id": [1, 2, 3], "amount": [5.0, 6.0, 7.0], "time": time})


def broken(**columns):
    return good().assign(**columns)


def test_a_good_table_comes_back_as_it_is():
    table = good()
    assert faults(table, CONTRACT) == []
    assert admit(table, CONTRACT, "today") is table


@pytest.mark.parametrize(
    ("table", "column", "rule", "rows", "example"),
    [
        (broken(amount=[5.0, -1.0, -2.0]), "amount", "in_range", 2, "-1.0"),
        (broken(amount=[5.0, None, 7.0]), "amount", "not_nullable", 1, "nan"),
        (broken(amount=["5", "6", "7"]), "amount", "dtype", 3, "str"),
        (broken(id=[1, 1, 3]), "id", "unique", 2, "1"),
        (broken(colour="red"), "colour", "column_in_schema", 3, "colour"),
        (good().drop(columns="amount"), "amount", "column_in_dataframe", 3, "amount"),
    ],
)
def test_each_fault_names_column_rule_rows_and_an_example(table, column, rule, rows, example):
    (fault,) = [one for one in faults(table, CONTRACT) if one.column == column and rule in one.rule]
    assert fault.rows == rows
    assert example in fault.example
    assert column in str(fault)


def test_a_broken_table_is_set_aside_whole_with_its_reasons(tmp_path):
    table = broken(amount=[5.0, -1.0, 7.0])
    with pytest.raises(ContractBroken, match="set aside whole") as caught:
        admit(table, CONTRACT, "today", tmp_path / "quarantine")
    pd.testing.assert_frame_equal(pd.read_parquet(caught.value.quarantined), table)
    reasons = json.loads(caught.value.quarantined.with_suffix(".json").read_text())
    assert reasons[0]["column"] == "amount"


def test_a_second_broken_table_never_overwrites_the_first(tmp_path):
    places = set()
    for value in (-1.0, -2.0):
        with pytest.raises(ContractBroken) as caught:
            admit(broken(amount=[value, 6.0, 7.0]), CONTRACT, "today", tmp_path)
        places.add(caught.value.quarantined)
    assert len(places) == 2
    assert sorted(pd.read_parquet(place)["amount"].min() for place in places) == [-2.0, -1.0]


def test_a_column_of_mixed_types_is_kept_too(tmp_path):
    table = good().astype({"amount": object})
    table.loc[1, "amount"] = "six"
    with pytest.raises(ContractBroken) as caught:
        admit(table, CONTRACT, "today", tmp_path)
    kept = pd.read_parquet(caught.value.quarantined)
    assert kept["amount"].tolist() == ["5.0", "'six'", "7.0"]


def test_without_a_quarantine_the_table_is_refused_all_the_same():
    with pytest.raises(ContractBroken, match="not admitted"):
        admit(broken(amount=[-1.0, 6.0, 7.0]), CONTRACT, "today")
