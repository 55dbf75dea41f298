"""AI4I's parts and NAB's series: what can be found is found, and where there is nothing the scores say so."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from case_studies.maintenance.cli import app
from case_studies.maintenance.data import MaintenanceError
from case_studies.maintenance.published_machines import MEASURED, WEAR, failing_parts, ringing_hours
from mlsd_lib.datasets.fleet import AI4I_COLUMNS


def parts(rng, learnable):
    """1,500 parts; where it is `learnable`, those that turn slowly under a large torque fail."""
    table = pd.DataFrame(rng.normal(size=(1_500, 5)), columns=[*MEASURED, WEAR]).assign(Type="L")
    cause = table["Torque [Nm]"] - table["Rotational speed [rpm]"] if learnable else rng.normal(size=1_500)
    return table.assign(**{"Machine failure": (cause > np.quantile(cause, 0.95)).astype(int)})


def test_failures_with_a_cause_are_told_and_those_without_one_are_not():
    report, blind = (
        failing_parts(parts(np.random.default_rng(0), learnable), resamples=200) for learnable in (True, False)
    )
    assert report["prevalence"].tolist() == pytest.approx([0.05] * 4)
    assert report.loc[["logistic", "boosted"], "low"].min() > 0.5
    assert (blind["low"] < 0.09).all()
    for table in (report, blind):
        assert table.loc["no knowledge", "AP"] == pytest.approx(0.05, abs=0.03)
        assert (table["low"] <= table["AP"]).all()


def test_too_few_failures_are_refused():
    with pytest.raises(MaintenanceError, match="0 parts failed; 5 folds"):
        failing_parts(parts(np.random.default_rng(0), True).assign(**{"Machine failure": 0}))


def series(rng, moved):
    """Eight weeks of readings, five minutes apart; four windows of two days, in which the value is `moved`."""
    time = pd.Timestamp("2013-12-02") + pd.to_timedelta(5 * np.arange(8 * 7 * 288), unit="min")
    day = (time - time[0]).days.to_numpy()
    anomaly = np.isin(day, [15, 16, 27, 28, 39, 40, 50, 51])
    value = rng.normal(80, 1, len(time)) + moved * (anomaly & np.isin(day, [15, 27, 39, 50]))
    return pd.DataFrame({"timestamp": time, "value": value, "anomaly": anomaly})


def test_a_moved_value_is_found_and_an_unmoved_one_no_better_than_at_random():
    found = ringing_hours(series(np.random.default_rng(0), 20))
    assert found["windows"].tolist() == [4, 4, 4]
    assert found.loc["far from the last day", ["windows_hit", "false_rings"]].tolist() == [4, 0]
    hit = [ringing_hours(series(np.random.default_rng(seed), 0), seed)["windows_hit"] for seed in range(10)]
    mean = pd.DataFrame(hit).mean()
    assert mean["far from the last day"] == pytest.approx(mean["at random"], abs=0.8)
    assert 0 < mean["at random"] < 4


def test_a_series_without_windows_is_refused():
    with pytest.raises(MaintenanceError, match="with 0 windows"):
        ringing_hours(series(np.random.default_rng(0), 0).assign(anomaly=False))


def test_both_files_are_judged_from_the_command_line(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(0, index=range(1_500), columns=list(AI4I_COLUMNS))
    table[[*MEASURED, WEAR, "Machine failure", "Type"]] = parts(rng, True)[[*MEASURED, WEAR, "Machine failure", "Type"]]
    table.to_csv(tmp_path / "ai4i2020.csv", index=False)
    result = CliRunner().invoke(app, ["report", "--protocol", "ai4i", "--source", str(tmp_path / "ai4i2020.csv")])
    assert result.exit_code == 0, result.output
    assert "prevalence" in result.output
    assert "1,500 rows, published 10,000" in result.output
    folder = tmp_path / "data" / "realKnownCause"
    folder.mkdir(parents=True)
    made = series(rng, 20)
    made.drop(columns="anomaly").to_csv(folder / "made.csv", index=False)
    ends = [made["timestamp"][made["anomaly"]].iloc[at].isoformat() for at in (0, -1)]
    (tmp_path / "labels").mkdir()
    windows = json.dumps({"realKnownCause/made.csv": [ends]})
    (tmp_path / "labels" / "combined_windows.json").write_text(windows)
    result = CliRunner().invoke(app, ["report", "--protocol", "nab", "--source", str(folder / "made.csv")])
    assert result.exit_code == 0, result.output
    assert "at random" in result.output


@pytest.mark.parametrize(("name", "file"), [("ai4i", "ai4i2020.csv"), ("nab", "SERIES.csv")])
def test_a_protocol_without_its_file_says_which_to_give(name, file):
    error = CliRunner().invoke(app, ["report", "--protocol", name]).exception
    assert isinstance(error, MaintenanceError)
    assert file in str(error)
