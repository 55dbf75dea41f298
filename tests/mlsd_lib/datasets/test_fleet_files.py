"""Readers of the published maintenance files: by published names, and telling when a file is not the published one."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.datasets import DataError, fleet
from mlsd_lib.datasets.fleet import CMAPSS_COLUMNS, cmapss


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
    path.write_text(change(path.read_text()), encoding="latin-1")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("train_FD001.txt", lambda text: text.replace("1 2 ", "1 2 7 ", 1), "line 2: 27 columns, published 26"),
        ("train_FD001.txt", lambda text: "\n".join(text.splitlines()[2:1:-1] + text.splitlines()), "column cycle"),
        ("test_FD001.txt", lambda text: text.replace("1 1 ", "1 one ", 1), "numbers only"),
        ("test_FD001.txt", lambda text: text.replace("1 1 ", "1.5 1 ", 1), "column unit: 1.5 in row 0"),
        ("test_FD001.txt", lambda text: "", "is empty"),
        ("test_FD001.txt", lambda text: text.replace(" ", ";"), "is separated by ';'"),
        ("test_FD001.txt", lambda text: text.replace(" ", "\xa0 "), "are UTF-8: download it again"),
        ("RUL_FD001.txt", lambda text: text + "4\n", "3 rows for 2 test engines"),
        ("RUL_FD001.txt", lambda text: "nan\n1\n", "not finite"),
    ],
)
def test_a_broken_copy_is_refused_by_name(tmp_path, name, change, told):
    write_cmapss(tmp_path)
    spoil(tmp_path / name, change)
    with pytest.raises(DataError, match=told):
        cmapss("FD001", tmp_path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="FD005"):
        cmapss("FD005", tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        cmapss("FD001", tmp_path)


@pytest.mark.skipif(
    not (Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent") / "maintenance" / "CMAPSS").exists(),
    reason="MLSD_DATA_DIR is not set or holds no maintenance/CMAPSS: the published engines are not read",
)
def test_the_published_engines_differ_in_nothing():
    engines = cmapss("FD001")
    assert engines.card.differences == ()
    assert (len(engines.train), len(engines.test), len(engines.test_rul)) == (20_631, 13_096, 100)
