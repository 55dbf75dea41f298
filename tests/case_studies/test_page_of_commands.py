"""The chapter's page of commands, typed as it stands from the first line to the last, on a small stream."""

import shlex
from functools import partial
from pathlib import Path

import nbformat
from typer.testing import CliRunner

from case_studies.fraud import data, models
from case_studies.fraud.cli import app
from case_studies.fraud.incident import Bank
from notebook_runner import course_root

CHAPTER = "chapters/03_case_studies/01_case_studies.ipynb"
START = "python -m case_studies.fraud "


def commands():
    cells = nbformat.read(course_root(Path(__file__)) / CHAPTER, as_version=4).cells
    (page,) = (cell.source.split("```")[1] for cell in cells if cell.id == "shape")
    lines = page.strip().splitlines()
    assert all(line.startswith(START) for line in lines)
    return [shlex.split(line.removeprefix(START), comments=True) for line in lines]


def test_the_page_of_commands_runs_as_it_stands(tmp_path, monkeypatch):
    """The service is asked in this process, and a small bank is lived."""
    monkeypatch.chdir(tmp_path)
    small = data.load_payments("simulator", seed=0, days=130, customers=200, terminals=150)
    monkeypatch.setattr(data, "load_payments", lambda *arguments, **options: small)
    monkeypatch.setitem(models.MODELS, "forest", models.MODELS["logistic"])
    monkeypatch.setattr(Bank, "opened", partial(Bank.opened, customers=150, terminals=100))
    health = []
    ask = lambda app, *where, **more: health.append(app.test_client().get("/healthz"))  # noqa: E731
    monkeypatch.setattr("mlsd_lib.serving.serve", ask)
    said = {}
    for words in commands():
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        said[words[0]] = done.stdout
    assert said.keys() == {command.name or command.callback.__name__ for command in app.registered_commands}
    assert [(answer.status_code, answer.get_json()["version"]) for answer in health] == [(200, "v1")]
    assert "Current release: v2." in said["promote"]
    assert "Current release: v1." in said["rollback"]
    assert [line.split("Chosen")[0].split(maxsplit=1)[1].strip() for line in said["releases"].splitlines()] == [
        "current",
        "rolled back",
    ]
    assert len(said["simulate"].splitlines()) > 8
