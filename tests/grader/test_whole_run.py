"""`mlsd test` before it runs the first test."""

import os

import pytest
from typer.testing import CliRunner

from grader.sandbox import probe
from grader.sandbox.level import SandboxError
from mlsd.cli import app


class Ran(Exception):
    """Raised where pytest would take over."""


@pytest.fixture
def without_sandbox(tmp_path, monkeypatch):
    """A course on a machine that has no level of isolation; what pytest would get is raised."""

    def ran(path, words):
        raise Ran(*words)

    def none():
        raise SandboxError("no level works here")

    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "execv", ran)
    monkeypatch.setattr(probe, "best_level", none)


@pytest.mark.parametrize("options", [[], ["-k", "fraud"], ["--tools"], ["--cold"]])
def test_a_run_begins_without_a_sandbox_and_leaves_out_what_holds_unless_all_is_asked_for(without_sandbox, options):
    ran = CliRunner().invoke(app, ["test", *options]).exception
    assert isinstance(ran, Ran)
    assert list(ran.args[-len(options) :] if options else []) == options
    assert ("--kept" in ran.args) == (options != ["--cold"])
