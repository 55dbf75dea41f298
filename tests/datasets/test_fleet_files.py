"""Readers of the published maintenance files: by published names, and telling when a file is not the published one."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.datasets import DataError, fleet
from mlsd_lib.datasets.fleet import AI4I_COLUMNS, CMAPSS_COLUMNS, ai4i, cmapss, nab


def write_cmapss(folder, lives=(5, 4), tested=(3, 2), subset="FD001"):
    rng = np.random.default_rng(0)
    for part, counts in (("train", lives), ("test", tested)):
        rows = [
            [unit, cycle, *rng.normal(size=len(CMAPSS_COLUMNS) - 2).round(4)]
            for unit, count in enumerate(counts, 1)
            for cycle in range(1, count + 1)
        ]
        lines = [" ".join(map(str, row)) + "  " for row in rows]  # with the published files' trailing blanks
        (folder / f"{part}_{subset}.txt").write_text("\n".join(lines) + "\n")
    (folder / f"RUL_{subset}.txt").write_text("".join(f"{10 * i} \n" for i in range(len(tested))))


def test_engines_are_read_and_what_differs_from_the_published_files_is_said(tmp_path):
    write_cmapss(tmp_path)
    engines = cmapss("FD001", tmp_path)
    assert list(engines.train) == list(CMAPSS_COLUMNS)
    assert engines.train.groupby("unit")["cycle"].max().tolist() == [5, 4]
    assert engines.test_rul.tolist() == [0, 10]
    text = str(engines.card)
    for part in ("9 rows of train, published 20,631", "2 engines of test, published 100", "10 cycles left in all"):
        assert part in text


def test_noise_of_the_published_lengths_is_told_from_engines(tmp_path, monkeypatch):
    """The made files are declared to have the published counts; their sensors are normal noise."""
    write_cmapss(tmp_path)
    monkeypatch.setitem(fleet.CMAPSS_PUBLISHED, "FD001", (9, 2, 5, 2))
    monkeypatch.setitem(fleet.CMAPSS_RUL_TOTAL, "FD001", 10)
    differs = cmapss("FD001", tmp_path).card.differences
    assert differs == ("14 temperatures at the intake, published 1", "14 rows with another one, published 0")
    for part in ("train", "test"):
        table = pd.read_csv(tmp_path / f"{part}_FD001.txt", sep=" ", header=None).iloc[:, :26]
        table[5] = 518.67
        (tmp_path / f"{part}_FD001.txt").write_text(table.to_csv(sep=" ", header=False, index=False))
    (difference,) = cmapss("FD001", tmp_path).card.differences
    assert "its values have the checksum" in difference


@pytest.mark.parametrize("subset", ["FD002", "FD003", "FD004"])
def test_the_other_subsets_are_read_by_their_names(tmp_path, subset):
    write_cmapss(tmp_path, subset=subset)
    assert len(cmapss(subset, tmp_path).test) == 5


def test_sensors_are_relative_to_their_condition_and_constant_ones_are_left_out(tmp_path):
    write_cmapss(tmp_path, lives=(40, 40))
    engines = cmapss("FD001", tmp_path)
    for part in (engines.train, engines.test):
        high = (part["cycle"] % 2).to_numpy()
        part[["setting_1", "setting_2", "setting_3"]] = np.column_stack([20.0 * high, high, 100.0 * high])
        part["sensor_2"] += 500 * high
        part["sensor_5"] = 14.62
    train, test = engines.relative()
    assert list(train) == [name for name in CMAPSS_COLUMNS if name in train]
    assert {"sensor_5", "setting_1"}.isdisjoint(train)
    assert train.groupby(train["cycle"] % 2)["sensor_2"].mean().abs().max() < 1e-9
    assert train.groupby(train["cycle"] % 2)["sensor_2"].std().to_numpy() == pytest.approx([1, 1])
    assert test["sensor_2"].abs().max() < 10


def spoil(path, change):
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("train_FD001.txt", lambda text: text.replace("1 2 ", "1 2 7 ", 1), "line 2: 27 columns, published 26"),
        ("train_FD001.txt", lambda text: "\n".join(text.splitlines()[2:1:-1] + text.splitlines()), "column cycle"),
        ("test_FD001.txt", lambda text: text.replace("1 1 ", "1 one ", 1), "numbers only"),
        ("test_FD001.txt", lambda text: "", "is empty"),
        ("test_FD001.txt", lambda text: text.replace(" ", ";"), "is separated by ';'"),
        ("RUL_FD001.txt", lambda text: text + "4\n", "3 rows for 2 test engines"),
        ("RUL_FD001.txt", lambda text: "nan\n1\n", "not finite"),
    ],
)
def test_a_broken_copy_is_refused_by_name(tmp_path, name, change, told):
    write_cmapss(tmp_path)
    spoil(tmp_path / name, change)
    with pytest.raises(DataError, match=told):
        cmapss("FD001", tmp_path)


def test_what_is_not_there_is_named(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="FD005"):
        cmapss("FD005", tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        cmapss("FD001", tmp_path)
    monkeypatch.delenv("MLSD_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="MLSD_DATA_DIR"):
        cmapss()


@pytest.mark.skipif(
    not (Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent") / "maintenance" / "CMAPSS").exists(),
    reason="MLSD_DATA_DIR is not set or holds no maintenance/CMAPSS: the published engines are not read",
)
def test_the_published_engines_differ_in_nothing():
    engines = cmapss("FD001")
    assert engines.card.differences == ()
    assert (len(engines.train), len(engines.test), len(engines.test_rul)) == (20_631, 13_096, 100)


def ai4i_table(rows=4):
    table = pd.DataFrame({name: np.arange(rows, dtype=float) for name in AI4I_COLUMNS})
    return table.assign(**dict.fromkeys(AI4I_COLUMNS[8:], 0), Type="M").assign(TWF=[1, *[0] * (rows - 1)])


def test_ai4i_is_read_with_its_byte_order_mark(tmp_path):
    path = tmp_path / "ai4i2020.csv"
    ai4i_table().to_csv(path, index=False, encoding="utf-8-sig")
    table, card = ai4i(path)
    assert table["UDI"].tolist() == [0, 1, 2, 3]
    assert card.differences[:2] == ("4 rows, published 10,000", "0 failures, published 339")


def test_permuted_failures_of_ai4i_break_the_rules_that_they_follow(tmp_path):
    """The description of the data set says when power and overstrain fail; counts stay, the rows move."""
    rng, path = np.random.default_rng(0), tmp_path / "ai4i2020.csv"
    rpm, torque, wear = rng.uniform(1_200, 2_800, 400), rng.uniform(5, 75, 400), rng.integers(0, 250, 400)
    power = torque * rpm * 2 * np.pi / 60
    failed = {"PWF": (power < 3_500) | (power > 9_000), "OSF": torque * wear > 12_000}
    table = ai4i_table(400).assign(TWF=0, **{name: rows.astype(int) for name, rows in failed.items()})
    table = table.assign(**{"Rotational speed [rpm]": rpm, "Torque [Nm]": torque, "Tool wear [min]": wear})
    told = []
    for labels in (table, table.assign(PWF=rng.permutation(table["PWF"]), OSF=rng.permutation(table["OSF"]))):
        labels.to_csv(path, index=False)
        told.append([difference for difference in ai4i(path)[1].differences if "not that of its rule" in difference])
    assert not told[0]
    assert len(told[1]) == 2


def test_ai4i_without_a_column_or_with_another_value_is_refused(tmp_path):
    path = tmp_path / "ai4i2020.csv"
    ai4i_table().drop(columns="Torque [Nm]").to_csv(path, index=False)
    with pytest.raises(DataError, match=r"lacks the column Torque \[Nm\]"):
        ai4i(path)
    ai4i_table().assign(HDF=2).to_csv(path, index=False)
    with pytest.raises(DataError, match="column HDF: 2"):
        ai4i(path)


ROW = ",".join(AI4I_COLUMNS) + "\n1,M1,M,300,310,1500,40,0,0,0,0,0,0,0\n"
SERIES = "timestamp,value\n2013-12-02 21:15:00,1\n"
BROKEN = {
    "": "cannot be read: No columns",
    "row,of,four,cells\n1,2,3,4,5,6\n1,2,3,4,5,6,7\n": "cannot be read: Error tokenizing",
    "\0\0\0": "lacks the column",
    "a;b\n1;2\n": "is separated by ';'",
}


@pytest.mark.parametrize(("text", "told"), BROKEN.items())
def test_a_file_that_is_empty_or_no_table_is_refused(series, text, told):
    path, windows = series
    path.write_text(text)
    for read in (lambda: ai4i(path), lambda: nab(path, windows)):
        with pytest.raises(DataError, match=told):
            read()


def test_a_file_in_another_encoding_is_refused(series, tmp_path):
    path, windows = series
    for text, read in ((ROW, lambda: ai4i(path)), (SERIES, lambda: nab(path, windows))):
        path.write_text(text, encoding="utf-8")
        read()
        for content in (text.encode("utf-16"), text.encode() + b"\xe9\n"):
            path.write_bytes(content)
            with pytest.raises(DataError, match="are UTF-8: download it again"):
                read()
    (tmp_path / "train_FD001.txt").write_text("1 2", encoding="utf-16")
    with pytest.raises(DataError, match="are UTF-8: download it again"):
        cmapss("FD001", tmp_path)


@pytest.mark.parametrize(
    ("cell", "told"),
    [("warm", "Air temperature.*: 'warm' in row 1"), ("", r"Air temperature.*: nan in row 1 \(1 such")],
)
def test_ai4i_takes_no_measurement_that_is_no_number(tmp_path, cell, told):
    path = tmp_path / "ai4i2020.csv"
    path.write_text(f"{ROW}2,M2,M,{cell},310,1500,40,0,0,0,0,0,0,0\n")
    with pytest.raises(DataError, match=told):
        ai4i(path)


@pytest.mark.parametrize(
    ("windows_of_it", "told"),
    [
        (3, "each is a first and a last moment"),
        ([["2013-12-02"]], "each is a first and a last moment"),
        ([["soon", "later"]], "each is a first and a last moment"),
        ([[None, None]], "a moment is missing; each is"),
    ],
)
def test_windows_of_another_form_are_refused(series, windows_of_it, told):
    path, windows = series
    windows.write_text(json.dumps({f"{path.parent.name}/{path.name}": windows_of_it}))
    with pytest.raises(DataError, match=told):
        nab(path, windows)


def test_windows_that_cannot_be_read_are_refused(series):
    path, windows = series
    for text in ("", "{", "no"):
        windows.write_text(text)
        with pytest.raises(DataError, match="is no JSON"):
            nab(path, windows)
    windows.write_text("[]")
    with pytest.raises(DataError, match="has no windows for"):
        nab(path, windows)
    windows.unlink()
    with pytest.raises(DataError, match="does not exist"):
        nab(path, windows)


@pytest.fixture
def series(tmp_path):
    folder = tmp_path / "realKnownCause"
    folder.mkdir()
    path = folder / "machine_temperature_system_failure.csv"
    time = pd.Timestamp("2013-12-02 21:15") + pd.to_timedelta(5 * np.arange(6), unit="min")
    pd.DataFrame({"timestamp": time, "value": np.arange(6.0)}).to_csv(path, index=False)
    windows = tmp_path / "combined_windows.json"
    known = [["2013-12-02 21:25:00.000000", "2013-12-02 21:30:00.000000"]]
    windows.write_text(json.dumps({"realKnownCause/machine_temperature_system_failure.csv": known}))
    return path, windows


def test_a_series_of_nab_comes_with_its_windows(series):
    table, card = nab(*series)
    assert table["anomaly"].tolist() == [False, False, True, True, False, False]
    assert "1 windows" in str(card)
    assert card.licence == "MIT"
    assert "6 rows, published 22,695" in card.differences
    assert "2 rows in windows, published 2,268" in card.differences


def test_a_series_whose_figures_are_not_known_is_not_said_to_be_as_published(series, tmp_path):
    path, windows = series
    other = path.rename(path.with_name("another.csv"))
    windows.write_text(json.dumps({"realKnownCause/another.csv": []}))
    assert "not compared with a published figure" in nab(other, windows)[1].notes


def test_a_series_of_nab_that_is_unknown_or_spoilt_is_refused(series, tmp_path):
    path, windows = series
    windows.write_text("{}")
    with pytest.raises(DataError, match="no windows for realKnownCause"):
        nab(path, windows)
    spoil(path, lambda text: text.replace("3.0", "three"))
    with pytest.raises(DataError, match="column value: 'three' in row 3"):
        nab(path, windows)
    spoil(path, lambda text: text.replace("value", "values"))
    with pytest.raises(DataError, match="lacks the column value"):
        nab(path, windows)
