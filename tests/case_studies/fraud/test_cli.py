"""What the verbs say of a source that is missing; `test_contract` tries each verb, tests/documents types it."""

import pytest
from typer.testing import CliRunner

from case_studies.fraud.cli import app
from notebook_runner.errors import CourseError


def test_a_file_where_runs_are_to_go_is_refused_by_name(tmp_path):
    (tmp_path / "runs").write_text("a file")
    for verb in (["train"], ["report"], ["simulate"], ["rollback", "--reason", "none"]):
        result = CliRunner().invoke(app, [*verb, "--out", str(tmp_path / "runs")])
        assert result.exit_code == 2
        assert "is a file" in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "message"), [("report --protocol ulb", "Give --source"), ("train --source nowhere.csv", "does not exist")]
)
def test_a_source_that_is_missing_is_named(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    error = CliRunner().invoke(app, words.split()).exception
    assert isinstance(error, CourseError)
    assert message in str(error)
