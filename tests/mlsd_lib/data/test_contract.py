"""Contracts: a broken table is named, set aside whole, and never written over another."""

import csv
import datetime
import decimal
import json
import subprocess
import sys

import pandas as pd
import pandera.pandas as pa
import pytest

from mlsd_lib.data import ContractBroken, DataError, admit, faults

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
    (fault,) = [fault for fault in faults(table, CONTRACT) if fault.column == column and rule in fault.rule]
    assert fault.rows == rows
    assert example in fault.example
    assert column in str(fault)


def test_a_broken_table_is_set_aside_whole_with_its_reasons(tmp_path):
    table = broken(amount=[5.0, -1.0, 7.0])
    with pytest.raises(ContractBroken, match="set aside whole") as caught:
        admit(table, CONTRACT, "today", tmp_path / "quarantine")
    again = pd.read_csv(caught.value.quarantined, index_col=0).astype(table.dtypes)
    pd.testing.assert_frame_equal(again, table)
    reasons = json.loads(caught.value.quarantined.with_suffix(".json").read_text())
    assert reasons[0]["column"] == "amount"


def test_a_second_broken_table_never_overwrites_the_first(tmp_path):
    places = set()
    for value in (-1.0, -2.0):
        with pytest.raises(ContractBroken) as caught:
            admit(broken(amount=[value, 6.0, 7.0]), CONTRACT, "today", tmp_path)
        places.add(caught.value.quarantined)
    assert len(places) == 2
    assert sorted(pd.read_csv(place)["amount"].min() for place in places) == [-2.0, -1.0]


def set_aside(table, folder):
    """The lines of the file in which a table that breaks its contract lies now, split at commas."""
    with pytest.raises(ContractBroken) as caught:
        admit(table, pa.DataFrameSchema({"another": pa.Column()}), "today", folder)
    with caught.value.quarantined.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([5.0, "six", None], ["5.0", "'six'", "None"]),
        (["5", "", "None"], ["'5'", "''", "'None'"]),
        ([2**70, 1], [str(2**70), "1"]),
        ([2**62 + 1, -(2**62) - 1], [str(2**62 + 1), str(-(2**62) - 1)]),
        ([0.1 + 0.2, float("inf")], ["0.30000000000000004", "inf"]),
        ([1j, 2.0], ["1j", "(2+0j)"]),
        ([{}, {}], ["{}", "{}"]),
        ([b"x", "x"], ["b'x'", "'x'"]),
        ([decimal.Decimal("1.50"), 2], ["Decimal('1.50')", "2"]),
        (pd.Categorical([1, "x"]), ["1", "'x'"]),
        (pd.Series(["\ud800", "x"], dtype=object), [r"'\ud800'", "'x'"]),
        ([pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-01", tz="UTC")],
         ["Timestamp('2026-01-01 00:00:00')", "Timestamp('2026-01-01 00:00:00+0000', tz='UTC')"]),
        (pd.to_datetime(["2026-01-01 10:00:00.000001+01:00"] * 2), ["2026-01-01 10:00:00.000001+01:00"] * 2),
        ([datetime.date(2026, 1, 1), None], ["datetime.date(2026, 1, 1)", "None"]),
    ],
)  # fmt: skip
def test_each_value_is_set_aside_exactly(tmp_path, values, kept):
    table = pd.DataFrame({"odd": values, "plain": 0.5})
    assert set_aside(table, tmp_path) == [
        ["", "odd", "plain"],
        *([str(row), text, "0.5"] for row, text in enumerate(kept)),
    ]


@pytest.mark.parametrize(
    ("table", "kept"),
    [
        (
            pd.DataFrame([[1, 2, 3]], columns=["a", "a, column 2", "a"]),
            [["", "a", "a, column 2", "a"], ["0", "1", "2", "3"]],
        ),
        (pd.DataFrame([[1, 2, 3]], columns=["a", "a", "a"]), [["", "a", "a", "a"], ["0", "1", "2", "3"]]),
        (pd.DataFrame({"a": [5, 6]}, index=pd.Index(["x", 1])), [["", "a"], ["'x'", "5"], ["1", "6"]]),
        (pd.DataFrame({"a": [5, 6]}, index=[7, 7]), [["", "a"], ["7", "5"], ["7", "6"]]),
        (
            pd.DataFrame(index=[3, 4]),
            [
                [
                    "",
                ],
                ["3"],
                ["4"],
            ],
        ),
    ],
)
def test_no_column_and_no_label_is_lost_whatever_its_name(tmp_path, table, kept):
    assert set_aside(table, tmp_path) == kept


def before(table):
    return table["amount"] < table["id"]


@pytest.mark.parametrize(
    ("check", "column", "rows", "example"),
    [
        (pa.Check(before, name="below"), "(row)", 2, "id=1, amount=5.0"),
        (pa.Check(lambda table: len(table) > 3, name="enough"), "(table)", 3, ""),
    ],
)
def test_a_rule_about_rows_or_the_table_says_so(check, column, rows, example):
    table = broken(id=[1, 9, 3])[["id", "amount"]]
    (fault,) = faults(table, pa.DataFrameSchema(checks=check))
    assert (fault.column, fault.rows, fault.example) == (column, rows, example)


def test_rows_are_counted_whatever_their_labels():
    table = broken(amount=[-1.0, -2.0, 5.0]).set_axis([7, 7, 7])
    (fault,) = faults(table, CONTRACT)
    assert (fault.rows, fault.example) == (2, "-1.0")


@pytest.mark.parametrize(
    "contract",
    [
        pa.DataFrameSchema({"id": pa.Column(str, coerce=True)}),
        pa.DataFrameSchema({"id": pa.Column(int)}, strict="filter"),
    ],
)
def test_a_contract_that_changes_the_table_is_refused(contract):
    with pytest.raises(DataError, match=r"changes the table.*convert the table before"):
        admit(good(), contract, "today")


WRITER = """
import sys, pandas as pd, pandera.pandas as pa
from pathlib import Path
from mlsd_lib.data import ContractBroken, admit

contract = pa.DataFrameSchema({"b": pa.Column()})
for row in range(20):
    try:
        admit(pd.DataFrame({"a": [int(sys.argv[1]) + row]}), contract, "t", Path(sys.argv[2]))
    except ContractBroken:
        pass
"""


def test_processes_that_quarantine_at_once_lose_nothing(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(first), str(tmp_path)]) for first in (0, 20)]
    assert [writer.wait() for writer in writers] == [0, 0]
    tables = sorted(tmp_path.glob("*.csv"))
    assert sorted(pd.read_csv(path)["a"].item() for path in tables) == list(range(40))
    assert sorted(tmp_path.iterdir()) == sorted([*tables, *(path.with_suffix(".json") for path in tables)])


def test_a_quarantine_that_cannot_be_written_is_told_beside_the_faults(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ContractBroken, match=r"could not be set aside(.|\n)*in_range") as caught:
        admit(broken(amount=[-1.0, 6.0, 7.0]), CONTRACT, "today", tmp_path / "file")
    assert caught.value.quarantined is None


def test_a_name_with_a_folder_in_it_is_refused(tmp_path):
    with pytest.raises(DataError, match="without a folder"):
        admit(good(), CONTRACT, "../today", tmp_path)


def test_without_a_quarantine_the_table_is_refused_all_the_same():
    with pytest.raises(ContractBroken, match="not admitted"):
        admit(broken(amount=[-1.0, 6.0, 7.0]), CONTRACT, "today")
