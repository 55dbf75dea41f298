"""The protocol of C-MAPSS on made engines and, where it is at hand, on the real ones; the case's own verbs."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from case_studies.maintenance.cli import app
from case_studies.maintenance.train import engine_protocol
from mlsd_lib.datasets import DataCard, DataError
from mlsd_lib.datasets.fleet import CMAPSS_COLUMNS, Engines, cmapss
from notebook_runner.errors import CourseError


def engines(rng, conditions=1, units=24):
    """Engines whose sensors move with wear, at one or six conditions of operation that move them far more."""
    tables, rul = [], []
    for part in ("train", "test"):
        rows = []
        for unit in range(1, units + 1):
            life = int(rng.integers(130, 200))
            cut = life if part == "train" else int(rng.integers(60, life))
            cycle = np.arange(1, cut + 1)
            condition = rng.integers(0, conditions, cut)
            wear = np.clip(1 - (life - cycle) / 125, 0, 1) ** 2
            table = pd.DataFrame(rng.normal(size=(cut, len(CMAPSS_COLUMNS))), columns=list(CMAPSS_COLUMNS))
            table["unit"], table["cycle"] = unit, cycle
            for number in (1, 2, 3):
                table[f"setting_{number}"] = 10.0 * condition + 0.001 * rng.normal(size=cut)
            table["sensor_2"] = 5 * wear + 100 * condition + rng.normal(size=cut) / 2
            table["sensor_1"] = 518.67
            rows.append(table)
            if part == "test":
                rul.append(life - cut)
        tables.append(pd.concat(rows, ignore_index=True))
    return Engines(*tables, np.array(rul, float), DataCard("made", 1, "MIT", False, "a test"))


@pytest.mark.parametrize("conditions", [1, 6])
def test_remaining_cycles_are_learned_at_one_condition_and_at_six(conditions):
    table = engine_protocol(engines(np.random.default_rng(0), conditions), settings=(("linear", (7, 28)),))
    assert table.loc["linear, windows 7 and 28", "RMSE"] < 0.6 * table.loc["constant", "RMSE"]


def test_two_engines_are_refused_with_how_many_the_protocol_needs():
    with pytest.raises(DataError, match="a test holds 2 engines to learn from; the protocol needs 3"):
        engine_protocol(engines(np.random.default_rng(0), units=2))


def test_settings_are_chosen_without_the_test_which_is_scored_once():
    settings = (("linear", (2, 4)), ("linear", (7, 28)))
    made = engines(np.random.default_rng(0))
    spoilt = dataclasses.replace(made, test_rul=made.test_rul[::-1].copy())
    tables = [engine_protocol(engines, settings=settings) for engines in (made, spoilt)]
    validated = [table["validated"].dropna() for table in tables]
    assert validated[0].equals(validated[1])
    chosen = validated[0].idxmin()
    for table in tables:
        assert table["RMSE"].dropna().index.tolist() == [chosen, "constant"]
    assert tables[0].loc[chosen, "RMSE"] != tables[1].loc[chosen, "RMSE"]


@pytest.mark.skipif(
    not (Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent") / "maintenance" / "CMAPSS").exists(),
    reason="MLSD_DATA_DIR is not set or holds no maintenance/CMAPSS: the protocol is not run on real engines",
)
def test_sixteen_cycles_are_reached_on_fd001():
    table = engine_protocol(cmapss("FD001"))
    assert table.loc[table["validated"].idxmin(), "RMSE"] <= 16
    assert table.loc["published: LSTM", "RMSE"] == 16.14


def test_training_twice_overwrites_nothing_and_report_shows_the_newest(tmp_path):
    words = ["train", "--days", "150", "--positions", "60", "--rig-units", "20", "--out", str(tmp_path)]
    results = [CliRunner().invoke(app, words) for _ in range(2)]
    assert [result.exit_code for result in results] == [0, 0], results[0].output
    assert len(list(tmp_path.glob("*/decision.md"))) == 2
    assert "promote to v1" in CliRunner().invoke(app, ["report", "--out", str(tmp_path)]).output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("report --protocol fd002 --source nowhere", "does not exist"),
        ("train --source nowhere.csv", "--protocol fd001"),
    ],
)
def test_a_source_that_is_missing_is_named(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    error = CliRunner().invoke(app, words.split()).exception
    assert isinstance(error, CourseError)
    assert message in str(error)
