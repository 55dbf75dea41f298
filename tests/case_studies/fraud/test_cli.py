"""The verbs whose options are the case's own; what all cases share is tried in `test_contract`."""

import pytest
from typer.testing import CliRunner

from case_studies.fraud import data, models
from case_studies.fraud.cli import app
from notebook_runner.errors import CourseError


def test_training_twice_overwrites_nothing_and_report_shows_the_newest(tmp_path, monkeypatch):
    small = data.load_payments("simulator", seed=0, days=84, customers=300, terminals=200)
    monkeypatch.setattr(data, "load_payments", lambda *arguments, **options: small)
    monkeypatch.setitem(models.MODELS, "forest", models.MODELS["logistic"])
    results = [CliRunner().invoke(app, ["train", "--test-days", "14", "--out", str(tmp_path)]) for _ in range(2)]
    assert [result.exit_code for result in results] == [0, 0], results[0].output
    assert len(list(tmp_path.glob("*/decision.md"))) == 2
    assert "promote to v1" in CliRunner().invoke(app, ["report", "--out", str(tmp_path)]).output


@pytest.mark.parametrize(
    ("words", "message"), [("report --protocol ulb", "Give --source"), ("train --source nowhere.csv", "does not exist")]
)
def test_a_source_that_is_missing_is_named(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    error = CliRunner().invoke(app, words.split()).exception
    assert isinstance(error, CourseError)
    assert message in str(error)
