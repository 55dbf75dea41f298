"""The command line, run as its users run it."""

import subprocess
import sys

import pytest


def fraud(*arguments, cwd):
    command = [sys.executable, "-m", "case_studies.fraud", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def test_training_twice_overwrites_nothing_and_report_shows_the_newest(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from case_studies.fraud import data, models
    from case_studies.fraud.cli import app

    small = data.load_payments("simulator", seed=0, days=84, customers=300, terminals=200)
    monkeypatch.setattr(data, "load_payments", lambda *arguments, **options: small)
    monkeypatch.setitem(models.MODELS, "forest", models.MODELS["logistic"])
    results = [CliRunner().invoke(app, ["train", "--test-days", "14", "--out", str(tmp_path)]) for _ in range(2)]
    assert [result.exit_code for result in results] == [0, 0], results[0].output
    assert len(list(tmp_path.glob("*/decision.md"))) == 2
    report = CliRunner().invoke(app, ["report", "--out", str(tmp_path)])
    assert "promote to v1" in report.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "--protocol", "ulb"], "Give --source"),
        (["train", "--source", "nowhere.csv"], "does not exist"),
    ],
)
def test_a_mistake_is_answered_in_one_line_without_a_traceback(tmp_path, arguments, message):
    done = fraud(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
